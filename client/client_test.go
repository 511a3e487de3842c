package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/internal/leak"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

func TestMain(m *testing.M) { leak.Main(m) }

// serve mounts rt under /rt and ends it with the test.
func serve(t testing.TB, rt *router.Router) string {
	srv := httptest.NewServer(mounted(rt))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		rt.Shutdown(ctx)
		srv.CloseClientConnections()
		srv.Close()
	})
	return srv.URL + "/rt"
}

// connect returns a connected client that is closed with the test.
func connect(t testing.TB, url string, cfg client.Config, on ...func(*client.Client)) *client.Client {
	t.Helper()
	c := client.New(url, cfg)
	for _, f := range on {
		f(c)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		c.Close(ctx)
	})
	if err := c.Connect(soon(t)); err != nil {
		t.Fatal(err)
	}
	return c
}

// soon is a context that ends before a test hangs.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// receive waits for what must come, and says what did not.
func receive[T any](t testing.TB, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(30 * time.Second):
		t.Fatalf("no end of waiting for %s", what)
		panic("unreachable")
	}
}

type sum struct{ A, B int }

func TestOverEachTransport(t *testing.T) {
	for _, kind := range []transport.Kind{transport.WebSocket, transport.LongPoll} {
		t.Run(kind.String(), func(t *testing.T) {
			rt := router.New(router.Config{})
			var said []string
			router.On(rt, "say", func(c *router.Context, text string) error {
				said = append(said, text)
				if err := rt.Topic("room:1").Publish(c, "said", text); err != nil {
					return err
				}
				return c.Send("echo", text)
			})
			router.Handle(rt, "sum", func(c *router.Context, in sum) (int, error) {
				if in.A < 0 {
					return 0, router.Errorf(3001, "negative")
				}
				return in.A + in.B, nil
			})
			router.Handle(rt, "ask", func(c *router.Context, in int) (out int, err error) {
				return out, c.Call(c, "double", in, &out)
			})
			rt.OnSubscribe("room:{id}", nil)
			echoes := make(chan string, 100)
			c := connect(t, serve(t, rt), client.Config{Force: kind}, func(c *client.Client) {
				client.On(c, "echo", func(text string) { echoes <- text })
				client.Handle(c, "double", func(_ context.Context, n int) (int, error) { return 2 * n, nil })
			})
			published := make(chan string, 100)
			if _, err := c.Subscribe(soon(t), "room:1", 0, func(p client.Publication) {
				var text string
				if err := p.Decode(&text); err != nil {
					t.Error(err)
				}
				published <- text
			}); err != nil {
				t.Fatal(err)
			}
			for i := range 10 {
				if err := c.Emit(soon(t), "say", fmt.Sprint(i)); err != nil {
					t.Fatal(err)
				}
				if len(said) != i+1 {
					t.Fatalf("emit %d resolved before it was handled", i)
				}
			}
			for i := range 10 {
				if got := receive(t, echoes, "an echo"); got != fmt.Sprint(i) {
					t.Fatalf("echo %d: %q", i, got)
				}
				if got := receive(t, published, "a publication"); got != fmt.Sprint(i) {
					t.Fatalf("publication %d: %q", i, got)
				}
			}
			var total int
			if err := c.Call(soon(t), "sum", sum{2, 3}, &total); err != nil || total != 5 {
				t.Fatalf("sum: %d, %v", total, err)
			}
			err := c.Call(soon(t), "sum", sum{-1, 3}, &total)
			if e, ok := errors.AsType[*client.Error](err); !ok || e.Code != 3001 || e.Message != "negative" {
				t.Fatalf("sum of a negative: %v", err)
			}
			if err := c.Call(soon(t), "ask", 21, &total); err != nil || total != 42 {
				t.Fatalf("ask: %d, %v", total, err)
			}
			if _, err := c.Subscribe(soon(t), "secret", 0, nil); err == nil {
				t.Fatal("subscribed to a topic that is not open")
			}
			if state, now := c.State(); state != client.Open || now != kind {
				t.Fatalf("state %v over %v", state, now)
			}
			if err := c.Close(soon(t)); err != nil {
				t.Fatal(err)
			}
			if e, ok := errors.AsType[*client.Error](c.Err()); !ok || e.Code != frame.Done {
				t.Fatalf("closed with %v", c.Err())
			}
		})
	}
}
