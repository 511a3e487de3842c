package storm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/conformance/exchange"
	"github.com/weft-realtime/weft/conformance/prng"
	"github.com/weft-realtime/weft/transport"
)

// crowd is many clients of one server.
type crowd struct {
	members []*member
	stop    chan struct{} // ends the traffic
	traffic sync.WaitGroup

	mu      sync.Mutex
	settled int           // members that were gone, are back, and are on WebSocket
	all     chan struct{} // closed when every member is settled, and nil then; made by expect
}

// member is one client. It emits 1, 2, 3, ... now and then, each when the one before was handled.
type member struct {
	*client.Client
	crowd *crowd

	// the traffic's, and when that has ended anybody's
	emitted int
	err     error

	// guarded by crowd.mu, and about what has happened since expect
	gone    bool
	back    time.Time // open again; zero if it is not
	settled bool
	lost    int       // sessions
	lostAt  time.Time // the last of them
}

func newCrowd(url string, n int) *crowd {
	c := &crowd{}
	for range n {
		m := &member{crowd: c}
		m.Client = client.New(url+"/rt", client.Config{OnState: m.moved, OnLost: m.losing})
		client.On(m.Client, "hello", func(string) {})
		c.members = append(c.members, m)
	}
	return c
}

// expect forgets what has happened. gone says that no client has a connection; otherwise each is to lose its own. The
// channel is closed when all have one again, and are on WebSocket.
func (c *crowd) expect(gone bool) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.members {
		m.gone, m.back, m.settled, m.lost = gone, time.Time{}, false, 0
	}
	c.settled, c.all = 0, make(chan struct{})
	return c.all
}

func (m *member) moved(s client.State, kind transport.Kind) {
	c := m.crowd
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case s != client.Open:
		m.gone = true
	case m.gone && m.back.IsZero():
		m.back = time.Now()
	}
	was := m.settled
	m.settled = !m.back.IsZero() && s == client.Open && kind == transport.WebSocket
	switch {
	case m.settled && !was:
		if c.settled++; c.settled == len(c.members) && c.all != nil {
			close(c.all)
			c.all = nil
		}
	case was && !m.settled:
		c.settled--
	}
}

func (m *member) losing(client.Lost) {
	m.crowd.mu.Lock()
	defer m.crowd.mu.Unlock()
	m.lost++
	m.lostAt = time.Now()
}

// atOnce is how many clients do the same thing at a time where no storm is meant.
const atOnce = 32

// each calls do with every member, a few at a time, and returns the first of what failed.
func (c *crowd) each(do func(*member) error) error {
	errs := make([]error, len(c.members))
	slots := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i, m := range c.members {
		slots <- struct{}{}
		wg.Go(func() {
			errs[i] = do(m)
			<-slots
		})
	}
	wg.Wait()
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("%d clients failed, the first: %w", len(errs), errs[0])
}

// chatter lets each client emit a number every interval, until hush.
func (c *crowd) chatter(ctx context.Context, every time.Duration, seed uint64) {
	c.stop = make(chan struct{})
	for i, m := range c.members {
		first := time.Duration(prng.New(seed, uint32(i)).N(int(every.Milliseconds()))) * time.Millisecond
		c.traffic.Go(func() { m.chat(ctx, first, every) })
	}
}

// chat is joined by hush.
func (m *member) chat(ctx context.Context, first, every time.Duration) {
	for wait := time.After(first); m.err == nil; wait = time.After(every) {
		select {
		case <-m.crowd.stop:
			return
		case <-wait:
		}
		m.emitted++
		if err := m.Emit(ctx, "up", m.emitted); err != nil && !lost(err) {
			m.err = err
		}
	}
}

// lost reports whether an emit failed because its session was lost: there is another one, or will be.
func lost(err error) bool {
	_, ok := errors.AsType[*client.Error](err)
	return ok && !errors.Is(err, client.ErrClosed)
}

// hush ends the traffic when what is on its way is handled, or lost with its session.
func (c *crowd) hush() error {
	close(c.stop)
	c.traffic.Wait()
	return c.each(func(m *member) error { return m.err })
}

// count holds what the server counted in the first sessions against what was emitted.
func (c *crowd) count(ctx context.Context) error {
	return c.each(func(m *member) error {
		var up exchange.Count
		if err := m.Call(ctx, "report", nil, &up); err != nil {
			return err
		}
		if !up.Exactly(m.emitted) {
			return fmt.Errorf("emitted %d, the server counted %+v", m.emitted, up)
		}
		return nil
	})
}

// close ends all sessions.
func (c *crowd) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	c.each(func(m *member) error { return m.Close(ctx) }) // its error is the time that was up
}
