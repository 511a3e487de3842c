package reality

import (
	"fmt"
	"testing"
	"time"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/chaos"
	"github.com/weft-realtime/weft/conformance/timing"
	"github.com/weft-realtime/weft/session"
)

// swallow makes every connection a dead one, and tells the browser nothing. It is for WebSocket only: requests go over
// connections that the browser keeps, and each dead one that it tries costs 5 s. When its network changes or its machine
// sleeps a browser drops those, but it cannot be told here that this is what happened.
func swallow(p *chaos.Proxy) { p.HalfOpen(chaos.Server) }

// TestBrowserOffline: a machine loses its network and gets it again. As soon as the page is told, the client is back: it
// waits neither for its jitter nor for what hangs.
// PROTOCOL 13.5, 14.3, 14.8
func TestBrowserOffline(t *testing.T) {
	t.Parallel()
	losses := map[string]struct {
		goes, comes func(site)
		bound       time.Duration
	}{
		"refuses": {func(s site) { s.proxy.Stop() }, func(s site) { s.proxy.Start() }, moment},
		// Nothing tells the client that its connection is dead.
		"swallows": {func(s site) { swallow(s.proxy); s.proxy.BlackHole(0) }, func(s site) { s.proxy.Release() }, 2*time.Second + moment},
		"loses":    {func(s site) { s.udp.Vanish() }, func(s site) { s.udp.Heal() }, 2*time.Second + moment},
	}
	for name, loss := range losses {
		for _, kind := range kinds {
			if name == "swallows" && kind != "websocket" { // see swallow
				continue
			}
			if (name == "loses") != (kind == "webtransport") {
				continue
			}
			t.Run(fmt.Sprint(name, " ", kind), func(t *testing.T) {
				t.Parallel()
				s := serveAll(t, session.Config{})
				timing.Within(t, loss.bound, func() (time.Duration, func() string) {
					p := s.open(t, "transports="+kind+",longpoll")
					p.on(kind)
					p.starts(300, 150)
					p.until("x.down.received > 20")
					loss.goes(s)
					p.SetOffline(true)
					p.until("!navigator.onLine")
					time.Sleep(4 * time.Second) // of the client: its attempts become rare, and the hedge of one that is suspected is over
					loss.comes(s)
					p.SetOffline(false)
					took := p.back(p.lastTold("online"))
					p.exactly(300)
					p.on(kind)
					if browser.Eval[int](p.Tab, `x.s.decisions.filter((d) => d.what === "blame" || d.what === "demote").length`) > 0 {
						t.Errorf("a transport is to blame for the network\n%s", p.log())
					}
					return took, p.log
				})
			})
		}
	}
}
