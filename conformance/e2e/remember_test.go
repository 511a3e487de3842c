package e2e

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/chaos"
	"github.com/weft-realtime/weft/conformance/exchange"
	"github.com/weft-realtime/weft/conformance/timing"
	"github.com/weft-realtime/weft/router"
)

// network is what is between a browser and the server.
type network struct {
	name  string
	apply func(*chaos.HTTP)
	right string // the transport that is the best there
	known string // what is never dialled again on the next page; "": nothing
}

var networks = []network{
	{"clean", func(*chaos.HTTP) {}, "websocket", ""},
	{"WebSocket refused", blocks["refused"], "sse", "websocket"},
	{"WebSocket hangs", blocks["hangs"], "sse", "websocket"},
	{"101 and nothing passes", blocks["silent"], "sse", "websocket"},
	{"event streams gathered", gathered, "websocket", ""},
	{"WebSocket refused, event streams gathered", func(h *chaos.HTTP) { blocks["refused"](h); gathered(h) }, "longpoll", "sse"},
}

// gathered keeps event streams until they end, whatever their headers ask for.
func gathered(h *chaos.HTTP) { h.BufferAnswers(chaos.EventStream, chaos.Buffer{}) }

// surroundings is a server behind a proxy, and the address that it takes its clients to have.
type surroundings struct {
	h    *chaos.HTTP
	from atomic.Value // of string
}

func surround(t *testing.T) *surroundings {
	t.Helper()
	s, err := exchange.Listen("", router.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	w := &surroundings{}
	w.from.Store("192.0.2.7:1234")
	s.Router.Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			r.RemoteAddr = w.from.Load().(string)
			next.ServeHTTP(rw, r)
		})
	})
	if w.h, err = chaos.NewHTTP(s.Addr()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.h.Close)
	return w
}

// page loads the exchange's page again in the same tab: what the page before has learnt is there.
func page(t *testing.T, tab *browser.Tab, url string) {
	t.Helper()
	if err := chromedp.Do(tab.Context, chromedp.Navigate(url+"/?again")); err != nil {
		t.Fatal(err)
	}
	browser.Run(tab, `new Promise(ok => { const t = setInterval(() => window.loaded && (clearInterval(t), ok()), 5) }).then(() => x.s.ready)`)
}

// settle waits until a page is on a transport, and checks that the server's pushes come through it.
func settle(t *testing.T, tab *browser.Tab, kind string) (after float64) {
	t.Helper()
	after = browser.Eval[float64](tab, fmt.Sprintf(`new Promise((ok, no) => {
		const check = () => x.s.transport === %q && ok(x.s.decisions.findLast(d => d.what === "ready").time - x.s.decisions[0].time)
		x.s.addEventListener("transportchange", check)
		check()
		setTimeout(() => no(new Error(JSON.stringify(x.s.decisions))), 60_000)
	})`, kind))
	o := browser.Eval[outcome](tab, `x.both(100)`)
	o.check(t, 100)
	if now := browser.Eval[string](tab, `x.s.transport`); now != kind {
		t.Fatalf("on %s, not %s", now, kind)
	}
	return after
}

// pushed is when the first push came, in milliseconds after connect.
func pushed(t *testing.T, tab *browser.Tab) float64 {
	t.Helper()
	return browser.Eval[float64](tab, `x.greeted.then(() => x.pushedAfter)`)
}

// openPushed opens a page in a tab that remembers nothing, to which something is pushed within a second.
func openPushed(t *testing.T, url, force string) (tab *browser.Tab) {
	t.Helper()
	soonPushed(t, func() *browser.Tab {
		tab = open(t, url, force)
		return tab
	})
	return tab
}

// pagePushed loads a page anew, which is pushed to within a second.
func pagePushed(t *testing.T, tab *browser.Tab, url string) {
	t.Helper()
	soonPushed(t, func() *browser.Tab {
		page(t, tab, url)
		return tab
	})
}

func soonPushed(t *testing.T, load func() *browser.Tab) {
	t.Helper()
	timing.Within(t, time.Second, func() (time.Duration, func() string) {
		tab := load()
		first := time.Duration(pushed(t, tab) * float64(time.Millisecond))
		return first, func() string { return decisions(tab) }
	})
}

