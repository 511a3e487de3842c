package reality

import (
	"testing"
	"time"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/timing"
	"github.com/weft-realtime/weft/session"
)

// looks is how long the client may take to find out that its machine slept, and asks how long it then waits for a PONG.
const looks, asks = 2 * time.Second, 2 * time.Second

// TestBrowserSlept: the machine sleeps, and the network forgets its connections meanwhile, or tells that they are gone.
// Nothing tells the page that it slept.
// PROTOCOL 13.5
func TestBrowserSlept(t *testing.T) {
	forgets := map[string]struct {
		cut   func(site)
		kinds []string
		bound time.Duration
	}{
		"resets":    {func(s site) { s.proxy.CutRST() }, kinds[1:], 250*time.Millisecond + 2*moment},
		"swallows":  {func(s site) { swallow(s.proxy) }, []string{"websocket"}, asks + 2*moment},
		"loses":     {func(s site) { s.udp.Vanish() }, []string{"webtransport"}, asks + 2*moment},
		"remembers": {func(site) {}, kinds, 2 * moment},
	}
	var late []sleeper
	for how, f := range forgets {
		for _, kind := range f.kinds {
			late = append(late, sleeper{kind: kind, how: how})
		}
	}
	for range timing.Tries { // as timing.Within: but all of them sleep at the same time
		all := late
		for i := range all {
			s := serveAll(t, session.Config{})
			all[i].site, all[i].page = s, s.open(t, "transports="+all[i].kind+",longpoll")
			all[i].on(all[i].kind)
		}
		for _, p := range all {
			p.starts(100, 25)
		}
		for _, p := range all {
			p.until("x.down.received > 20")
		}
		browser.Suspend(t, func() {
			for _, p := range all {
				forgets[p.how].cut(p.site)
			}
			time.Sleep(5 * time.Second) // of the machine
		})
		woke := all[0].now() // the clocks of all pages are the same
		late = nil
		for _, p := range all {
			p.until("x.down.received === 100")
			took := p.last(woke)
			p.exactly(100)
			t.Logf("%s %s: took %v", p.how, p.kind, took.Round(time.Millisecond))
			if bound := forgets[p.how].bound; took > bound {
				t.Logf("may take %v\n%s", bound, p.log())
				late = append(late, p)
			}
		}
		if len(late) == 0 {
			return
		}
	}
	t.Errorf("%d too late %d times in a row", len(late), timing.Tries)
}

// sleeper is a page that sleeps, on a kind of transport, and how the network forgets it.
type sleeper struct {
	page
	site      site
	kind, how string
}

// TestBrowserClockJumps: the machine sleeps, and the clock of its timers sleeps too, as those of Linux and macOS do. Only
// the time of day tells.
// PROTOCOL 13.5
func TestBrowserClockJumps(t *testing.T) {
	t.Parallel()
	for kind, forget := range map[string]func(site){
		"webtransport": func(s site) { s.udp.Vanish() },
		"websocket":    func(s site) { swallow(s.proxy) },
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			timing.Within(t, looks+asks+moment, func() (time.Duration, func() string) {
				s := serveAll(t, session.Config{})
				p := s.open(t, "transports="+kind+",longpoll")
				p.on(kind)
				p.starts(100, 20)
				p.until("x.down.received > 20")
				forget(s)
				since := p.now()
				browser.Run(p.Tab, `(() => { const { now } = Date; Date.now = () => now() + 3_600_000 })()`)
				p.until("x.down.received === 100")
				took := p.last(since)
				p.exactly(100)
				return took, p.log
			})
		})
	}
}
