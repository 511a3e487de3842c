package reality

import (
	"testing"
	"time"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/chaos"
	"github.com/weft-realtime/weft/conformance/timing"
	"github.com/weft-realtime/weft/router"
)

// hang lets WebSockets and event streams hang in connecting: they are taken, and never answered.
func hang(h *chaos.HTTP) {
	h.HangUpgrade()
	h.HangRequest(chaos.Path("/sse"))
}

// filtered serves through a proxy that filters requests, in front of the one that works on connections.
func filtered(t *testing.T, cfg router.Config) (site, *chaos.HTTP) {
	t.Helper()
	s := serve(t, cfg)
	h, err := chaos.NewHTTP(s.proxy.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	s.url = h.URL()
	return s, h
}

// climbs is how long a dial that hangs may still be waited for, and another one may take.
const climbs = 5500 * time.Millisecond

// TestBrowserHangs: what hangs in connecting, when the page is loaded or when it comes back, delays nothing. When it
// hangs no longer and the page is told of a network, the client climbs, also if it still waits for what hung.
// PROTOCOL 14.2, 14.3, 14.4
func TestBrowserHangs(t *testing.T) {
	t.Parallel()
	online := func(p page, h *chaos.HTTP) time.Duration {
		h.Heal()
		browser.Run(p.Tab, `dispatchEvent(new Event("online"))`)
		since := p.now()
		p.on("websocket")
		took := p.since(since)
		p.exactly(100)
		return took
	}
	t.Run("at load", func(t *testing.T) {
		t.Parallel()
		s, h := filtered(t, router.Config{})
		timing.Within(t, climbs, func() (time.Duration, func() string) {
			hang(h)
			var p page
			timing.Within(t, time.Second, func() (time.Duration, func() string) {
				p = s.open(t, "")
				p.starts(100, 100)
				p.until("x.down.received === 100")
				pushed := browser.Eval[float64](p.Tab, "x.pushedAfter")
				return time.Duration(pushed * float64(time.Millisecond)), p.log
			})
			return online(p, h), p.log
		})
	})
	t.Run("when it comes back", func(t *testing.T) {
		t.Parallel()
		s, h := filtered(t, router.Config{})
		timing.Within(t, climbs, func() (time.Duration, func() string) {
			var p page
			timing.Within(t, 250*time.Millisecond+time.Second+moment, func() (time.Duration, func() string) {
				h.Heal()
				p = s.open(t, "")
				p.on("websocket")
				hang(h)
				p.starts(100, 100)
				since := p.now()
				s.proxy.CutRST()
				return p.back(since), p.log
			})
			p.until("x.down.received === 100")
			return online(p, h), p.log
		})
	})
}
