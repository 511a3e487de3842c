package exchange

import (
	"context"
	"math"
	"sync"
)

// gate holds an exchange back: no number beyond its limit passes, in either direction, so that a test decides how much
// is on its way when it breaks something.
type gate struct {
	mu    sync.Mutex
	limit int
	moved chan struct{} // closed when the limit moves
}

func newGate() *gate { return &gate{limit: math.MaxInt, moved: make(chan struct{})} }

func (g *gate) allow(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.limit = n
	close(g.moved)
	g.moved = make(chan struct{})
}

// pass waits until n is allowed, or ctx is done.
func (g *gate) pass(ctx context.Context, n int) error {
	for {
		g.mu.Lock()
		limit, moved := g.limit, g.moved
		g.mu.Unlock()
		if n <= limit {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
