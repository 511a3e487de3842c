package proxies

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/chaos"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport"
)

// words are what the chat's page calls the transports.
var words = map[transport.Kind]string{
	transport.WebTransport: "WebTransport", transport.WebSocket: "WebSocket",
	transport.SSE: "event stream", transport.LongPoll: "long polling",
}

// scheme says whether the proxy ends TLS, and speaks HTTP/2 then.
func scheme(https bool) string {
	if https {
		return "https"
	}
	return "http"
}

// browse starts the way's proxy in front of a server, and returns what to type into a browser.
func (w way) browse(t testing.TB, server string, https bool) string {
	t.Helper()
	edits := w.edits
	if !https {
		edits = append(edits[:len(edits):len(edits)], w.proxy.http())
	}
	return scheme(https) + "://" + w.proxy.start(t, w.proxy.file, []string{server}, edits...) + "/"
}

// sit opens the chat's page and joins.
func sit(t testing.TB, url string) *browser.Tab {
	t.Helper()
	tab := browser.Open(t, url)
	until(tab, `document.body.dataset.state === "open"`)
	browser.Run(tab, `(() => {
		const name = document.querySelector("#name")
		name.value = "Ada"
		name.form.requestSubmit()
	})()`)
	until(tab, `!document.querySelector("#compose").hidden`)
	return tab
}

// until waits for a condition in the chat's page.
func until(tab *browser.Tab, condition string) {
	browser.Run(tab, fmt.Sprintf(`(async () => {
		for (const end = performance.now() + 60000; !(%s);) {
			if (performance.now() > end) throw new Error("in vain; " + document.querySelector(".strip").innerText)
			await new Promise(ok => setTimeout(ok, 10))
		}
	})()`, condition))
}

// shows waits until the badge says that a transport carries the session.
func shows(tab *browser.Tab, kind transport.Kind) {
	until(tab, fmt.Sprintf(`document.querySelector("#transport").textContent === %q`, words[kind]))
}

// hundred lets the page say a hundred messages, which must come back in order.
func hundred(tab *browser.Tab) {
	browser.Run(tab, `document.querySelector("#load").click()`)
	until(tab, `document.querySelector("#load-result").textContent.startsWith("100 of 100, in order")`)
}

// TestBrowserChat: the page of the chat is on the best transport that the way passes, over HTTP/1.1 and, with TLS, HTTP/2.
// PROTOCOL 14.2
func TestBrowserChat(t *testing.T) {
	for _, w := range ways {
		for _, https := range []bool{false, true} {
			t.Run(w.name+" "+scheme(https), func(t *testing.T) {
				t.Parallel()
				tab := sit(t, w.browse(t, chat(t), https))
				shows(tab, w.passes[0])
				hundred(tab)
				shows(tab, w.passes[0])
			})
		}
	}
}

// TestBrowserConversation: a page on the other side of TLS hears the 1,000 messages that others exchange, and says a
// hundred.
func TestBrowserConversation(t *testing.T) {
	for _, w := range ways[:len(proxies)] {
		t.Run(w.name, func(t *testing.T) {
			server := chat(t)
			tab := sit(t, w.browse(t, server, true))
			converse(t, w.open(t, server), 100, func() { browser.Run(tab, `document.querySelector("#load").click()`) })
			until(tab, `document.querySelector("#load-result").textContent.startsWith("100 of 100, in order")`)
			until(tab, `document.querySelector("#received").textContent === "1100" && document.querySelector("#lost").textContent === "0"`)
			shows(tab, transport.WebSocket)
		})
	}
}

// TestBrowserExchange: 1,000 messages each way between a page and a server, over each transport that the proxies pass.
func TestBrowserExchange(t *testing.T) {
	for _, w := range ways[:len(proxies)] {
		for _, https := range []bool{false, true} {
			for _, kind := range w.passes {
				t.Run(fmt.Sprint(w.name, " ", scheme(https), " ", kind), func(t *testing.T) {
					t.Parallel()
					tab := browser.Open(t, w.browse(t, listen(t, router.Config{}).Addr(), https)+"?force="+kind.String())
					started(tab)
					if o := both(t, tab, 1000); len(o.Lost) > 0 || o.Transports[len(o.Transports)-1] != kind.String() {
						t.Errorf("over %v, lost %+v", o.Transports, o.Lost)
					}
				})
			}
		}
	}
}

// course is what the chat's page says that its session did, the latest first.
const course = `document.querySelector("#decisions").innerText`

// first reports whether a came, and before b did, in what says the latest first.
func first(text, a, b string) bool {
	_, before, _ := strings.Cut(text, b)
	return strings.Contains(before, a)
}

// TestBrowserUDP: where the UDP port of the proxy's number is forwarded to the server, the chat is on WebTransport; where it
// is silent, a page is on WebSocket no later. PROTOCOL 14.2
func TestBrowserUDP(t *testing.T) {
	for name, forwarded := range map[string]bool{"forwarded": true, "silent": false} {
		t.Run(name, func(t *testing.T) {
			for _, p := range proxies {
				t.Run(p.name, func(t *testing.T) {
					server := chat(t)
					addr := p.start(t, p.file, []string{server})
					udp, err := chaos.NewUDP(addr, server, 1)
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(udp.Close)
					if !forwarded {
						udp.Vanish()
					}
					tab := sit(t, "https://"+addr+"/")
					if !forwarded {
						shows(tab, transport.WebSocket)
						until(tab, `document.querySelector("#way").open = true, /WebTransport (is given up|came to nothing)/.test(`+course+`)`)
						if got := browser.Eval[string](tab, course); !first(got, "WebSocket carries", "WebTransport is given up") {
							t.Error("not while WebTransport was dialled, which takes 3 s:", got)
						}
						return
					}
					shows(tab, transport.WebTransport)
					hundred(tab)
					shows(tab, transport.WebTransport)
				})
			}
		})
	}
}
