package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/chaos"
	"github.com/weft-realtime/weft/conformance/exchange"
	"github.com/weft-realtime/weft/conformance/timing"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport/webtransport"
)

// listenAll starts an exchange over all four transports, behind a proxy for each of the two ports of the same number.
func listenAll(t *testing.T, quirks ...webtransport.Quirk) (*exchange.Server, *chaos.Proxy, *chaos.UDP) {
	t.Helper()
	s := newSite(t, "http", session.Config{}, quirks...)
	s.proxy(t, s.addr)
	return s.server, s.tcp, s.udp
}

// reach waits until a page is on a transport, and returns after how many milliseconds it was READY there.
func reach(t *testing.T, tab *browser.Tab, kind string) float64 {
	t.Helper()
	ms := browser.Eval[float64](tab, fmt.Sprintf(`new Promise(ok => {
		const check = () => x.s.transport === %q && ok(x.s.decisions.findLast(d => d.what === "ready").time - x.s.decisions[0].time)
		x.s.addEventListener("transportchange", check)
		check()
		setTimeout(() => ok(-1), 60_000)
	})`, kind))
	if ms < 0 {
		t.Fatalf("never on %s: %s", kind, decisions(tab))
	}
	return ms
}

// TestBrowserWebTransport: with no set-up a page is on WebTransport. PROTOCOL 11.16, 14.2
func TestBrowserWebTransport(t *testing.T) {
	_, p, _ := listenAll(t)
	var tab *browser.Tab
	timing.Within(t, 5*time.Second, func() (time.Duration, func() string) {
		tab = open(t, p.URL(), "")
		took := time.Duration(reach(t, tab, "webtransport") * float64(time.Millisecond))
		return took, func() string { return decisions(tab) }
	})
	o := browser.Eval[outcome](tab, `x.both(10000)`)
	o.check(t, 10_000)
}

// TestBrowserSilentUDP: where UDP is dropped silently a page is on WebSocket as soon as without WebTransport.
// PROTOCOL 14.2
func TestBrowserSilentUDP(t *testing.T) {
	_, p, u := listenAll(t)
	u.Vanish()
	tab := openPushed(t, p.URL(), "")
	t.Logf("on WebSocket after %.0f ms", reach(t, tab, "websocket"))
	o := browser.Eval[outcome](tab, `x.both(1000)`)
	o.check(t, 1000)
}

// TestBrowserUDPDies: the path for UDP dies in mid-session, silently, with messages on their way. PROTOCOL 13.4, 14.3
func TestBrowserUDPDies(t *testing.T) {
	timing.Within(t, 6*time.Second, func() (time.Duration, func() string) {
		_, p, u := listenAll(t)
		tab := open(t, p.URL(), "")
		reach(t, tab, "webtransport")
		browser.Run(tab, `(window.outcome = x.both(4000, 400), 0)`) // 10 s
		browser.Run(tab, `(async () => { while (x.progress() < 800) await new Promise(ok => setTimeout(ok, 5)) })()`)
		u.Vanish()
		took := timed(tab, `(async () => {
			window.asked = x.s.call("sum", [1, 2]) // what came before may all be acknowledged
			while (!x.s.transport || x.s.transport === "webtransport") await new Promise(ok => setTimeout(ok, 5))
		})()`)
		browser.Run(tab, `window.asked`)
		o := browser.Eval[outcome](tab, `window.outcome`)
		o.check(t, 4000)
		return took, func() string { return decisions(tab) }
	})
}

// TestBrowserRebind: a NAT that forgets changes the client's port, and QUIC does not mind.
func TestBrowserRebind(t *testing.T) {
	_, p, u := listenAll(t)
	tab := open(t, p.URL(), "")
	reach(t, tab, "webtransport")
	browser.Run(tab, `(window.outcome = x.both(2000, 1000), 0)`)
	browser.Run(tab, `(async () => { while (x.progress() < 800) await new Promise(ok => setTimeout(ok, 5)) })()`)
	u.Rebind()
	o := browser.Eval[outcome](tab, `window.outcome`)
	o.check(t, 2000)
}

// moves is what the page of TestBrowserMovesAmongAll has seen.
type moves struct {
	outcome
	Moved int
	Gaps  []float64 // the longest time without a delivery while the session moved, for each move, in ms
}

// TestBrowserMovesAmongAll: one session with 1,000 messages a second each way is moved at random among the four
// transports, 500 times. PROTOCOL 8.4, 8.7
func TestBrowserMovesAmongAll(t *testing.T) {
	const count = 500
	_, p, _ := listenAll(t)
	tab := open(t, p.URL(), "")
	reach(t, tab, "webtransport")
	t.Logf("seed %d", *seed)
	m := browser.Eval[moves](tab, fmt.Sprintf(`(async () => {
		const sleep = ms => new Promise(ok => setTimeout(ok, ms))
		let random = %d
		const next = n => (random = (random * 48271) %% 2147483647) %% n
		const kinds = ["webtransport", "websocket", "sse", "longpoll"]
		const rate = 1000, gaps = []
		let last = performance.now(), worst = 0, running = true
		x.s.on("down", () => {
			const now = performance.now()
			worst = Math.max(worst, now - last)
			last = now
		})
		const up = (async () => {
			const began = performance.now(), sent = []
			for (let i = 1; running; ) {
				for (; i < rate * (performance.now() - began) / 1000; i++) sent.push(x.s.emit("up", i))
				await sleep(5)
			}
			await Promise.all(sent)
			return sent.length
		})()
		await x.s.call("start", { n: 600 * rate, rate })
		let moved = 0
		for (; moved < %d; moved++) {
			const kind = kinds.filter(k => k !== x.s.transport)[next(3)]
			const from = x.down.received
			worst = 0
			last = performance.now()
			x.s.force(kind)
			while (x.s.transport !== kind || x.down.received < from + 5) await sleep(1)
			gaps.push(worst)
		}
		running = false
		const sent = await up
		const report = await x.s.call("report", {})
		return { moved, gaps, up: report, down: { ...x.down, missing: x.down.missing }, lost: x.lost, transports: x.transports, perSecond: sent }
	})()`, *seed%2147483646+1, count))
	slices.Sort(m.Gaps)
	t.Logf("%d moves; gaps: median %.1f ms, longest %.1f ms", m.Moved, m.Gaps[len(m.Gaps)/2], m.Gaps[len(m.Gaps)-1])
	for way, c := range map[string]exchange.Count{"up": m.Up, "down": m.Down} {
		if !c.Exactly(c.Received) || c.Received < 1000 {
			t.Errorf("%s: %+v", way, c)
		}
	}
	if len(m.Lost) > 0 || m.Up.Received != m.PerSecond {
		t.Errorf("lost %+v; %d of %d emits were handled", m.Lost, m.Up.Received, m.PerSecond)
	}
}
