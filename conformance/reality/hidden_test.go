package reality

import (
	"testing"
	"time"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/router"
)

var kinds = []string{"websocket", "longpoll"}

// hide shows another tab in front of the page, and waits until its timers fire once a second, and those that are set by
// timers not even that.
func hide(p page) (other *browser.Tab) {
	p.t.Helper()
	other = p.Beside("about:blank")
	p.until("document.hidden")
	p.until("timer().then((ms) => ms > 500)")
	p.until("(async () => { const n = ticks; await timer(); await timer(); return ticks === n })()")
	return other
}

// TestBrowserHidden: a page that nobody looks at, and whose timers hardly ever fire, exchanges messages as fast as
// before, and comes back when its connection is cut.
// PROTOCOL 7.3, 14.3
func TestBrowserHidden(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := serve(t, router.Config{})
			p := s.open(t, "force="+kind)
			p.on(kind)
			shown := browser.Eval[float64](p.Tab, patience, "emits(500)")
			hide(p)
			hidden := browser.Eval[float64](p.Tab, patience, "emits(500)")
			t.Logf("%.0f emits a second, and %.0f while hidden", shown, hidden)
			if hidden < shown/5 || hidden < 10 {
				t.Fatalf("something waits for a timer\n%s", p.log())
			}
			p.starts(200, 200)
			since := p.now()
			s.proxy.CutRST()
			t.Logf("back %v after a cut", p.back(since, 250*time.Millisecond+time.Second+moment))
			p.exactly(200)
		})
	}
}
