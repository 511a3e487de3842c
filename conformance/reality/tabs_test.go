package reality

import (
	"fmt"
	"testing"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/router"
)

// TestBrowserTabs: two pages of one origin have a session each and remember together, and the next page begins with what
// works.
// PROTOCOL 14.8
func TestBrowserTabs(t *testing.T) {
	t.Parallel()
	s := serve(t, router.Config{})
	a := s.open(t, "")
	a.on("websocket")
	b := found(t, a.Beside(s.page("")))
	b.on("websocket")
	const n = 500
	for _, p := range []page{a, b} {
		browser.Run(p.Tab, fmt.Sprintf(`x.s.call("start", {n: %[1]d, rate: %[1]d})`, n))
	}
	s.proxy.CutRST() // both have something to write into the memory, at the same time
	a.exactly(n)
	b.exactly(n)
	session := func(p page) string { return browser.Eval[string](p.Tab, "x.greeted") }
	if session(a) == session(b) {
		t.Error("both pages have the same session")
	}
	memory := browser.Eval[string](b.Tab, "localStorage.getItem(localStorage.key(0))")
	t.Log(memory)
	if entries := browser.Eval[int](b.Tab, "localStorage.length"); entries != 1 {
		t.Errorf("%d entries in the pages' storage", entries)
	}
	if good := browser.Eval[string](b.Tab, "JSON.parse(localStorage.getItem(localStorage.key(0))).networks[0].good"); good != "websocket" {
		t.Errorf("they remember %s", good)
	}
	c := found(t, b.Beside(s.page("")))
	c.on("websocket")
	if dials := c.decided("dial", "sse"); dials != 0 {
		t.Errorf("the third page tried event streams\n%s", c.log())
	}
}
