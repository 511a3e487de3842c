package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/chaos"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport"
)

// trickle is a network that carries a long answer so slowly that the ends could take it for dead.
type trickle struct {
	name string
	cfg  session.Config
	size int // bytes of the answer
	rate int // bytes in 100 ms
	slow bool
}

var trickles = []trickle{
	{"impatient", session.Config{Ping: time.Second, Pong: time.Second}, 96 << 10, 1600, false},
	{"1 MiB at 32 KiB a second", session.Config{}, 1<<20 - 100, 3300, true},
}

// eachTrickle runs a test on each kind of transport over TCP, which is what can be made narrow. Its argument narrow makes the network narrow.
func eachTrickle(t *testing.T, test func(t *testing.T, kind transport.Kind, size int, url string, narrow func())) {
	for _, tr := range trickles {
		if tr.slow && !*slow {
			continue
		}
		for _, kind := range []transport.Kind{transport.WebSocket, transport.SSE, transport.LongPoll} {
			t.Run(tr.name+"/"+kind.String(), func(t *testing.T) {
				t.Parallel() // it is waiting
				s, p := listen(t, router.Config{Session: tr.cfg})
				router.Handle(s.Router, "long", func(_ *router.Context, n int) (string, error) { return strings.Repeat("x", n), nil })
				test(t, kind, tr.size, p.URL(), func() { p.SetDrip(chaos.Down, tr.rate, 100*time.Millisecond) })
			})
		}
	}
}

// TestBrowserNarrowDownlink: a message behind which nothing else gets through for long arrives all the same.
// PROTOCOL 8.5, 11.2, 13.2, 13.9
func TestBrowserNarrowDownlink(t *testing.T) {
	t.Parallel()
	eachTrickle(t, func(t *testing.T, kind transport.Kind, size int, url string, narrow func()) {
		tab := open(t, url, kind.String())
		reach(t, tab, kind.String())
		narrow()
		t.Logf("answered after %v", timed(tab, fmt.Sprintf(`x.s.call("long", %[1]d).then(text => { if (text.length !== %[1]d) throw new Error(text.length) })`, size)))
		if lost := browser.Eval[int](tab, `x.lost.length`); lost > 0 {
			t.Errorf("lost %d sessions: %s", lost, decisions(tab))
		}
	})
}

// TestGoClientNarrowDownlink is the same of the Go client.
func TestGoClientNarrowDownlink(t *testing.T) {
	t.Parallel()
	eachTrickle(t, func(t *testing.T, kind transport.Kind, size int, url string, narrow func()) {
		ctx := minutes(t, 3)
		c := dial(t, url, client.Config{Force: kind})
		for _, on := c.State(); on != kind; _, on = c.State() {
			if err := c.Emit(ctx, "up", 0); err != nil {
				t.Fatal(err)
			}
		}
		narrow()
		from := time.Now()
		var text string
		if err := c.Call(ctx, "long", size, &text); err != nil || len(text) != size {
			t.Errorf("%d bytes, %v: %v", len(text), err, c.Decisions())
		}
		t.Logf("answered after %v", time.Since(from))
	})
}
