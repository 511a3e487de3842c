package proxies

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/conformance/exchange"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport"
)

// listen starts a server that exchanges numbers.
func listen(t testing.TB, cfg router.Config) *exchange.Server {
	t.Helper()
	s, err := exchange.Listen("", cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// counter is a client of an exchange.
type counter struct {
	*client.Client
	session string
	down    exchange.Count
	all     chan struct{} // closed when n have come down
}

// count connects a client to the exchange at a host and port.
func count(t testing.TB, addr string, n int, cfg client.Config) *counter {
	t.Helper()
	c := &counter{all: make(chan struct{})}
	hello := make(chan string, 10)
	cfg.OnLost = func(l client.Lost) {
		t.Errorf("session lost: %d %s, %d unconfirmed", l.Code, l.Reason, len(l.Unconfirmed))
	}
	c.Client = client.New("http://"+addr+"/rt", cfg)
	client.On(c.Client, "hello", func(id string) { hello <- id })
	client.On(c.Client, "down", func(i int) {
		if c.down.Add(i); c.down.Received == n {
			close(c.all)
		}
	})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		c.Close(ctx)
	})
	ctx := minute(t)
	if err := c.Connect(ctx); err != nil {
		t.Fatal(err)
	}
	select {
	case c.session = <-hello:
	case <-ctx.Done():
		t.Fatal("the server greets nobody")
	}
	return c
}

// settle waits until the client is on a kind.
func (c *counter) settle(t testing.TB, kind transport.Kind) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, now := c.State(); now == kind {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("never on %v: %v", kind, c.Decisions())
		}
	}
}

// exchange sends n numbers each way, and fails the test unless each has arrived exactly once and in order. It returns which
// of the servers has the session.
func (c *counter) exchange(t testing.TB, n int, servers ...*exchange.Server) *exchange.Server {
	t.Helper()
	ctx := minute(t)
	if err := c.Call(ctx, "start", exchange.Start{N: n}, nil); err != nil {
		t.Fatal(err)
	}
	var handled []func(context.Context) error
	for i := range n {
		v, err := router.Encode(i + 1)
		if err != nil {
			t.Fatal(err)
		}
		wait, err := c.Post(ctx, "up", client.Payload(v))
		if err != nil {
			t.Fatal(err)
		}
		handled = append(handled, wait)
	}
	for _, wait := range handled {
		if err := wait(ctx); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-c.all:
	case <-ctx.Done():
	}
	i := slices.IndexFunc(servers, func(s *exchange.Server) bool { return s.Up(c.session).Received > 0 })
	if i < 0 {
		t.Fatal("no server has counted")
	}
	up := servers[i].Up(c.session)
	if up.Err(n) != nil || c.down.Err(n) != nil {
		t.Fatalf("up: %v; down: %v", up.Err(n), c.down.Err(n))
	}
	return servers[i]
}
