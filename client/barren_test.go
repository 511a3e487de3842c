package client_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/conformance/chaos"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport"
)

// A proxy refuses what the session has to say, and nothing else: attachments open and come to nothing. The client tries
// less and less often, and what it has to say arrives when it may. PROTOCOL 14.11
func TestBarrenAttachments(t *testing.T) {
	for _, kind := range []transport.Kind{transport.LongPoll, transport.SSE} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel() // it is waiting
			rt := router.New(router.Config{})
			said := make(chan int, 10)
			router.On(rt, "say", func(_ *router.Context, n int) error { said <- n; return nil })
			var passes atomic.Bool
			var refused atomic.Int32
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/send") && !passes.Load() {
					refused.Add(1)
					http.Error(w, "too large", http.StatusRequestEntityTooLarge)
					return
				}
				rt.ServeHTTP(w, r)
			}))
			t.Cleanup(srv.Close)
			t.Cleanup(srv.CloseClientConnections)
			c := connect(t, srv.URL, client.Config{Force: kind})
			done := make(chan error, 1)
			go emit(t, c, done)
			time.Sleep(3 * time.Second)
			before := refused.Load()
			time.Sleep(3 * time.Second) // without the waits there would be more than 20 in it
			if n := refused.Load() - before; before < 3 || n > 10 {
				t.Errorf("%d requests were refused, and later %d in 3 s", before, n)
			}
			passes.Store(true)
			c.Force(kind) // now, and not when the wait is over
			if err := <-done; err != nil || <-said != 1 {
				t.Error(err)
			}
		})
	}
}

func emit(t *testing.T, c *client.Client, done chan<- error) { done <- c.Emit(soon(t), "say", 1) }

// A connection that brings one event and is cut before word of it comes back has carried something: the next READY says so,
// and nobody waits for longer and longer. PROTOCOL 14.11
func TestOneEventForEachConnection(t *testing.T) {
	rt := router.New(router.Config{})
	mount, err := url.Parse(serve(t, rt))
	if err != nil {
		t.Fatal(err)
	}
	way, err := chaos.New(mount.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(way.Close)
	const n = 10
	cut := make(chan struct{}, n)
	router.On(rt, "say", func(*router.Context, int) error {
		way.CutRST()
		cut <- struct{}{}
		return nil
	})
	c := connect(t, way.URL()+mount.Path, client.Config{Force: transport.WebSocket})
	done := make(chan error, n)
	ctx := soon(t) // more than 10 waits of 250 ms, and much less than 10 that double
	for range n {
		go emit(t, c, done)
		select {
		case <-cut:
		case <-ctx.Done():
			t.Fatalf("%v: %v", context.Cause(ctx), c.Decisions())
		}
	}
	for range n {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