func dialled(tab *browser.Tab, kind string) bool {
	return browser.Eval[bool](tab, fmt.Sprintf(`x.s.decisions.some(d => d.what === "dial" && d.transport === %q)`, kind))
}

// TestBrowserNetworks: in each network a page is pushed to within a second, finds the right transport, remembers it for
// the next page, and forgets when the network is another one, or its memory is too old. PROTOCOL 14.2, 14.8
func TestBrowserNetworks(t *testing.T) {
	for _, n := range networks {
		t.Run(n.name, func(t *testing.T) {
			t.Parallel() // most of it is waiting
			w := surround(t)
			n.apply(w.h)
			tab := openPushed(t, w.h.URL(), "")
			t.Logf("on %s after %.0f ms", n.right, settle(t, tab, n.right))
			if n.known != "" {
				browser.Run(tab, fmt.Sprintf(`(async () => {
					while (!x.s.decisions.some(d => d.what === "blame" && d.transport === %q)) await new Promise(ok => setTimeout(ok, 10))
				})()`, n.known))
			}

			pagePushed(t, tab, w.h.URL())
			t.Logf("the next page: on %s after %.0f ms", n.right, settle(t, tab, n.right))
			if n.known != "" && dialled(tab, n.known) {
				t.Errorf("%s is dialled again: %s", n.known, decisions(tab))
			}

			w.from.Store("198.51.100.7:1234")
			w.h.Heal()
			pagePushed(t, tab, w.h.URL())
			t.Logf("another network: on websocket after %.0f ms", settle(t, tab, "websocket"))

			w.from.Store("192.0.2.7:1234")
			n.apply(w.h)
			page(t, tab, w.h.URL())
			settle(t, tab, n.right)
			w.h.Heal()
			if err := chromedp.Do(tab.Context, chromedp.Navigate(w.h.URL()+"/exchange.js")); err != nil { // of the same origin
				t.Fatal(err)
			}
			browser.Run(tab, `(() => { // as old as a memory of failure gets
				for (const name of Object.keys(localStorage)) {
					const memory = JSON.parse(localStorage[name])
					for (const network of memory.networks) {
						network.till -= 3600e3
						for (const kind in network.bad) network.bad[kind] -= 3600e3
					}
					localStorage[name] = JSON.stringify(memory)
				}
			})()`)
			page(t, tab, w.h.URL())
			t.Logf("an hour later: on websocket after %.0f ms", settle(t, tab, "websocket"))
		})
	}
}

// TestBrowserLifetime: a network that cuts every connection after 6 s. No transport is to blame for that.
// PROTOCOL 14.9
func TestBrowserLifetime(t *testing.T) {
	t.Parallel()
	_, p := listen(t, router.Config{})
	p.SetLifetime(6*time.Second, chaos.RST)
	for _, force := range []string{"", "sse", "longpoll"} {
		t.Run("force="+force, func(t *testing.T) {
			t.Parallel()
			tab := openPushed(t, p.URL(), force)
			o := browser.Eval[outcome](tab, `x.both(1500, 100)`) // 15 s
			o.check(t, 1500)
			if demoted := browser.Eval[bool](tab, `x.s.decisions.some(d => d.what === "demote")`); demoted {
				t.Error(decisions(tab))
			}
			if on := browser.Eval[string](tab, `new Promise(ok => { const t = setInterval(() => x.s.transport && (clearInterval(t), ok(x.s.transport)), 5) })`); force == "" && on != "websocket" {
				t.Errorf("on %s", on)
			}
		})
	}
}

// TestBrowserMiddlebox: something kills every WebSocket 3 s after it was opened. After three of them the page is on an
// event stream, and nothing is lost meanwhile. PROTOCOL 14.9
func TestBrowserMiddlebox(t *testing.T) {
	t.Parallel()
	w := surround(t)
	w.h.KillUpgraded(3 * time.Second)
	tab := open(t, w.h.URL(), "")
	o := browser.Eval[outcome](tab, `x.both(1500, 100)`) // 15 s
	o.check(t, 1500)
	deaths := browser.Eval[int](tab, `x.s.decisions.filter(d => d.what === "died" && d.transport === "websocket").length`)
	if on := browser.Eval[string](tab, `x.s.transport`); deaths > 3 || on != "sse" {
		t.Errorf("%d deaths, on %s: %s", deaths, on, decisions(tab))
	}
}
