package client_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// settled connects a client and waits until it is on the kind that it is forced to: what is on its way when a session
// moves may get lost.
func settled(t *testing.T, url string, kind transport.Kind, on func(*client.Client)) *client.Client {
	t.Helper()
	there := make(chan struct{}, 100)
	cfg := client.Config{Force: kind, OnState: func(s client.State, k transport.Kind) {
		if s == client.Open && k == kind {
			there <- struct{}{}
		}
	}}
	c := connect(t, url, cfg, on)
	select {
	case <-there:
	case <-soon(t).Done():
		t.Fatalf("never on %v", kind)
	}
	return c
}

// On a connection that works every value arrives that has no newer one. PROTOCOL 17.1, 17.4
func TestVolatileBackAndForth(t *testing.T) {
	for _, kind := range []transport.Kind{transport.WebSocket, transport.SSE, transport.LongPoll} {
		t.Run(kind.String(), func(t *testing.T) {
			rt := router.New(router.Config{})
			router.On(rt, "at", func(c *router.Context, i int) error {
				if !c.Volatile() || c.Seq() != 0 || c.Name() != "at" {
					t.Errorf("volatile %t, seq %d, name %q", c.Volatile(), c.Seq(), c.Name())
				}
				return c.SendVolatile("k", "at", -i)
			})
			router.On(rt, "say", func(c *router.Context, _ string) error {
				if c.Volatile() {
					t.Error("an event is volatile")
				}
				return nil
			})
			back := make(chan int, 1)
			c := settled(t, serve(t, rt), kind, func(c *client.Client) {
				client.On(c, "at", func(i int) { back <- i })
			})
			ctx := soon(t)
			if err := c.Emit(ctx, "say", "hi"); err != nil {
				t.Fatal(err)
			}
			for i := 1; i <= 100; i++ {
				if err := c.EmitVolatile("k", "at", i); err != nil {
					t.Fatal(err)
				}
				select {
				case got := <-back:
					if got != -i {
						t.Fatalf("%d came back for %d", got, i)
					}
				case <-ctx.Done():
					t.Fatalf("%d does not come back", i)
				}
			}
		})
	}
}

// A slow handler gets the latest of each key, of 256 at most, behind what is in order. PROTOCOL 17.6
func TestVolatileWhileAHandlerIsBusy(t *testing.T) {
	rt := router.New(router.Config{})
	router.On(rt, "begin", func(c *router.Context, _ string) error {
		if err := c.Send("busy", nil); err != nil {
			return err
		}
		for i := range 1000 {
			if err := c.SendVolatile(fmt.Sprint("key", i%300), "at", i); err != nil {
				return err
			}
			if i%100 == 0 { // so that they come in many batches
				if err := c.Send("event", nil); err != nil {
					return err
				}
			}
		}
		return c.SendVolatile("last", "last", nil)
	})
	got := map[string][]int{}
	arrived, release, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	events := 0
	c := settled(t, serve(t, rt), transport.WebSocket, func(c *client.Client) {
		client.On(c, "busy", func(client.Payload) { close(arrived); <-release })
		client.On(c, "event", func(client.Payload) {
			if events++; len(got) > 0 {
				t.Error("a volatile event came before one that is in order")
			}
		})
		client.On(c, "at", func(i int) { got[fmt.Sprint("key", i%300)] = append(got[fmt.Sprint("key", i%300)], i) })
		client.On(c, "last", func(client.Payload) { close(done) })
	})
	ctx := soon(t)
	if err := c.Emit(ctx, "begin", ""); err != nil { // handled: everything is written, or will be in the next batch
		t.Fatal(err)
	}
	receive(t, arrived, "the handler")
	close(release)
	select {
	case <-done:
	case <-ctx.Done():
		t.Fatal("the last one does not come")
	}
	if events != 10 || len(got) > 300 {
		t.Errorf("%d events, %d keys", events, len(got))
	}
	for key, all := range got {
		if !slices.IsSorted(all) {
			t.Errorf("%s: %v", key, all)
		}
	}
}

// What is in order, however much of it comes, does not starve a volatile event. PROTOCOL 17.6
func TestVolatileTakesTurns(t *testing.T) {
	const many = 100
	rt := router.New(router.Config{})
	router.On(rt, "begin", func(c *router.Context, _ string) error {
		if err := c.Send("busy", nil); err != nil {
			return err
		}
		for range many {
			if err := c.Send("event", nil); err != nil {
				return err
			}
		}
		return c.SendVolatile("k", "at", nil)
	})
	router.On(rt, "end", func(*router.Context, string) error { return nil })
	arrived, release, at, done := make(chan struct{}), make(chan struct{}), make(chan int, 1), make(chan struct{})
	events := 0
	c := settled(t, serve(t, rt), transport.WebSocket, func(c *client.Client) {
		client.On(c, "busy", func(client.Payload) { close(arrived); <-release })
		client.On(c, "at", func(client.Payload) { at <- events })
		client.On(c, "event", func(client.Payload) {
			if events++; events == many {
				close(done)
			}
		})
	})
	ctx := soon(t)
	for _, name := range []string{"begin", "end"} { // whose ACK comes with, or behind, everything
		if err := c.Emit(ctx, name, ""); err != nil {
			t.Fatal(err)
		}
	}
	receive(t, arrived, "the handler")
	close(release)
	receive(t, done, "the last event")
	if n := receive(t, at, "the volatile event"); n > 16 {
		t.Errorf("handled behind %d events", n)
	}
}

// PROTOCOL 17.3
func TestEmitVolatileFails(t *testing.T) {
	c := client.New("http://127.0.0.1:1/rt", client.Config{})
	if err := c.EmitVolatile("k", "at", 1); err != client.ErrDetached {
		t.Errorf("before Connect: %v", err)
	}
	c = settled(t, serve(t, router.New(router.Config{})), transport.LongPoll, func(*client.Client) {})
	for name, tt := range map[string]struct {
		key, name string
		value     any
		code      frame.Code
	}{
		"no key":   {"", "at", 1, frame.BadProtocol},
		"bad key":  {"\x00", "at", 1, frame.BadProtocol},
		"no name":  {"k", "", 1, frame.BadProtocol},
		"too long": {"k", "at", make([]byte, 1<<20), frame.TooLarge},
	} {
		if e, ok := errors.AsType[*client.Error](c.EmitVolatile(tt.key, tt.name, tt.value)); !ok || e.Code != tt.code {
			t.Errorf("%s: %v", name, e)
		}
	}
	if err := c.EmitVolatile("k", "at", func() {}); err == nil {
		t.Error("a function was encoded")
	}
	if err := c.Close(soon(t)); err != nil {
		t.Fatal(err)
	}
	if err := c.EmitVolatile("k", "at", 1); err != client.ErrClosed {
		t.Errorf("after Close: %v", err)
	}
}
