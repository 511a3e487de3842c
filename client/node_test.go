package client_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/longpoll"
)

// mounted is rt under /rt.
func mounted(rt *router.Router) http.Handler {
	r := chi.NewRouter()
	r.Mount("/rt", rt)
	return r
}

// node is a server that notes what it handles.
type node struct {
	*router.Router
	url string

	mu     sync.Mutex
	said   []string
	came   chan struct{} // somebody has opened a session
	asked  chan struct{} // a slow call was started
	answer chan struct{} // lets it end
	ended  []session.CloseError
}

// newNode is a node behind a socket.
func newNode(t *testing.T, name, successor string) *node {
	n := unserved(t, name, successor)
	n.url = serve(t, n.Router)
	return n
}

// unserved is a node that ends with the test.
func unserved(t *testing.T, name, successor string) *node {
	n := &node{came: make(chan struct{}, 10), asked: make(chan struct{}, 10), answer: make(chan struct{})}
	n.Router = router.New(router.Config{Session: session.Config{Successor: func() string { return successor }}})
	n.OnConnect(func(c *router.Context) error {
		n.came <- struct{}{}
		return c.Send("welcome", name)
	})
	n.OnDisconnect(func(_ *router.Context, cause *router.CloseError) {
		n.mu.Lock()
		n.ended = append(n.ended, *cause)
		n.mu.Unlock()
	})
	router.On(n.Router, "say", func(c *router.Context, text string) error {
		n.mu.Lock()
		n.said = append(n.said, text)
		n.mu.Unlock()
		return nil
	})
	router.Handle(n.Router, "slow", func(c *router.Context, _ int) (string, error) {
		n.asked <- struct{}{}
		select {
		case <-n.answer:
		case <-c.Done():
		}
		return name, nil
	})
	n.OnSubscribe("news", nil)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		n.Shutdown(ctx)
	})
	return n
}

// awaited has a client speak to the node that it is on until somebody has opened a session at n.
func (n *node) awaited(t *testing.T, c *client.Client) {
	t.Helper()
	for ctx := soon(t); n.Stats().Sessions == 0; {
		if err := c.Emit(ctx, "say", "meanwhile"); err != nil {
			t.Fatal(err)
		}
	}
}

// drain shuts a node down, and returns how that ended.
func (n *node) drain(t *testing.T, within time.Duration) <-chan error {
	done := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(t.Context(), within)
		defer cancel()
		done <- n.Shutdown(ctx)
	}()
	return done
}

// hosts are a network without sockets: a request is served where it is made. Time may be a bubble's.
type hosts map[string]http.Handler

func (h hosts) RoundTrip(r *http.Request) (*http.Response, error) {
	if h[r.URL.Host] == nil {
		return nil, fmt.Errorf("there is no %s", r.URL.Host)
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	answer := httptest.NewRecorder()
	h[r.URL.Host].ServeHTTP(answer, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return answer.Result(), nil
}

// polling is how a client is set up that polls on such a network.
func (h hosts) polling() client.Config {
	return client.Config{Dialers: []transport.Dialer{&longpoll.Dialer{Client: &http.Client{Transport: h}}}}
}
