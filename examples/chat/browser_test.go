package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/weft-realtime/weft/conformance/browser"
)

// reader is a tab, and the one who sits before it.
type reader struct {
	*browser.Tab
	t testing.TB
}

// sit opens the page and joins under a name, by keyboard.
func sit(t testing.TB, url, name string) reader {
	t.Helper()
	r := reader{browser.Open(t, url), t}
	r.until(`document.body.dataset.state === "open"`)
	r.write("#name", name)
	r.until(`!document.querySelector("#compose").hidden`)
	return r
}

// write types into a field, and Enter.
func (r reader) write(field, text string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.Context, time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.SendKeys(chromedp.CSS(field), text+kb.Enter)); err != nil {
		r.t.Fatal(err)
	}
}

func (r reader) click(what string) {
	r.t.Helper()
	browser.Run(r.Tab, fmt.Sprintf(`document.querySelector(%q).click()`, what))
}

// until waits for a condition in the page.
func (r reader) until(condition string) {
	r.t.Helper()
	browser.Run(r.Tab, fmt.Sprintf(`(async () => {
		for (const end = performance.now() + 60000; !(%s);) {
			if (performance.now() > end) throw new Error("in vain; " + document.querySelector(".strip").innerText);
			await new Promise(r => setTimeout(r, 10));
		}
	})()`, condition))
}

// sees waits for the text of an element.
func (r reader) sees(what, text string) {
	r.t.Helper()
	r.until(fmt.Sprintf(`document.querySelector(%q)?.textContent.startsWith(%q)`, what, text))
}

// list is the texts of the messages, in the order in which they stand there.
func (r reader) list() string {
	r.t.Helper()
	return browser.Eval[string](r.Tab, `[...document.querySelectorAll("#messages .text")].map(p => p.textContent).join("\n")`)
}

// settled checks that everything was confirmed, and nothing lost.
func (r reader) settled(sent, received int) {
	r.t.Helper()
	r.counted(sent, received)
	r.until(`!document.querySelector("#messages .gap")`)
}

// counted is settled, but that a gap may have been told.
func (r reader) counted(sent, received int) {
	r.t.Helper()
	for id, n := range map[string]int{"sent": sent, "confirmed": sent, "received": received, "lost": 0} {
		r.until(fmt.Sprintf(`document.querySelector("#%s").textContent === "%d"`, id, n))
	}
	r.until(`!document.querySelector("[data-state=pending], [data-state=lost]")`)
}

func numbers() []string {
	var out []string
	for i := range 100 {
		out = append(out, fmt.Sprintf("%d of 100", i+1))
	}
	return out
}

func TestBrowserChat(t *testing.T) {
	_, url := start(t)
	ada, bob := sit(t, url, "Ada"), sit(t, url, "Bob")
	want := []string{"hello <b>Bob</b>", "hello Ada"}
	ada.write("#text", want[0])
	bob.sees("#messages li:last-child .text", want[0])
	bob.write("#text", want[1])
	ada.sees("#messages li:last-child .text", want[1])
	ada.sees("#here-count", "2")
	ada.click("#skip")
	ada.until(`document.activeElement.id === "text" && location.hash === ""`)
	ada.sees("#transport", "WebTransport") // without any set-up
	bob.sees("#transport", "WebTransport")

	bob.click("[value=longpoll]")
	bob.sees("#transport", "long polling")
	ada.click("#load")
	bob.click("#cut")
	ada.click("#cut")
	ada.sees("#load-result", "100 of 100, in order")
	want = append(want, numbers()...)

	bob.click("#way summary")
	bob.until(`document.querySelector("#decisions").textContent.includes("Long polling carries the session")`)

	bob.click("[value=sse]")
	bob.sees("#transport", "event stream")
	bob.click("#load")
	bob.click("[value=websocket]")
	bob.sees("#transport", "WebSocket")
	bob.click("#cut")
	bob.click("[value=webtransport]")
	bob.sees("#transport", "WebTransport")
	bob.click("#cut")
	bob.click("[value='']")
	bob.sees("#load-result", "100 of 100, in order")
	bob.sees("#state", "open")
	want = append(want, numbers()...)

	ada.settled(101, 202)
	bob.settled(101, 202)
	for _, r := range []reader{ada, bob} {
		if got := r.list(); got != strings.Join(want, "\n") {
			t.Errorf("the messages stand there as\n%s", got)
		}
	}
	ada.sees("#here-count", "2")
	bob.click("#leave")
	ada.sees("#here-count", "1")
}

// TestBrowserLocalhost: a page under this name is on WebTransport, too.
func TestBrowserLocalhost(t *testing.T) {
	_, url := start(t)
	sit(t, strings.Replace(url, "127.0.0.1", "localhost", 1), "Ada").sees("#transport", "WebTransport")
}

