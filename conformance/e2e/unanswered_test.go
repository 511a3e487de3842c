package e2e

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/chaos"
	"github.com/weft-realtime/weft/conformance/exchange"
	"github.com/weft-realtime/weft/conformance/timing"
	"github.com/weft-realtime/weft/transport"
)

// unanswered are the ways in which one POST comes to nothing while everything else gets through.
var unanswered = map[string]func(*chaos.HTTP, func(*http.Request) bool){
	"request": (*chaos.HTTP).HangRequest,
	"answer":  (*chaos.HTTP).HangAnswer, // the only one that says that an event was handled
}

// eachUnanswered runs a test for both kinds of transport that post, behind a proxy. Its argument lose lets the next POST of
// frames come to nothing.
func eachUnanswered(t *testing.T, test func(t *testing.T, url string, kind transport.Kind, lose func())) {
	for _, kind := range []transport.Kind{transport.LongPoll, transport.SSE} {
		for name, fault := range unanswered {
			t.Run(kind.String()+"/"+name, func(t *testing.T) {
				t.Parallel() // it is waiting
				h := blocked(t, func(*chaos.HTTP) {})
				test(t, h.URL(), kind, func() {
					var lost atomic.Bool
					fault(h, func(r *http.Request) bool { return chaos.Path("/send")(r) && lost.CompareAndSwap(false, true) })
				})
			})
		}
	}
}

// TestBrowserUnansweredPost: a POST that comes to nothing holds up the client's messages for seconds, not for ever, although
// the server is heard all the time. PROTOCOL 13.8
func TestBrowserUnansweredPost(t *testing.T) {
	eachUnanswered(t, func(t *testing.T, url string, kind transport.Kind, lose func()) {
		timing.Within(t, 3*time.Second+aftermath, func() (time.Duration, func() string) {
			tab := open(t, url, kind.String())
			browser.Run(tab, `x.s.call("start", { n: 4000, rate: 20 })`)
			lose()
			took := timed(tab, `x.s.emit("up", 1)`) // handled, as far as the client knows
			if got := browser.Eval[exchange.Count](tab, `x.s.call("report", {})`); !got.Exactly(1) {
				t.Errorf("%+v", got)
			}
			return took, func() string { return decisions(tab) }
		})
	})
}

// TestGoClientUnansweredPost is the same of the Go client.
func TestGoClientUnansweredPost(t *testing.T) {
	eachUnanswered(t, func(t *testing.T, url string, kind transport.Kind, lose func()) {
		timing.Within(t, 3*time.Second+aftermath, func() (time.Duration, func() string) {
			ctx := minutes(t, 1)
			c := dial(t, url, client.Config{Force: kind})
			if err := c.Call(ctx, "start", exchange.Start{N: 4000, Rate: 20}, nil); err != nil {
				t.Fatal(err)
			}
			lose()
			from := time.Now()
			if err := c.Emit(ctx, "up", 1); err != nil {
				t.Fatal(err)
			}
			took := time.Since(from)
			var got exchange.Count
			if err := c.Call(ctx, "report", nil, &got); err != nil || !got.Exactly(1) {
				t.Errorf("%v %+v", err, got)
			}
			return took, func() string { return fmt.Sprint(c.Decisions()) }
		})
	})
}
