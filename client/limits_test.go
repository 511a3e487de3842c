package client_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
)

// HandlerTimeout ends what has no deadline of its own, whatever it waits for.
func TestHandlerTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := router.New(router.Config{})
		stuck := func(c *router.Context, _ int) error { <-c.Done(); return nil }
		router.On(rt, "stuck", stuck)
		router.Handle(rt, "stuck", func(c *router.Context, n int) (int, error) { return 0, stuck(c, n) })
		cfg := hosts{"h": rt}.polling()
		cfg.HandlerTimeout = time.Second
		c := client.New("http://h/rt", cfg)
		if err := c.Connect(soon(t)); err != nil {
			t.Fatal(err)
		}
		for name, f := range map[string]func(context.Context) error{
			"Call": func(ctx context.Context) error { return c.Call(ctx, "stuck", 1, nil) },
			"Emit": func(ctx context.Context) error { return c.Emit(ctx, "stuck", 1) },
		} {
			begun := time.Now()
			if err := f(context.Background()); !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != time.Second {
				t.Errorf("%s: %v after %v", name, err, time.Since(begun))
			}
		}
		over, now := context.WithCancel(t.Context())
		now()
		_ = c.Close(over)
		_ = rt.Shutdown(over)
	})
}

// A topic is followed into the next session, however long that is in coming.
func TestRecoveryOutlivesHandlerTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes := [2]*router.Router{router.New(router.Config{}), router.New(router.Config{})}
		for _, rt := range nodes {
			rt.OnSubscribe("news", nil)
		}
		var serving atomic.Pointer[router.Router]
		serving.Store(nodes[0])
		cfg := hosts{"h": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			serving.Load().ServeHTTP(w, r)
		})}.polling()
		cfg.HandlerTimeout = time.Second
		c := client.New("http://h/rt", cfg)
		if err := c.Connect(soon(t)); err != nil {
			t.Fatal(err)
		}
		got := make(chan client.Publication, 10)
		if _, err := c.Subscribe(soon(t), "news", 0, func(p client.Publication) { got <- p }); err != nil {
			t.Fatal(err)
		}
		over, now := context.WithCancel(t.Context())
		now()
		_ = nodes[0].Shutdown(over)
		time.Sleep(10 * time.Second)
		serving.Store(nodes[1])
		time.Sleep(30 * time.Second)
		if err := nodes[1].Topic("news").Publish(t.Context(), "said", 1); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := len(got); n == 0 || (<-got).Name != "said" && n == 1 {
			t.Errorf("%d publications", n)
		}
		_ = c.Close(over)
		_ = nodes[1].Shutdown(over)
	})
}

// Close leaves a handler behind that does not return.
func TestCloseBesideStuckHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := router.New(router.Config{})
		rt.OnConnect(func(c *router.Context) error { return c.Send("hang", 1) })
		c := client.New("http://h/rt", hosts{"h": rt}.polling())
		inside, release := make(chan struct{}), make(chan struct{})
		client.On(c, "hang", func(int) { close(inside); <-release })
		if err := c.Connect(soon(t)); err != nil {
			t.Fatal(err)
		}
		<-inside
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		if err := c.Close(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != 3*time.Second {
			t.Errorf("Close: %v after %v", err, time.Since(begun))
		}
		close(release)
		over, now := context.WithCancel(t.Context())
		now()
		_ = rt.Shutdown(over)
	})
}

// A client that has ended is never ready.
func TestReadyWhenClosed(t *testing.T) {
	rt := router.New(router.Config{})
	c := client.New(serve(t, rt), client.Config{})
	if err := errors.Join(c.Connect(soon(t)), c.Close(soon(t))); err != nil {
		t.Fatal(err)
	}
	for range 20 { // a select would choose one of two
		if err := c.Connect(soon(t)); !errors.Is(err, client.ErrClosed) {
			t.Fatalf("Connect: %v", err)
		}
	}
}
