package proxies

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/exchange"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/longpoll"
	"github.com/weft-realtime/weft/transport/sse"
	"github.com/weft-realtime/weft/transport/websocket"
)

// from are the dialers of a client that has an address of its own.
func from(t testing.TB, ip string) []transport.Dialer {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
	c := &http.Client{Transport: &http.Transport{DialContext: d.DialContext}}
	t.Cleanup(c.CloseIdleConnections)
	return []transport.Dialer{&websocket.Dialer{NetDial: d.DialContext}, &sse.Dialer{Client: c}, &longpoll.Dialer{Client: c}}
}

// TestNodes: clients keep to the node that their address leads to, over each transport.
func TestNodes(t *testing.T) {
	const n = 1000
	for _, p := range proxies {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			a, b := listen(t, router.Config{}), listen(t, router.Config{})
			addr := p.start(t, p.nodes, []string{a.Addr(), b.Addr()}, p.http())
			served := map[*exchange.Server]int{}
			for i := range 6 {
				kind := everyKind[i%len(everyKind)]
				c := count(t, addr, n, client.Config{Force: kind, Dialers: from(t, fmt.Sprintf("127.0.%d.%d", i, 1+i))})
				served[c.exchange(t, n, a, b)]++
				if _, now := c.State(); now != kind {
					t.Errorf("on %v: %v", now, c.Decisions())
				}
			}
			if len(served) != 2 {
				t.Error("all went to one node")
			}
		})
	}
}

// keep gives a tab's browser a cookie that names a node.
func keep(t testing.TB, tab *browser.Tab, addr, node string) {
	t.Helper()
	cookie := network.SetCookieParams{Name: "node", Value: node, URL: "https://" + addr + "/"}
	if _, err := chromedp.Call(tab.Context, network.SetCookie, cookie); err != nil {
		t.Fatal(err)
	}
}

// TestBrowserNodes: a page keeps to the node that its cookie names, wherever its address leads to, and when that node is
// gone it begins anew at the other one. PROTOCOL 9.8
func TestBrowserNodes(t *testing.T) {
	const n = 1000
	a := listen(t, router.Config{})
	b, err := exchange.Listen("", router.Config{})
	if err != nil {
		t.Fatal(err)
	}
	end := sync.OnceFunc(b.Close)
	t.Cleanup(end)
	addr := haproxy.start(t, haproxy.nodes, []string{a.Addr(), b.Addr()}, edit{"cookie b check", "cookie b check inter 100ms"})
	for name, s := range map[string]*exchange.Server{"a": a, "b": b} {
		tab := browser.Open(t, "https://"+addr+"/exchange.js")
		keep(t, tab, addr, name)
		tab.Navigate("https://" + addr + "/")
		started(tab)
		id := browser.Eval[string](tab, `x.greeted`)
		for i, kind := range everyKind {
			browser.Run(tab, fmt.Sprintf(`(async () => {
				x.s.force(%q)
				await x.up(%d, 200, %d)
			})()`, kind, n, 1+i*n))
		}
		if up := s.Up(id); up.Err(3*n) != nil {
			t.Errorf("node %s: %v", name, up.Err(3*n))
		}
	}
	tab := browser.Open(t, "https://"+addr+"/exchange.js")
	keep(t, tab, addr, "b")
	tab.Navigate("https://" + addr + "/")
	started(tab)
	end()
	browser.Run(tab, `new Promise(ok => x.lost.length ? ok() : x.s.addEventListener("lost", ok))`)
	if o := both(t, tab, 100); len(o.Lost) != 1 {
		t.Errorf("lost %+v", o.Lost)
	}
}

// TestBrowserFirstVisit: a page that comes from elsewhere, with its script, has no cookie when it opens its session and a
// WebSocket at the same time. Both reach one node.
func TestBrowserFirstVisit(t *testing.T) {
	a, b := listen(t, router.Config{}), listen(t, router.Config{})
	elsewhere := edit{"default_backend chat", `use_backend page if !{ path_beg /rt/ } or { path_end .js }
	default_backend chat

backend page
	server page 127.0.0.1:8081`}
	addr := haproxy.start(t, haproxy.nodes, []string{a.Addr(), b.Addr()}, elsewhere)
	for range 5 {
		tab := browser.Open(t, "https://"+addr+"/")
		started(tab)
		if o := both(t, tab, 100); len(o.Lost) > 0 || !slices.Contains(o.Transports, "websocket") {
			t.Errorf("over %v, lost %+v", o.Transports, o.Lost)
		}
	}
}

// started waits until the exchange's page has a session.
func started(tab *browser.Tab) {
	browser.Run(tab, `(async () => {
		while (!window.loaded) await new Promise(ok => setTimeout(ok, 5))
		await x.s.ready
	})()`)
}

// outcome is what exchange.js says of an exchange.
type outcome struct {
	Up, Down   exchange.Count
	Lost       []struct{ Code, Unconfirmed int }
	Transports []string
}

// both lets a page exchange n numbers each way.
func both(t testing.TB, tab *browser.Tab, n int) outcome {
	t.Helper()
	o := browser.Eval[outcome](tab, fmt.Sprintf(`x.both(%d)`, n))
	if !o.Up.Exactly(n) || !o.Down.Exactly(n) {
		t.Errorf("of %d: up %+v, down %+v", n, o.Up, o.Down)
	}
	return o
}
