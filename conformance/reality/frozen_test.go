package reality

import (
	"testing"
	"time"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/timing"
	"github.com/weft-realtime/weft/session"
)

// impatient is a server that gives a silent client up within a second.
var impatient = session.Config{
	Ping: 400 * time.Millisecond, Pong: 400 * time.Millisecond, Hold: 500 * time.Millisecond,
}

// TestBrowserFrozen: a page is frozen while the server goes on sending. When it is thawed everything arrives, also when
// the server has given its connection up meanwhile.
// PROTOCOL 13.5, 13.7
func TestBrowserFrozen(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]session.Config{"shortly": {}, "for long": impatient} {
		for _, kind := range kinds {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				s := serveAll(t, cfg)
				timing.Within(t, 2*time.Second+moment, func() (time.Duration, func() string) {
					p := s.open(t, "force="+kind)
					p.on(kind)
					p.Beside("about:blank")
					p.until("document.hidden") // only such pages are frozen
					p.starts(400, 400)
					p.until("x.down.received > 20")
					p.Freeze()
					time.Sleep(4*cfg.Ping + 100*time.Millisecond) // of the page's server
					p.Thaw()
					took := p.back(p.lastTold("resume"))
					p.exactly(400)
					p.slept(1)
					return took, p.log
				})
			})
		}
	}
}

// TestBrowserPutAway: who goes back to a page finds it as it was, and its session goes on. Doing so again and again is
// nobody's fault.
// PROTOCOL 13.5, 13.7, 14.9
func TestBrowserPutAway(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]session.Config{"shortly": {}, "for long": impatient} {
		for _, kind := range kinds {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				s := serveAll(t, cfg)
				timing.Within(t, 2*time.Second+moment, func() (longest time.Duration, _ func() string) {
					p := s.open(t, "transports="+kind+",longpoll") // nothing that is forced is judged
					p.on(kind)
					p.starts(800, 400)
					for i := range 4 {
						p.until("x.down.received > 20")
						p.Navigate(s.proxy.URL() + "/exchange.js")
						if i == 0 {
							time.Sleep(4 * cfg.Ping) // of the server
						}
						p.Back()
						p.until("window.x !== undefined")
						shown := p.lastTold("pageshow")
						if !browser.Eval[bool](p.Tab, `told.findLast((e) => e.what === "pageshow").persisted`) {
							t.Log("the page was loaded again") // the browser may have no room for it now and then
							return time.Hour, p.log
						}
						longest = max(longest, p.back(shown))
					}
					p.exactly(800)
					p.slept(4)
					return longest, p.log
				})
			})
		}
	}
}

// slept checks that the session let go of its connection so many times, began nothing before the page was awake again,
// and blames nobody.
func (p page) slept(times int) {
	p.t.Helper()
	rests, resting := 0, false
	for _, e := range p.story() {
		switch e.What {
		case "rest":
			rests, resting = rests+1, true
		case "resume":
			resting = false
		case "create", "dial", "attach":
			if resting {
				p.t.Errorf("it began to %s by %s while it slept", e.What, e.Transport)
			}
		case "blame", "avoid", "demote":
			p.t.Errorf("%s %s", e.What, e.Transport)
		}
	}
	// A page that is put away is told twice: pagehide and freeze.
	if rests == 0 || rests%times != 0 {
		p.t.Errorf("it rested %d times for %d", rests, times)
	}
	if p.t.Failed() {
		p.t.Log(p.log())
	}
}
