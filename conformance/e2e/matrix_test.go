package e2e

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/chaos"
	"github.com/weft-realtime/weft/conformance/exchange"
	"github.com/weft-realtime/weft/session"
)

// row is one of the browser's matrix.
type row struct {
	force  string // "": negotiated
	scheme string // of the page
	faults faults
	best   string // what a negotiated session ends on
}

// faults is what happens to the connections of a row. set puts the proxies in front of a site.
type faults struct {
	name string
	set  func(*testing.T, *site) []exchange.Cut
}

var (
	connections = faults{"connections", badNetwork}
	paths       = faults{"paths", badPath}
	silence     = faults{"UDP is silent", silentUDP}
	answers     = faults{"requests and answers", badAnswers}
	goodbyes    = faults{"GOAWAY", goaway}
)

// doorsOf are those that belong to each transport.
var doorsOf = map[string][]string{
	"webtransport": {"wt"}, "websocket": {"ws"}, "sse": {"sse", "send"}, "longpoll": {"poll", "send"},
}

func matrix() (rows []row) {
	for _, scheme := range []string{"http", "https"} {
		posts := paths
		if scheme == "https" {
			// All requests of a page share one connection over HTTP/2, also those behind one that was given up: TestBrowserPathDies.
			posts = connections
		}
		rows = append(rows,
			row{"webtransport", scheme, paths, ""}, row{"websocket", scheme, paths, ""},
			row{"sse", scheme, posts, ""}, row{"longpoll", scheme, posts, ""},
			row{"", scheme, paths, "webtransport"}, row{"", scheme, silence, "websocket"},
		)
	}
	return append(rows,
		row{"sse", "http", answers, ""}, row{"longpoll", "http", answers, ""},
		row{"sse", "https", goodbyes, ""}, row{"longpoll", "https", goodbyes, ""},
	)
}

// badNetwork is one of everything that happens to packets and connections, to both ports at once.
func badNetwork(t *testing.T, s *site) []exchange.Cut {
	s.proxy(t, s.addr)
	const while = 200 * time.Millisecond
	return []exchange.Cut{
		{Name: "reset", Do: func(p *chaos.Proxy) { p.CutRST(); s.udp.Rebind() }},
		{Name: "fin", Do: (*chaos.Proxy).CutFIN},
		{Name: "torn", Do: func(p *chaos.Proxy) { p.TruncateAfter(chaos.Down, 300) }},
		{Name: "black hole", Do: func(p *chaos.Proxy) {
			p.BlackHole(while)
			s.udp.Vanish()
			time.Sleep(while)
			s.udp.Heal()
		}},
		{Name: "late", Do: func(p *chaos.Proxy) {
			p.SetDelay(while / 10)
			s.udp.SetDelay(while / 10)
			time.Sleep(while)
			p.SetDelay(0)
			s.udp.SetDelay(0)
		}},
		{Name: "narrow and lossy", Do: func(p *chaos.Proxy) {
			p.SetDrip(chaos.Down, 512, time.Millisecond)
			s.udp.SetLoss(chaos.Down, 0.2)
			s.udp.SetLoss(chaos.Up, 0.2)
			time.Sleep(while)
			p.SetDrip(chaos.Down, 0, 0)
			s.udp.Heal()
		}},
	}
}

// badPath is the same, and everything that is open dies silently: what is new gets through, datagrams after a while.
func badPath(t *testing.T, s *site) []exchange.Cut {
	return append(badNetwork(t, s), exchange.Cut{Name: "dead", Do: func(p *chaos.Proxy) {
		p.HalfOpen(chaos.Server)
		s.udp.Vanish()
		time.Sleep(3500 * time.Millisecond)
		s.udp.Heal()
	}})
}

// silentUDP is a network that drops UDP all the time, and cuts connections: no three in a row, behind which another kind is
// tried (PROTOCOL 14.9).
func silentUDP(t *testing.T, s *site) []exchange.Cut {
	s.proxy(t, s.addr)
	s.udp.Vanish()
	return []exchange.Cut{{Name: "reset", Do: (*chaos.Proxy).CutRST}, {Name: "fin", Do: (*chaos.Proxy).CutFIN}}
}

