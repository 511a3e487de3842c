package e2e

import (
	"context"
	"flag"
	"testing"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/conformance/chaos"
	"github.com/weft-realtime/weft/conformance/exchange"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport"
)

var seed = flag.Uint64("seed", uint64(time.Now().UnixNano()), "seed of the cuts; printed, so that a run can be repeated")

// minute bounds a test.
func minutes(t testing.TB, n time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), n*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// listen starts an exchange server and a proxy in front of it.
func listen(t testing.TB, cfg router.Config) (*exchange.Server, *chaos.Proxy) {
	t.Helper()
	s, err := exchange.Listen("", cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	p, err := chaos.New(s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return s, p
}

// dial connects a Go client that is closed with the test.
func dial(t testing.TB, url string, cfg client.Config, on ...func(*client.Client)) *client.Client {
	t.Helper()
	c := client.New(url+"/rt", cfg)
	for _, f := range on {
		f(c)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		c.Close(ctx)
	})
	if err := c.Connect(minutes(t, 1)); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestGoClientThroughCuts: 10,000 messages each way through 50 cuts.
func TestGoClientThroughCuts(t *testing.T) {
	t.Parallel()
	for _, kind := range []transport.Kind{transport.WebSocket, transport.SSE, transport.LongPoll, 0} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			const n = 10_000
			ctx := minutes(t, 3)
			s, p := listen(t, router.Config{})
			var down exchange.Count
			finished := make(chan struct{})
			session := make(chan string, 1)
			c := dial(t, p.URL(), client.Config{Force: kind, OnLost: func(l client.Lost) {
				t.Errorf("session lost: %d %s, %d unconfirmed", l.Code, l.Reason, len(l.Unconfirmed))
			}}, func(c *client.Client) {
				client.On(c, "hello", func(id string) { session <- id })
				client.On(c, "down", func(i int) {
					if down.Add(i); down.Received == n {
						close(finished)
					}
				})
			})
			id := await(t, session, "the session")
			begin := time.Now()
			if err := c.Call(ctx, "start", exchange.Start{N: n}, nil); err != nil {
				t.Fatal(err)
			}
			sent := make(chan error, 1)
			go func() { sent <- sendUp(ctx, c, n) }() // joined below
			t.Logf("seed %d", *seed)
			cuts := exchange.Schedule(*seed, 22, 22, 6)
			if err := s.Break(ctx, p, id, n, cuts); err != nil {
				t.Fatal(err)
			}
			if err := <-sent; err != nil {
				t.Fatal(err)
			}
			select {
			case <-finished:
			case <-ctx.Done():
			}
			up := s.Up(id)
			t.Logf("up: %v; down: %v; %d messages a second", up.Err(n), down.Err(n), int(2*n/time.Since(begin).Seconds()))
			if up.Err(n) != nil || down.Err(n) != nil {
				t.Fatal("not exactly once, in order")
			}
		})
	}
}

// TestGoClientMoves: one session moves between the transports under traffic.
// PROTOCOL 8.4, 8.7
func TestGoClientMoves(t *testing.T) {
	const n, moves = 6_000, 60
	ctx := minutes(t, 2)
	s, _ := listen(t, router.Config{})
	var down exchange.Count
	finished := make(chan struct{})
	moved := make(chan transport.Kind, 10*moves)
	session := make(chan string, 1)
	c := dial(t, "http://"+s.Addr(), client.Config{
		OnLost: func(l client.Lost) { t.Errorf("session lost: %d %s", l.Code, l.Reason) },
		OnState: func(st client.State, k transport.Kind) {
			if st == client.Open {
				moved <- k
			} else if st != client.Closing && st != client.Closed {
				t.Errorf("%s on the way to another transport", st)
			}
		},
	}, func(c *client.Client) {
		client.On(c, "hello", func(id string) { session <- id })
		client.On(c, "down", func(i int) {
			if down.Add(i); down.Received == n {
				close(finished)
			}
		})
	})
	id := await(t, session, "the session")
	if err := c.Call(ctx, "start", exchange.Start{N: n, Rate: 2 * n / 3}, nil); err != nil {
		t.Fatal(err)
	}
	sent := make(chan error, 1)
	go func() { sent <- sendUp(ctx, c, n) }()
	for i := range moves {
		to := [...]transport.Kind{transport.LongPoll, transport.SSE, transport.WebSocket}[i%3]
		c.Force(to)
		for k := transport.Kind(0); k != to; {
			select {
			case k = <-moved:
			case <-ctx.Done():
				t.Fatalf("move %d to %v does not come", i, to)
			}
		}
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	select {
	case <-finished:
	case <-ctx.Done():
	}
	up := s.Up(id)
	if up.Err(n) != nil || down.Err(n) != nil {
		t.Fatalf("up: %v; down: %v", up.Err(n), down.Err(n))
	}
}

// sendUp emits the numbers 1 to n, many at a time, and waits until all are handled.
func sendUp(ctx context.Context, c *client.Client, n int) error {
	var waits []func(context.Context) error
	for i := 1; i <= n; i++ {
		v, err := router.Encode(i)
		if err != nil {
			return err
		}
		handled, err := c.Post(ctx, "up", client.Payload(v))
		if err != nil {
			return err
		}
		waits = append(waits, handled)
	}
	for _, handled := range waits {
		if err := handled(ctx); err != nil {
			return err
		}
	}
	return nil
}
