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
	"github.com/weft-realtime/weft/transport"
)

// long is a message that takes a narrow network 4 s on the way up, which is longer than a path may be silent.
const long = 256 << 10

// narrow is such a network.
func narrow(t *testing.T) (url string) {
	s, p := listen(t, router.Config{})
	router.On(s.Router, "long", func(*router.Context, string) error { return nil })
	p.SetDrip(chaos.Up, long/40, 100*time.Millisecond)
	return p.URL()
}

// TestBrowserNarrowUplink: a message whose path is suspected before it is through, and which every new attachment begins
// again, arrives all the same. PROTOCOL 13.9
func TestBrowserNarrowUplink(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"websocket", "longpoll"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel() // it is waiting
			tab := open(t, narrow(t), kind)
			ms := browser.Eval[float64](tab, `(async () => {
				const from = performance.now()
				await x.s.emit("long", "x".repeat(`+fmt.Sprint(long)+`))
				return performance.now() - from
			})()`)
			t.Logf("handled after %.1f s", ms/1000)
		})
	}
}

// TestGoClientNarrowUplink is the same of the Go client.
func TestGoClientNarrowUplink(t *testing.T) {
	for _, kind := range []transport.Kind{transport.WebSocket, transport.SSE} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			ctx := minutes(t, 1)
			c := dial(t, narrow(t), client.Config{Force: kind})
			from := time.Now()
			if err := c.Emit(ctx, "long", strings.Repeat("x", long)); err != nil {
				t.Error(err, c.Decisions())
			}
			t.Logf("handled after %v", time.Since(from))
		})
	}
}