// badAnswers is what happens to single requests, and to event streams.
func badAnswers(t *testing.T, s *site) []exchange.Cut {
	h, err := chaos.NewHTTP(s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	s.proxy(t, h.Addr())
	random := rand.New(rand.NewPCG(*seed, 0))
	post := func(r *http.Request) bool { return chaos.Path("/send")(r) || chaos.Path("/poll")(r) }
	var cuts []exchange.Cut
	for range 12 {
		cuts = append(cuts, exchange.Cut{Name: "one", Do: func(*chaos.Proxy) { h.Random(random, post, 300*time.Millisecond) }})
	}
	return append(cuts, exchange.Cut{Name: "gathered", Do: func(p *chaos.Proxy) {
		h.Heal()
		h.BufferAnswers(chaos.EventStream, chaos.Buffer{})
		p.CutRST()
		time.Sleep(time.Second)
		h.Heal()
	}})
}

// goaway ends the browser's connection in order, with every third answer.
func goaway(t *testing.T, s *site) []exchange.Cut {
	s.proxy(t, s.addr)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.goaway = 3
	return slices.Repeat([]exchange.Cut{{Name: "none", Do: func(*chaos.Proxy) {}}}, 8) // the exchange goes in steps
}

// TestBrowserMatrix: every transport carries a session exactly once and in order, from both kinds of page and through
// what networks do to it; what is forced stays, and what is negotiated ends on the best.
// PROTOCOL 1.10, 11.4, 11.6, 14.2, 14.7
func TestBrowserMatrix(t *testing.T) {
	t.Logf("seed %d", *seed)
	for _, r := range matrix() {
		t.Run(fmt.Sprintf("%s/%s/%s", r.scheme, cmp.Or(r.force, "negotiated"), r.faults.name), func(t *testing.T) {
			t.Parallel() // much of the time is waiting
			r.run(t)
		})
	}
}

func (r *row) run(t *testing.T) {
	const n = 2000
	ctx := minutes(t, 2)
	s := newSite(t, r.scheme, session.Config{})
	cuts := r.faults.set(t, s)
	random := rand.New(rand.NewPCG(*seed, 0))
	random.Shuffle(len(cuts), func(i, j int) { cuts[i], cuts[j] = cuts[j], cuts[i] })
	tab := open(t, s.url(), r.force)
	reach(t, tab, cmp.Or(r.force, r.best))
	s.seen()
	id := browser.Eval[string](tab, `x.greeted`)
	browser.Run(tab, fmt.Sprintf(`(x.transports.length = 0, window.outcome = x.both(%d), 0)`, n))
	if err := s.server.Break(ctx, s.tcp, id, n, cuts); err != nil {
		t.Fatal(err, browser.Eval[string](tab, `JSON.stringify([x.s.state, x.s.transport, x.s.decisions.slice(-30)])`))
	}
	o := browser.Eval[outcome](tab, `window.outcome`)
	o.check(t, n)
	if r.force == "" {
		reach(t, tab, r.best)
	}
	requests, over := s.seen()
	t.Logf("requests %v over %d connections", requests, over)
	if r.faults.name == goodbyes.name && over < 3 {
		t.Error("the connection did not end")
	}
	r.judge(t, o.Transports, requests)
}

// judge holds what carried the session against what should have.
func (r *row) judge(t *testing.T, transports []string, seen map[request]int) {
	t.Helper()
	for _, kind := range transports {
		if r.force != "" && kind != r.force {
			t.Errorf("forced to %s, and on %v", r.force, runs(transports))
			break
		}
	}
	posts := map[string]string{"http": "HTTP/1.1", "https": "HTTP/2.0"}[r.scheme]
	for q := range seen {
		want := posts
		switch q.door {
		case "ws":
			want = "HTTP/1.1"
		case "wt":
			want = "webtransport"
		}
		if q.proto != want {
			t.Errorf("%s came over %s", q.door, q.proto)
		}
		if r.force != "" && !slices.Contains(doorsOf[r.force], q.door) {
			t.Errorf("forced to %s, and %s was asked for", r.force, q.door)
		}
	}
}
