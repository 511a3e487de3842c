package reality

import (
	"testing"
	"time"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/chaos"
	"github.com/weft-realtime/weft/router"
)

// looks is how long the client may take to find out that its machine slept, and asks how long it then waits for a PONG.
const looks, asks = 2 * time.Second, 2 * time.Second

// TestBrowserSlept: the machine sleeps, and the network forgets its connections meanwhile, or tells that they are gone.
// Nothing tells the page that it slept.
// PROTOCOL 13.5
func TestBrowserSlept(t *testing.T) {
	forgets := map[string]struct {
		cut   func(*chaos.Proxy)
		bound time.Duration
	}{
		"resets":    {(*chaos.Proxy).CutRST, 250*time.Millisecond + 2*moment},
		"swallows":  {swallow, asks + 2*moment},
		"remembers": {func(p *chaos.Proxy) {}, 2 * moment},
	}
	type sleeper struct {
		page
		kind, how string
		proxy     *chaos.Proxy
	}
	var all []sleeper
	for _, kind := range kinds {
		for how := range forgets {
			if how == "swallows" && kind != "websocket" {
				continue
			}
			s := serve(t, router.Config{})
			p := s.open(t, "transports="+kind+",longpoll")
			p.on(kind)
			all = append(all, sleeper{p, kind, how, s.proxy})
		}
	}
	for _, p := range all {
		p.starts(100, 25)
	}
	for _, p := range all {
		p.until("x.down.received > 20")
	}
	browser.Suspend(t, func() {
		for _, p := range all {
			forgets[p.how].cut(p.proxy)
		}
		time.Sleep(5 * time.Second) // of the machine
	})
	woke := all[0].now() // the clocks of all pages are the same
	for _, p := range all {
		t.Run(p.how+" "+p.kind, func(t *testing.T) {
			p.t = t
			p.until("x.down.received === 100")
			took := time.Duration((p.last() - woke) * float64(time.Millisecond)).Round(time.Millisecond)
			t.Logf("back %v after the sleep", took)
			if bound := forgets[p.how].bound; took > bound {
				t.Fatalf("not within %v\n%s", bound, p.log())
			}
			p.exactly(100)
		})
	}
}

// TestBrowserClockJumps: the machine sleeps, and the clock of its timers sleeps too, as those of Linux and macOS do. Only
// the time of day tells.
// PROTOCOL 13.5
func TestBrowserClockJumps(t *testing.T) {
	t.Parallel()
	s := serve(t, router.Config{})
	p := s.open(t, "transports=websocket,longpoll")
	p.on("websocket")
	p.starts(100, 20)
	p.until("x.down.received > 20")
	swallow(s.proxy)
	since := p.now()
	browser.Run(p.Tab, patience, `(() => { const { now } = Date; Date.now = () => now() + 3_600_000 })()`)
	p.until("x.down.received === 100")
	took := time.Duration((p.last() - since) * float64(time.Millisecond)).Round(time.Millisecond)
	t.Logf("back %v after the jump", took)
	if took > looks+asks+moment {
		t.Fatalf("not within %v\n%s", looks+asks+moment, p.log())
	}
	p.exactly(100)
}
