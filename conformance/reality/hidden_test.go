package reality

import (
	"net/http"
	"testing"
	"time"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/timing"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/session"
)

var kinds = []string{"webtransport", "websocket", "sse", "longpoll"}

// hide shows another tab in front of the page, and waits until its timers fire once a second, and those that are set by
// timers not even that. Chromium spares a page with a WebTransport session the latter.
func hide(p page, kind string) {
	p.t.Helper()
	p.Beside("about:blank")
	p.until("document.hidden")
	p.until("timer().then((ms) => ms > 500)")
	if kind != "webtransport" {
		p.until("(async () => { const n = ticks; await timer(); await timer(); return ticks === n })()")
	}
}

// TestBrowserHidden: a page that nobody looks at, and whose timers hardly ever fire, exchanges messages as fast as
// before, and comes back when its connection is cut.
// PROTOCOL 7.3, 14.3
func TestBrowserHidden(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := serveAll(t, session.Config{})
			timing.Within(t, 250*time.Millisecond+time.Second+moment, func() (time.Duration, func() string) {
				p := s.open(t, "force="+kind)
				p.on(kind)
				shown := browser.Eval[float64](p.Tab, "emits(500)")
				hide(p, kind)
				hidden := browser.Eval[float64](p.Tab, "emits(500)")
				t.Logf("%.0f emits a second, and %.0f while hidden", shown, hidden)
				if hidden < 3 { // timers of a hidden page fire once a second: something waits for one
					return time.Hour, p.log
				}
				p.starts(200, 200)
				since := p.now()
				s.proxy.CutRST()
				s.udp.Rebind() // nothing tells the ends of a cut there, as a reset does
				took := p.back(since)
				p.exactly(200)
				return took, p.log
			})
		})
	}
}

// TestBrowserHiddenWaits: what came to nothing is not tried again while nobody looks, and at once when somebody does.
// PROTOCOL 14.4
func TestBrowserHiddenWaits(t *testing.T) {
	t.Parallel()
	const query = "transports=websocket,longpoll"
	for name, open := range map[string]func(t *testing.T, s site) page{
		"hidden later": func(t *testing.T, s site) page {
			p := s.open(t, query)
			p.Beside("about:blank")
			return p
		},
		"never shown": func(t *testing.T, s site) page {
			tab := browser.Open(t, "about:blank")
			tab.Beside("about:blank")
			tab.Navigate(s.page(query + "&late=1"))
			return found(t, tab)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, h := filtered(t, router.Config{Session: impatient}) // time runs faster, so polls may not be held for as long
			h.RefuseUpgrade(http.StatusForbidden)
			p := open(t, s)
			p.until(`document.hidden && x.s.decisions.some((d) => d.what === "blame")`)
			browser.Run(p.Tab, `(hurry(20), x.s.call("sum", [1]))`) // which sets a new timer
			n := p.decided("dial", "websocket")
			time.Sleep(5 * time.Second) // of the page, for which it is more than a minute
			if again := p.decided("dial", "websocket"); again != n {
				t.Errorf("dialled %d times more while nobody looked\n%s", again-n, p.log())
			}
			h.Heal()
			p.Show()
			p.on("websocket")
			p.starts(50, 0)
			p.exactly(50)
		})
	}
}
