package e2e

import (
	"fmt"
	"testing"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/session"
)

// TestBrowserManyStreams: over HTTP/2 a page can have more event streams than the six connections of HTTP/1.1.
func TestBrowserManyStreams(t *testing.T) {
	const sessions, n = 30, 20
	s := newSite(t, "https", session.Config{})
	s.proxy(t, s.addr)
	tab := open(t, s.url(), "longpoll")
	took := browser.Eval[float64](tab, fmt.Sprintf(`(async () => {
		const { connect } = await import("/rt/weft.js")
		const { exchange } = await import("/exchange.js")
		const began = performance.now()
		await Promise.all(Array.from({ length: %d }, async () => {
			const one = exchange(connect, "/rt")
			one.s.force("sse")
			while (one.s.transport !== "sse") await new Promise(ok => setTimeout(ok, 5))
			const { up, down, lost } = await one.both(%d)
			for (const c of [up, down]) if (c.received !== %[2]d || c.missing || c.repeated || c.reordered || lost.length) throw new Error(JSON.stringify([up, down, lost]))
		}))
		return performance.now() - began
	})()`, sessions, n))
	t.Logf("%d event streams, %d messages each way on each, after %.0f ms, over %d connections", sessions, n, took, s.tcp.Conns())
}
