package connect

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/chaos"
	"github.com/weft-realtime/weft/conformance/timing"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/longpoll"
	"github.com/weft-realtime/weft/transport/sse"
	"github.com/weft-realtime/weft/transport/websocket"
	"github.com/weft-realtime/weft/transport/webtransport"
)

// silent are networks that drop UDP silently.
var silent = []struct {
	name  string
	block func(*chaos.HTTP)
	best  string // what a page is on before long
}{
	{"UDP dropped", func(*chaos.HTTP) {}, "websocket"},
	{"UDP dropped, WebSocket refused", refuse, ""},
	{"UDP dropped, upgrade hangs", (*chaos.HTTP).HangUpgrade, ""},
	{"UDP dropped, opens, then dead", (*chaos.HTTP).SilentUpgrade, ""},
}

// TestBrowserSilentUDP measures what it costs a page to try WebTransport where UDP is dropped silently: it is loaded with
// WebTransport and without, in turns, each time in a tab that remembers nothing. How long that is decides nothing but
// this: the first push, and the next one, come within a second.
// PROTOCOL 14.1, 14.2
func TestBrowserSilentUDP(t *testing.T) {
	var rows strings.Builder
	for _, n := range silent {
		url := hush(t, n.block)
		var with, without []seen
		for range *loads {
			with = append(with, climb(t, url, `["webtransport", "websocket", "sse", "longpoll"]`, n.best))
			without = append(without, climb(t, url, `["websocket", "sse", "longpoll"]`, n.best))
		}
		t.Logf("%s: %s; without WebTransport %s", n.name, medians(with), medians(without))
		fmt.Fprintf(&rows, "| %s | %s | %s |\n", n.name, medians(with), medians(without))
	}
	if *loads >= perTab {
		fmt.Println("| network | with WebTransport | without |\n|---|---|---|\n" + rows.String())
	}
}

// climb loads the page in a new tab.
func climb(t *testing.T, url, transports, best string) (s seen) {
	t.Helper()
	t.Run("load", func(t *testing.T) { // the tab is closed with it
		timing.Within(t, time.Second, func() (time.Duration, func() string) {
			tab := browser.Open(t, url)
			browser.Run(tab, "new Promise(ok => { const t = setInterval(() => window.loaded && (clearInterval(t), ok()), 1) })")
			s = browser.Eval[seen](tab, fmt.Sprintf("climb(%s, %q)", transports, best))
			return milliseconds(max(s.Push, s.Second)), func() string { return fmt.Sprintf("%+v", s) }
		})
	})
	return s
}

// medians are those of the first push, READY on the best, and the next push.
func medians(all []seen) string {
	push := median(all, func(s seen) float64 { return s.Push })
	second := median(all, func(s seen) float64 { return s.Second })
	if better := median(all, func(s seen) float64 { return s.Better }); better > 0 {
		return fmt.Sprintf("%.1f / %.1f / %.1f", push, better, second)
	}
	return fmt.Sprintf("%.1f / - / %.1f", push, second)
}

func median(all []seen, of func(seen) float64) float64 {
	slices.SortFunc(all, func(a, b seen) int { return cmp.Compare(of(a), of(b)) })
	return of(all[len(all)/2])
}

// hush serves the page and a mount that offers everything, in a network without UDP that does something to WebSocket.
func hush(t *testing.T, block func(*chaos.HTTP)) string {
	wt := webtransport.New()
	rt := router.New(router.Config{Transports: []transport.Transport{
		wt, websocket.New(websocket.Config{}), sse.New(sse.Config{}), longpoll.New(longpoll.Config{}),
	}})
	rt.OnConnect(func(c *router.Context) error { return c.Send("hello", "hello") })
	router.On(rt, "ask", func(c *router.Context, _ int) error { return c.Send("answer", "answer") })
	mux := chi.NewRouter()
	mux.Mount("/rt", rt)
	mux.Get("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Write(page)
	})
	s := &webtransport.Server{Addr: "127.0.0.1:0", Handler: mux, Transport: wt}
	if err := s.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		now, cancel := context.WithCancel(context.Background())
		cancel()
		rt.Shutdown(now)
		s.Shutdown(now)
	})
	h, err := chaos.NewHTTP(s.Address().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	block(h)
	u, err := chaos.NewUDP(h.Addr(), s.Address().String(), 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(u.Close)
	u.Vanish()
	return h.URL()
}
