package e2e

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/session"
)

// loads is how often a page is loaded for a median.
const loads = 10

// dear is what costs more than a busy machine makes of nothing, in milliseconds: a dial that is waited for takes 3 s.
const dear = 500

// dearer reports whether the quickest of one kind of load took so much longer than the quickest of another.
func dearer(one, other []float64) bool { return slices.Min(one) > slices.Min(other)+dear }

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// apart leaves the page for one of the same origin that has no session, returns what is remembered, and changes it.
func apart(tab *browser.Tab, url, change string) (remembered string) {
	tab.Navigate(url + "/exchange.js")
	return browser.Eval[string](tab, `(() => { const was = JSON.stringify({ ...localStorage }); `+change+`; return was })()`)
}

// hashes names the certificates that are remembered.
func hashes(t *testing.T, remembered string) string {
	t.Helper()
	found := regexp.MustCompile(`hashes[^]]*`).FindString(remembered)
	if found == "" {
		t.Fatalf("no certificate is remembered: %s", remembered)
	}
	return found
}

func decisions(tab *browser.Tab) string {
	return browser.Eval[string](tab, `JSON.stringify(x.s.decisions)`)
}

func decided(tab *browser.Tab, what string) bool {
	return browser.Eval[bool](tab, `x.s.decisions.some(d => d.what === "`+what+`")`)
}

// TestBrowserRemembersWebTransport: where a page was on WebTransport, the next one dials it without waiting for the offer, and
// is there sooner: it says how much. The network has a round trip of 30 ms. PROTOCOL 14.1, 14.8
func TestBrowserRemembersWebTransport(t *testing.T) {
	s := newSite(t, "https", session.Config{})
	s.proxy(t, s.addr)
	s.tcp.SetDelay(15 * time.Millisecond)
	s.udp.SetDelay(15 * time.Millisecond)
	tab := open(t, s.url(), "")
	var first, next []float64
	for range loads {
		apart(tab, s.url(), `localStorage.clear()`)
		page(t, tab, s.url())
		first = append(first, reach(t, tab, "webtransport"))
		page(t, tab, s.url())
		next = append(next, reach(t, tab, "webtransport"))
		if !dialledFirst(tab) {
			t.Fatal(decisions(tab))
		}
	}
	t.Logf("on WebTransport after %.0f ms, on the next page after %.0f ms (medians of %d)", median(first), median(next), loads)
	if dearer(next, first) {
		t.Errorf("first %v, next %v: %s", first, next, decisions(tab))
	}
	o := browser.Eval[outcome](tab, `x.both(1000)`)
	o.check(t, 1000)
}

// TestBrowserRemembersAnotherServer: the server is started again, and has made another certificate than the one that the
// page remembers. Nobody is blamed, and the page is on WebTransport. PROTOCOL 14.8
func TestBrowserRemembersAnotherServer(t *testing.T) {
	server := spawn(t, "")
	url := "http://" + server.Addr
	tab := open(t, url, "")
	reach(t, tab, "webtransport")
	before := hashes(t, apart(tab, url, ""))
	var stale, fresh []float64
	for range loads {
		apart(tab, url, "")
		server.Kill()
		server = spawn(t, server.Addr)
		page(t, tab, url)
		stale = append(stale, reach(t, tab, "webtransport"))
		if !dialledFirst(tab) || decided(tab, "blame") {
			t.Fatal(decisions(tab))
		}
		after := hashes(t, apart(tab, url, `localStorage.clear()`))
		if before == after {
			t.Fatalf("it remembers %s, as before", after)
		}
		before = after
		page(t, tab, url)
		fresh = append(fresh, reach(t, tab, "webtransport"))
	}
	t.Logf("on WebTransport after %.0f ms, without the memory of another server after %.0f ms (medians of %d)",
		median(stale), median(fresh), loads)
	if dearer(stale, fresh) {
		t.Errorf("with it %v, without %v: %s", stale, fresh, decisions(tab))
	}
}

// dialledFirst reports whether the page dialled WebTransport before it had a session.
func dialledFirst(tab *browser.Tab) bool {
	return browser.Eval[bool](tab, `(({ decisions }) => {
		const dial = decisions.findIndex(d => d.what === "dial" && d.transport === "webtransport")
		return dial >= 0 && dial < decisions.findIndex(d => d.what === "ready")
	})(x.s)`)
}

// TestBrowserSilentUDPLater: UDP is dropped silently where a page was on WebTransport before. The next page is on WebSocket
// as soon as one that remembers nothing. PROTOCOL 14.1, 14.2
func TestBrowserSilentUDPLater(t *testing.T) {
	s := newSite(t, "http", session.Config{})
	s.proxy(t, s.addr)
	tab := open(t, s.url(), "")
	reach(t, tab, "webtransport")
	memory := apart(tab, s.url(), "")
	s.udp.Vanish()
	var with, without, pushes, pushesWithout []float64
	for range loads {
		apart(tab, s.url(), "Object.assign(localStorage, "+memory+")")
		page(t, tab, s.url())
		pushes = append(pushes, pushed(t, tab))
		with = append(with, reach(t, tab, "websocket"))
		if !dialledFirst(tab) {
			t.Fatal(decisions(tab))
		}
		apart(tab, s.url(), "localStorage.clear()")
		page(t, tab, s.url())
		pushesWithout = append(pushesWithout, pushed(t, tab))
		without = append(without, reach(t, tab, "websocket"))
	}
	t.Logf("on WebSocket after %.0f ms, without the memory after %.0f ms; the first push after %.0f ms and %.0f ms (medians of %d)",
		median(with), median(without), median(pushes), median(pushesWithout), loads)
	if usual := median(pushes); usual > 1000 {
		t.Errorf("the first push came after %.0f ms", usual)
	}
	if dearer(with, without) || dearer(pushes, pushesWithout) {
		t.Errorf("with %v, without %v: %s", with, without, decisions(tab))
	}
}
