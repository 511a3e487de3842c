package e2e

import (
	"fmt"
	"testing"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/exchange"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/longpoll"
	"github.com/weft-realtime/weft/transport/websocket"
	"github.com/weft-realtime/weft/transport/webtransport"
)

// worn is what the page of TestBrowserRotates has seen.
type worn struct {
	outcome
	Dials  int
	Gap    float64 // the longest time without a delivery, in ms
	Still  float64 // the same of a WebSocket beside it, which stays: what the machine is to blame for
	Events []string
}

// TestBrowserRotates: Chromium is asked to replace its connection as WebKit is, but after 24 KiB. Under heavy traffic both
// ways the application does not notice, whether it is on WebTransport by itself or because that is forced.
// PROTOCOL 8.7, 14.7, 14.10
func TestBrowserRotates(t *testing.T) {
	for _, force := range []string{"", "webtransport"} {
		t.Run("force="+force, func(t *testing.T) {
			const n, rate = 40_000, 8_000
			_, p, _ := listenAll(t, webtransport.Quirk{Rotate: 24 << 10})
			tab := open(t, p.URL(), force)
			reach(t, tab, "webtransport")
			w := browser.Eval[worn](tab, fmt.Sprintf(`(async () => {
				const { connect } = await import("/rt/weft.js")
				const watch = s => {
					const w = { gap: 0, last: Infinity }
					s.on("down", () => {
						const now = performance.now()
						w.gap = Math.max(w.gap, now - w.last)
						w.last = now
					})
					return w
				}
				const still = connect("/rt", { transports: ["websocket", "longpoll"], memory: null })
				while (still.transport !== "websocket") await new Promise(ok => setTimeout(ok, 5))
				const beside = watch(still), watched = watch(x.s)
				await still.call("start", { n: 1e6, rate: 500 })
				let dials = 0
				const Class = WebTransport, events = []
				window.WebTransport = class extends Class { constructor(...args) { super(...args); dials++ } }
				for (const type of ["statechange", "transportchange", "lost"]) {
					x.s.addEventListener(type, () => events.push(type + " " + x.s.state + " " + x.s.transport))
				}
				const n = %d, rate = %d, down = x.received(n)
				let handled = 0
				const start = performance.now()
				await x.s.call("start", { n, rate })
				for (let i = 1, began = performance.now(); i <= n; await new Promise(ok => setTimeout(ok, 2))) {
					for (; i <= Math.min(n, handled + 1000, rate * (performance.now() - began) / 1000); i++) {
						x.s.emit("up", i).then(() => handled++)
					}
				}
				await down
				const { gap } = watched
				while (handled < n) await new Promise(ok => setTimeout(ok, 2))
				return { up: await x.s.call("report", {}), down: { ...x.down }, lost: x.lost,
					transports: x.transports, dials, gap, still: beside.gap, events, perSecond: Math.round(2000 * n / (performance.now() - start)) }
			})()`, n, rate))
			w.check(t, n)
			t.Logf("%d rotations, longest gap %.0f ms, that of a connection that stays %.0f ms", w.Dials, w.Gap, w.Still)
			decisions := decisions(tab)
			if w.Dials < 10 || len(w.Events) > 0 {
				t.Errorf("%d rotations, of which the application has seen %v: %s", w.Dials, w.Events, decisions)
			}
			if w.Gap > 2000+w.Still { // it was not replaced, but lost and found out
				t.Errorf("nothing came for %.0f ms, and beside it for %.0f ms: %s", w.Gap, w.Still, decisions)
			}
		})
	}
}

// TestGoClientRotates: the Go client does the same.
// PROTOCOL 8.7, 14.10
func TestGoClientRotates(t *testing.T) {
	const n = 40_000
	ctx := minutes(t, 2)
	_, p, _ := listenAll(t, webtransport.Quirk{Rotate: 32 << 10})
	var down exchange.Count
	finished := make(chan struct{})
	states := make(chan transport.Kind, 100)
	c := dial(t, p.URL(), client.Config{
		Dialers: []transport.Dialer{&webtransport.Dialer{}, &websocket.Dialer{}, &longpoll.Dialer{}},
		OnState: func(_ client.State, k transport.Kind) { states <- k },
	}, func(c *client.Client) {
		client.On(c, "down", func(i int) {
			if down.Add(i); down.Received == n {
				close(finished)
			}
		})
	})
	for k := transport.Kind(0); k != transport.WebTransport; {
		select {
		case k = <-states:
		case <-ctx.Done():
			t.Fatalf("never on WebTransport: %v", c.Decisions())
		}
	}
	if err := c.Call(ctx, "start", exchange.Start{N: n}, nil); err != nil {
		t.Fatal(err)
	}
	if err := sendUp(ctx, c, n); err != nil {
		t.Fatal(err)
	}
	select {
	case <-finished:
	case <-ctx.Done():
	}
	var up exchange.Count
	if err := c.Call(ctx, "report", struct{}{}, &up); err != nil {
		t.Fatal(err)
	}
	if !up.Exactly(n) || down.Err(n) != nil {
		t.Errorf("up %+v, down %v", up, down.Err(n))
	}
	rotated := 0
	for _, d := range c.Decisions() { // of the latest
		if d.What == "rotate" {
			rotated++
		}
	}
	if rotated < 8 || len(states) > 0 {
		t.Errorf("%d rotations lately, and %d changes that the application has seen: %v", rotated, len(states), c.Decisions())
	}
}
