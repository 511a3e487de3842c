// Package weft is the landing page of weft, a realtime framework for Go servers and browsers. It exports nothing.
//
// A session is one continuous thread; the transports are the warp it is woven through. Handlers are written once; the
// session reaches the client over WebTransport, WebSocket, SSE or long polling, and moves between them, up or down,
// without losing, repeating or reordering a message.
//
//	rt := router.New(router.Config{})
//	router.On(rt, "say", func(c *router.Context, m Say) error {
//		return rt.Topic("room:"+m.Room).Publish(c, "said", m)
//	})
//	r := chi.NewRouter()
//	r.Mount("/rt", rt)
//
// and in the page:
//
//	import { connect } from "/rt/weft.js"
//	const s = connect("/rt")
//	const room = await s.subscribe("room:42")
//	room.on("said", m => show(m))
//	await s.emit("say", { room: "42", text: "hi" }) // resolves when the server has handled it
//
// # Where things are
//
//   - router: events, calls, topics and middleware; the http.Handler to mount. Start here.
//   - client: the Go client, for services, bots, tests and load.
//   - clientjs: the browser client, TypeScript bundled to one file that the router serves.
//   - session: sessions and their registry: order, windows, tokens, expiry.
//   - fallback: which transports are offered, and which of them a client tries when.
//   - transport: the contract between a transport and a session; its folders are the transports, and the wire format.
//   - conformance: PROTOCOL.md, which says what goes over the wire, and what holds the code against it.
//   - examples: small real programs.
package weft
