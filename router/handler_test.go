package router_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport/frame"
)

type point struct{ X, Y int }

// What a handler can do with its context.
func TestContext(t *testing.T) {
	rt := router.New(quiet)
	seqs := make(chan uint64, 10)
	router.On(rt, "greet", func(c *router.Context, name string) error {
		seqs <- c.Seq()
		if c.Name() != "greet" || c.Identity().Subject != "" || c.Param("x") != "" {
			t.Errorf("%q %+v %q", c.Name(), c.Identity(), c.Param("x"))
		}
		return errors.Join(c.Send("hello", name), c.TrySend("hello", []byte(name)))
	})
	router.On(rt, "leave", func(c *router.Context, _ any) error {
		c.Close(router.Errorf(3002, "as you wish").(*router.Error))
		return nil
	})
	router.On(rt, "ask", func(c *router.Context, _ any) error {
		var sum int
		if err := c.Call(c, "sum", point{2, 3}, &sum); err != nil || sum != 5 {
			t.Errorf("sum: %d, %v", sum, err)
		}
		err := c.Call(c, "sum", point{-1, 3}, &sum)
		if e, ok := errors.AsType[*router.Error](err); !ok || e.Code != 3001 {
			t.Errorf("sum: %v", err)
		}
		err = c.Call(c, "unknown", nil, nil)
		if e, ok := errors.AsType[*router.Error](err); !ok || e.Code != frame.NotFound {
			t.Errorf("unknown: %v", err)
		}
		ctx, cancel := context.WithTimeout(c, 10*time.Millisecond)
		defer cancel()
		err = c.Call(ctx, "never", nil, nil)
		if e, ok := errors.AsType[*router.Error](err); !ok || e.Code != frame.Timeout {
			t.Errorf("never: %v", err)
		}
		return nil
	})
	said := make(chan string, 10)
	c := connect(t, serve(t, rt, rt), func(c *client.Client) {
		client.On(c, "hello", func(p client.Payload) { said <- string(p.Data) })
		client.Handle(c, "sum", func(_ context.Context, in point) (int, error) {
			if in.X < 0 {
				return 0, &client.Error{Code: 3001, Message: "negative"}
			}
			return in.X + in.Y, nil
		})
		client.Handle(c, "never", func(ctx context.Context, _ any) (any, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
	})
	for range 2 {
		c.Emit(soon(t), "greet", "ann")
	}
	if a, b := receive(t, seqs), receive(t, seqs); a == 0 || b <= a {
		t.Errorf("seqs %d, %d", a, b)
	}
	if a, b := receive(t, said), receive(t, said); a != `"ann"` || b != "ann" {
		t.Errorf("said %q, %q", a, b)
	}
	c.Emit(soon(t), "ask", nil)
	c.Emit(soon(t), "leave", nil)
	<-c.Closed()
	want(t, c.Err(), 3002, "as you wish")
}

// A call's context ends when the client gives the call up.
func TestCanceledCall(t *testing.T) {
	rt := router.New(quiet)
	begun, ended := make(chan bool, 1), make(chan error, 1)
	router.Handle(rt, "slow", func(c *router.Context, _ any) (any, error) {
		begun <- true
		<-c.Done()
		ended <- c.Err()
		return nil, c.Err()
	})
	c := connect(t, serve(t, rt, rt))
	ctx, cancel := context.WithCancel(soon(t))
	go func() {
		<-begun
		cancel()
	}()
	if err := c.Call(ctx, "slow", nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("the client got %v", err)
	}
	if err := receive(t, ended); !errors.Is(err, context.Canceled) {
		t.Errorf("the handler got %v", err)
	}
}
