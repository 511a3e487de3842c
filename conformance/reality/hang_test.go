package reality

import (
	"testing"
	"time"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/chaos"
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

// TestBrowserHangs: what hangs in connecting, when the page is loaded or when it comes back, delays nothing. When it
// hangs no longer and the page is told of a network, the client climbs, also if it still waits for what hung.
// PROTOCOL 14.2, 14.3, 14.4
func TestBrowserHangs(t *testing.T) {
	t.Parallel()
	online := func(t *testing.T, p page, h *chaos.HTTP) {
		h.Heal()
		browser.Run(p.Tab, patience, `dispatchEvent(new Event("online"))`)
		since := p.now()
		p.on("websocket")
		t.Logf("on websocket %.0f ms after the network changed", p.now()-since)
		if p.now()-since > 5500 {
			t.Errorf("too late\n%s", p.log())
		}
		p.exactly(100)
	}
	t.Run("at load", func(t *testing.T) {
		t.Parallel()
		s, h := filtered(t, router.Config{})
		hang(h)
		p := s.open(t, "")
		p.starts(100, 100)
		p.until("x.down.received === 100")
		pushed := browser.Eval[float64](p.Tab, patience, "x.pushedAfter")
		t.Logf("first push after %.0f ms", pushed)
		if pushed > 1000 {
			t.Error("later than a second")
		}
		online(t, p, h)
	})
	t.Run("when it comes back", func(t *testing.T) {
		t.Parallel()
		s, h := filtered(t, router.Config{})
		p := s.open(t, "")
		p.on("websocket")
		hang(h)
		p.starts(100, 100)
		since := p.now()
		s.proxy.CutRST()
		t.Logf("back %v after the cut", p.back(since, 250*time.Millisecond+time.Second+moment))
		p.until("x.down.received === 100")
		online(t, p, h)
	})
}
