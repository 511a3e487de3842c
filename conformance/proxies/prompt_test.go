package proxies

import (
	"slices"
	"testing"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
)

// TestPrompt: what the server says is passed on at once over each transport, and not when there is more of it.
func TestPrompt(t *testing.T) {
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			s := listen(t, router.Config{})
			addr := w.open(t, s.Addr())
			for _, kind := range w.passes {
				t.Run(kind.String(), func(t *testing.T) {
					c := count(t, addr, 0, client.Config{Force: kind})
					c.settle(t, kind)
					ctx := minute(t)
					var took []time.Duration
					for range 20 {
						begun := time.Now()
						if err := c.Call(ctx, "sum", []int{1, 2}, nil); err != nil {
							t.Fatal(err)
						}
						took = append(took, time.Since(begun))
					}
					slices.Sort(took)
					t.Logf("a call takes %v, the slowest %v", took[len(took)/2], took[len(took)-1])
					if took[len(took)/4] > 100*time.Millisecond { // what waits does so each time; a busy machine now and then
						t.Error("something waits")
					}
				})
			}
		})
	}
}
