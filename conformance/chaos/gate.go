package chaos

import (
	"context"
	"sync"
)

// gate holds up whoever waits at it while it is shut.
type gate struct {
	mu   sync.Mutex
	open chan struct{} // closed while the gate is open
}

func newGate() *gate {
	g := &gate{open: make(chan struct{})}
	close(g.open)
	return g
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.open:
		g.open = make(chan struct{})
	default:
	}
}

func (g *gate) lift() {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.open:
	default:
		close(g.open)
	}
}

// pass waits until the gate is open, and reports whether it was before done was.
func (g *gate) pass(done <-chan struct{}) bool {
	g.mu.Lock()
	open := g.open
	g.mu.Unlock()
	select {
	case <-open:
		return true
	case <-done:
		return false
	}
}

// counter is a number that can be waited for.
type counter struct {
	mu      sync.Mutex
	n       int64
	changed chan struct{} // closed and replaced at each change
}

func newCounter() *counter { return &counter{changed: make(chan struct{})} }

func (c *counter) add(n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n += n
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *counter) get() (n int64, changed <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n, c.changed
}

// wait returns when good is true of the number, or with the context's error.
func (c *counter) wait(ctx context.Context, good func(int64) bool) error {
	for {
		n, changed := c.get()
		if good(n) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// trap springs once, after a number of bytes.
type trap struct {
	mu    sync.Mutex
	armed bool
	left  int64
}

func (t *trap) arm(n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.armed, t.left = true, n
}

func (t *trap) disarm() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.armed = false
}

// take returns what may still pass of data, and whether the trap has sprung behind it.
func (t *trap) take(data []byte) (passes []byte, sprung bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.armed {
		return data, false
	}
	if t.left > int64(len(data)) {
		t.left -= int64(len(data))
		return data, false
	}
	t.armed = false
	return data[:t.left], true
}
