package e2e

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/conformance/exchange"
	"github.com/weft-realtime/weft/transport"
)

// TestServerKilled: the server dies and another one starts. The client says what is unconfirmed, opens a new session
// and goes on.
// PROTOCOL 9.5, 9.7, 9.8
func TestServerKilled(t *testing.T) {
	for _, kind := range []transport.Kind{transport.WebSocket, transport.LongPoll} {
		t.Run(kind.String(), func(t *testing.T) {
			server := spawn(t, "")
			lost := make(chan client.Lost, 1)
			hello := make(chan string, 10)
			c := dial(t, "http://"+server.Addr, client.Config{Force: kind, OnLost: func(l client.Lost) { lost <- l }}, func(c *client.Client) {
				client.On(c, "hello", func(id string) { hello <- id })
			})
			first := await(t, hello, "a session")
			ctx := minutes(t, 1)
			if err := sendUp(ctx, c, 10); err != nil {
				t.Fatal(err)
			}
			server.Kill()
			failed := make(chan error, 3)
			for i := range 3 {
				go func() { failed <- c.Emit(ctx, "up", 100+i) }()
			}
			waitQueued(ctx, t, c)
			spawn(t, server.Addr)
			l := await(t, lost, "the loss")
			if len(l.Unconfirmed) != 3 {
				t.Fatalf("unconfirmed %v, not the 3 that were emitted", l.Unconfirmed)
			}
			for range 3 {
				if _, ok := errors.AsType[*client.Error](await(t, failed, "an emit")); !ok {
					t.Fatal("an emit of the lost session did not fail with a code")
				}
			}
			if second := await(t, hello, "another session"); second == first {
				t.Fatal("no new session")
			}
			if err := sendUp(ctx, c, 10); err != nil {
				t.Fatal(err)
			}
			var up exchange.Count
			if err := c.Call(ctx, "report", nil, &up); err != nil || up.Received != 10 || up.Missing+up.Repeated+up.Reordered != 0 {
				t.Fatalf("the new server counted %+v, %v", up, err)
			}
		})
	}
}

// waitQueued waits until the three emits are in the client's hands.
func waitQueued(ctx context.Context, t *testing.T, c *client.Client) {
	t.Helper()
	for c.Pending() < 3 {
		if ctx.Err() != nil {
			t.Fatalf("%d emits are pending", c.Pending())
		}
		runtime.Gosched()
	}
}