// TestBrowserBadge cuts the only way to the server: the page says so, holds what is written, and goes on.
func TestBrowserBadge(t *testing.T) {
	c := newChat()
	way := &gate{page: c.handler()}
	way.to.Store(c)
	url := serveChats(t, way, c)
	ada := sit(t, url, "Ada")
	way.to.Store(nil)
	ada.click("#cut")
	ada.sees("#state", "detached")
	ada.write("#text", "into the dark")
	ada.sees("#messages [data-state=pending] .text", "into the dark")
	way.to.Store(c)
	ada.sees("#state", "open")
	ada.settled(1, 1)
}

// TestBrowserLost gives the page another server, which knows nothing of its session.
func TestBrowserLost(t *testing.T) {
	first, second := newChat(), newChat()
	way := &gate{page: first.handler()}
	way.to.Store(first)
	url := serveChats(t, way, first, second)
	ada := sit(t, url, "Ada")
	ada.write("#text", "before")
	ada.settled(1, 1)
	way.to.Store(nil)
	ada.click("#cut")
	ada.write("#text", "into the dark")
	way.to.Store(second)
	ada.sees("#messages [data-state=lost] .mark", "not confirmed")
	ada.sees("#lost", "1")
	ada.sees("#state", "open")
	ada.sees("#here-count", "1")
	ada.sees("#messages .gap", "Some messages") // the second server's log is another one, and empty
	ada.click(".retry:not([hidden])")
	ada.counted(2, 2)
	if got := ada.list(); got != "before\ninto the dark" {
		t.Errorf("the messages stand there as\n%s", got)
	}
}

// TestBrowserRefused says what the server does not take: the page shows why, where it was said.
func TestBrowserRefused(t *testing.T) {
	_, url := start(t)
	ada := browser.Open(t, url)
	r := reader{ada, t}
	r.until(`document.body.dataset.state === "open"`)
	browser.Run(ada, `document.querySelector("#name").value = "A\u202eda"`)
	r.write("#name", "!")
	r.sees("#join-error", "A name has 1 to 24 visible characters.")
	browser.Run(ada, `document.querySelector("#name").value = "Ada"`)
	r.write("#name", "!")
	r.until(`!document.querySelector("#compose").hidden`)
	browser.Run(ada, `document.querySelector("#text").value = "\u202eturned"`)
	r.write("#text", "!")
	r.sees("#messages [data-state=refused] .reason", "a message has")
	r.sees("#text-error", "A message has")
	r.write("#text", "<b>straight</b>")
	r.settled(2, 1)
	if got := r.list(); got != "\u202eturned!\n<b>straight</b>" {
		t.Errorf("the messages stand there as\n%q", got)
	}
}

// TestBrowserFits looks at the page at the width of a small phone, with a word that is wider.
func TestBrowserFits(t *testing.T) {
	_, url := start(t)
	ada := sit(t, url, strings.Repeat("W", maxName))
	ada.write("#text", strings.Repeat("W", 300))
	ada.settled(1, 1)
	for _, width := range []int64{320, 360, 800, 1280} {
		if err := chromedp.Do(ada.Context, chromedp.EmulateViewport(width, 640)); err != nil {
			t.Fatal(err)
		}
		wide := browser.Eval[[]string](ada.Tab, `[...document.querySelectorAll("html, body, main, .scroll, .strip, .side, footer")]
			.filter(e => e.scrollWidth > e.clientWidth).map(e => e.className || e.tagName)`)
		if len(wide) > 0 {
			t.Errorf("at %d pixels these are too wide: %v", width, wide)
		}
	}
}

// gate stands before chats, and leads to one of them, or to none.
type gate struct {
	to   atomic.Pointer[chat]
	page http.Handler
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/rt/") || strings.HasSuffix(r.URL.Path, "weft.js") {
		g.page.ServeHTTP(w, r)
	} else if to := g.to.Load(); to != nil {
		to.rt.ServeHTTP(w, r)
	} else {
		http.Error(w, "no way", http.StatusBadGateway)
	}
}

// TestBrowserHandsOver ends the chat that a page came from, while another one takes over: on the best transport there, too.
// PROTOCOL 18.3, 18.5
func TestBrowserHandsOver(t *testing.T) {
	first, url := start(t)
	second, there := start(t, url)
	first.leaveTo(there + "/rt")
	ada := sit(t, url, "Ada")
	ada.sees("#transport", "WebTransport")
	ada.write("#text", "before")
	ada.settled(1, 1)
	browser.Run(ada.Tab, `(() => {
		window.news = []
		const said = document.querySelector("#news")
		new MutationObserver(() => news.push(said.textContent)).observe(said, { childList: true, characterData: true, subtree: true })
	})()`)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := first.rt.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	ada.until(`news.some(text => text.startsWith("The server is going"))`)
	ada.write("#text", "after")
	ada.counted(2, 2)
	ada.sees("#transport", "WebTransport")
	ada.sees("#state", "open")
	if n := second.rt.Stats().Sessions; n != 1 {
		t.Errorf("%d sessions at the second chat", n)
	}
}
