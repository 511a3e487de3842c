package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/exchange"
	"github.com/weft-realtime/weft/router"
)

// open opens the exchange's page and waits until its session is there.
func open(t *testing.T, url, force string) *browser.Tab {
	t.Helper()
	tab := browser.Open(t, url+"/?force="+force)
	browser.Run(tab, `new Promise(ok => { const t = setInterval(() => window.loaded && (clearInterval(t), ok()), 5) }).then(() => x.s.ready)`)
	return tab
}

// TestBrowserThroughCuts: in a real Chromium, 10,000 messages each way while the connection is cut 50 times.
func TestBrowserThroughCuts(t *testing.T) {
	t.Parallel()
	for _, force := range []string{"websocket", "sse", "longpoll", ""} {
		t.Run("force="+force, func(t *testing.T) {
			t.Parallel() // most of the time is Chromium's, which waits before it dials WebSockets again and again
			const n = 10_000
			ctx := minutes(t, 3)
			s, p := listen(t, router.Config{})
			tab := open(t, p.URL(), force)
			id := browser.Eval[string](tab, `x.greeted`)
			browser.Run(tab, fmt.Sprintf(`(window.outcome = x.both(%d), 0)`, n))
			t.Logf("seed %d", *seed)
			if err := s.Break(ctx, p, id, n, exchange.Schedule(*seed, 25, 25, 0)); err != nil {
				t.Fatal(err)
			}
			o := browser.Eval[outcome](tab, `window.outcome`)
			o.check(t, n)
		})
	}
}

// TestBrowserMoves: one session goes from WebSocket to an event stream to polls, and so on, 200 times, under traffic and
// through 50 cuts.
func TestBrowserMoves(t *testing.T) {
	t.Parallel()
	const n, moves = 10_000, 200
	ctx := minutes(t, 4)
	s, p := listen(t, router.Config{})
	tab := open(t, p.URL(), "")
	id := browser.Eval[string](tab, `x.greeted`)
	browser.Run(tab, fmt.Sprintf(`(window.outcome = (async () => {
		const on = kind => new Promise(ok => {
			const check = () => x.s.transport === kind && (x.s.removeEventListener("transportchange", check), ok())
			x.s.addEventListener("transportchange", check)
			check()
		})
		const outcome = x.both(%d)
		window.moves = 0
		for (; window.moves < %d; window.moves++) {
			const kind = ["websocket", "sse", "longpoll"][window.moves %% 3]
			x.s.force(kind)
			await on(kind)
			const from = x.progress()
			while (x.progress() < Math.min(from + 60, 2 * %d)) await new Promise(ok => setTimeout(ok, 1))
		}
		return outcome
	})(), 0)`, n, moves, n))
	t.Logf("seed %d", *seed)
	if err := s.Break(ctx, p, id, n, exchange.Schedule(*seed, 25, 25, 0)); err != nil {
		t.Log(browser.Eval[any](tab, `[window.moves, x.s.transport, x.s.decisions.slice(-20)]`))
		t.Fatal(err)
	}
	o := browser.Eval[outcome](tab, `window.outcome`)
	o.check(t, n)
	if moved := browser.Eval[int](tab, `window.moves`); moved < moves || len(o.Transports) < moves {
		t.Fatalf("moved %d times, over %v", moved, runs(o.Transports))
	}
}

// TestBrowserTakesOver: a session that is moved is never without a connection, as far as its application can tell.
// PROTOCOL 8.4, 8.7
func TestBrowserTakesOver(t *testing.T) {
	s, err := exchange.Listen("", router.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	tab := open(t, "http://"+s.Addr(), "")
	states := browser.Eval[[]string](tab, `(async () => {
		const states = []
		x.s.addEventListener("statechange", () => states.push(x.s.state))
		for (let i = 0; i < 30; i++) {
			const kind = ["sse", "longpoll", "websocket"][i % 3]
			x.s.force(kind)
			while (x.s.transport !== kind) await x.s.emit("up", i + 1)
		}
		return states
	})()`)
	if len(states) > 0 {
		t.Errorf("it was %v: %s", states, decisions(tab))
	}
}

// TestBrowserBlockedWebSocket: READY and a server push in under a second, over long polling or an event stream.
func TestBrowserBlockedWebSocket(t *testing.T) {
	for name, block := range blocks {
		t.Run(name, func(t *testing.T) {
			h := blocked(t, block)
			tab := openPushed(t, h.URL(), "")
			o := browser.Eval[outcome](tab, `x.both(100)`)
			o.check(t, 100)
			if now := browser.Eval[string](tab, `x.s.transport`); now != "longpoll" && now != "sse" {
				t.Fatalf("over %s", now)
			}
		})
	}
}

// TestBrowserFirstPush: through 100 ms of round trip the first push comes with the answer to the first POST. A busy
// machine may spoil a try, but not each of them.
func TestBrowserFirstPush(t *testing.T) {
	_, p := listen(t, router.Config{})
	p.SetDelay(50 * time.Millisecond)
	for range 5 {
		tab := open(t, p.URL(), "")
		// The page's own connection is warm: one round trip is 100 ms, a second one would be 200.
		pushed := browser.Eval[float64](tab, `x.greeted.then(() => x.pushedAfter)`)
		t.Logf("first push after %.0f ms", pushed)
		if pushed < 190 {
			return
		}
	}
	t.Error("more than one round trip, five times")
}

// TestBrowserServerKilled: the client says lost with what is unconfirmed, opens a new session and goes on.
func TestBrowserServerKilled(t *testing.T) {
	for _, force := range []string{"websocket", "longpoll"} {
		t.Run(force, func(t *testing.T) {
			server := spawn(t, "")
			tab := open(t, "http://"+server.Addr, force)
			browser.Run(tab, `x.up(10)`)
			server.Kill()
			browser.Run(tab, `(window.failed = Promise.allSettled([1, 2, 3].map(i => x.s.emit("up", 100 + i))), 0)`)
			spawn(t, server.Addr)
			codes := browser.Eval[[]int](tab, `window.failed.then(all => all.map(r => r.reason?.code ?? 0))`)
			for _, c := range codes {
				if c != 4410 {
					t.Fatalf("the emits failed with %v", codes)
				}
			}
			if n := browser.Eval[int](tab, `x.lost[0].unconfirmed`); n != 3 {
				t.Fatalf("unconfirmed %d of 3", n)
			}
			browser.Run(tab, `x.up(10)`)
			up := browser.Eval[exchange.Count](tab, `x.s.call("report", {})`)
			if !up.Exactly(10) {
				t.Fatalf("the new server counted %+v", up)
			}
		})
	}
}

// TestBrowserEmitOneAfterTheOther: an awaited emit costs a round trip and no timer.
func TestBrowserEmitOneAfterTheOther(t *testing.T) {
	s, err := exchange.Listen("", router.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	tab := open(t, "http://"+s.Addr(), "websocket")
	rate := browser.Eval[float64](tab, `(async () => {
		while (x.s.transport !== "websocket") await new Promise(ok => setTimeout(ok, 5))
		const begin = performance.now()
		let n = 0
		for (; performance.now() < begin + 2000; n++) await x.s.emit("up", n + 1)
		return n / 2
	})()`)
	t.Logf("%.0f emits a second, one after the other", rate)
	if rate < 100 {
		t.Fatal("something waits for a timer")
	}
}
