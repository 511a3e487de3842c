package reality

import (
	"cmp"
	_ "embed"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/chaos"
	"github.com/weft-realtime/weft/conformance/exchange"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/session"
)

//go:embed page.html
var html []byte

// patience is how long anything may take that has no bound of its own.
const patience = time.Minute

// moment is what a round trip on loopback may cost on a busy machine.
const moment = time.Second

// site is a server with a proxy in front of it, and another for its UDP port if it has one.
type site struct {
	server *exchange.Server
	proxy  *chaos.Proxy
	udp    *chaos.UDP // of serveAll
	url    string     // of what pages see: the proxy
}

// page is where the page is; query says how it connects, as page.html reads it.
func (s site) page(query string) string { return s.url + "/reality?" + query }

// serve starts a server without WebTransport.
func serve(t *testing.T, cfg router.Config) site {
	t.Helper()
	s, err := exchange.Listen("", cfg)
	if err != nil {
		t.Fatal(err)
	}
	return behind(t, s)
}

// serveAll starts a server over all four transports.
func serveAll(t *testing.T, cfg session.Config) site {
	t.Helper()
	server, err := exchange.All{Session: cfg}.Listen()
	if err != nil {
		t.Fatal(err)
	}
	s := behind(t, server)
	if s.udp, err = chaos.NewUDP(s.proxy.Addr(), server.Addr(), 1); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.udp.Close)
	return s
}

// behind puts a proxy before a server, which it owns.
func behind(t *testing.T, s *exchange.Server) site {
	t.Helper()
	t.Cleanup(s.Close)
	s.Mux.Get("/reality", func(w http.ResponseWriter, _ *http.Request) { w.Write(html) })
	p, err := chaos.New(s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return site{server: s, proxy: p, url: p.URL()}
}

// page is a page with a session.
type page struct {
	*browser.Tab
	t *testing.T
}

// open opens the site's page, and waits for its session.
func (s site) open(t *testing.T, query string) page {
	t.Helper()
	return found(t, browser.Open(t, s.page(query)))
}

// found waits until the page in a tab has its session.
func found(t *testing.T, tab *browser.Tab) page {
	t.Helper()
	p := page{tab, t}
	p.until(`window.x?.s.state === "open"`)
	return p
}

// on waits until a kind of transport carries the session.
func (p page) on(kind string) {
	p.t.Helper()
	p.until(fmt.Sprintf("x.s.transport === %q", kind))
}

// until waits until an expression is true. The page's timers are not needed for it.
func (p page) until(js string) {
	p.t.Helper()
	for end := time.Now().Add(patience); !browser.Eval[bool](p.Tab, js); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("never: %s\n%s", js, p.log())
		}
	}
}

// now is the time of the page's clock, which decisions and what it was told bear, in milliseconds.
func (p page) now() float64 {
	p.t.Helper()
	return browser.Eval[float64](p.Tab, `performance.timeOrigin + performance.now()`)
}

// last is how long after a moment of the page's clock its last number came from the server.
func (p page) last(moment float64) time.Duration {
	p.t.Helper()
	return time.Duration((browser.Eval[float64](p.Tab, `window.last`) - moment) * float64(time.Millisecond))
}

// entry is a decision of the session, or what the page was told.
type entry struct {
	Time      float64
	What      string
	Transport string
	Reason    string
	Persisted bool
}

func (p page) entries(of string) []entry {
	p.t.Helper()
	return browser.Eval[[]entry](p.Tab, of)
}

// story is what the page was told, and what its session decided, in their order.
func (p page) story() []entry {
	p.t.Helper()
	all := append(p.entries("told"), p.entries("x.s.decisions")...)
	slices.SortStableFunc(all, func(a, b entry) int { return cmp.Compare(math.Floor(a.Time), math.Floor(b.Time)) })
	return all
}

func (p page) log() string {
	p.t.Helper()
	var lines strings.Builder
	all := p.story()
	for _, e := range all {
		fmt.Fprintf(&lines, "%8.0f %s %s %s\n", e.Time-all[0].Time, e.What, e.Transport, e.Reason)
	}
	return lines.String()
}

// lastTold is the last time that the page was told something.
func (p page) lastTold(what string) float64 {
	p.t.Helper()
	p.until(fmt.Sprintf("told.some((e) => e.what === %q)", what))
	all := p.entries("told")
	for _, e := range slices.Backward(all) {
		if e.What == what {
			return e.Time
		}
	}
	return 0
}

// since is how long ago a moment of the page's clock was.
func (p page) since(moment float64) time.Duration {
	p.t.Helper()
	return time.Duration((p.now() - moment) * float64(time.Millisecond))
}

// back waits until the server answers a call, and returns how long after a moment of the page's clock that was.
func (p page) back(moment float64) time.Duration {
	p.t.Helper()
	browser.Run(p.Tab, `x.s.call("sum", [1])`)
	return p.since(moment)
}

// decided counts decisions.
func (p page) decided(what, transport string) int {
	p.t.Helper()
	return browser.Eval[int](p.Tab,
		fmt.Sprintf("x.s.decisions.filter((d) => d.what === %q && d.transport === %q).length", what, transport))
}

// starts has the server send n numbers, at a rate.
func (p page) starts(n, rate int) {
	p.t.Helper()
	browser.Run(p.Tab, fmt.Sprintf(`x.s.call("start", {n: %d, rate: %d})`, n, rate))
}

// exactly waits for n numbers from the server and for n that it gets: each once, in order, in the one session.
func (p page) exactly(n int) {
	p.t.Helper()
	p.until(fmt.Sprintf("x.down.received >= %d", n))
	browser.Run(p.Tab, fmt.Sprintf("x.up(%d)", n))
	up := browser.Eval[exchange.Count](p.Tab, `x.s.call("report", {})`)
	down := browser.Eval[exchange.Count](p.Tab, `({ ...x.down })`)
	lost := browser.Eval[int](p.Tab, `x.lost.length`)
	if !up.Exactly(n) || !down.Exactly(n) || lost != 0 {
		p.t.Fatalf("of %d: up %+v, down %+v, %d sessions lost\n%s", n, up, down, lost, p.log())
	}
}
