package router_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/longpoll"
	"github.com/weft-realtime/weft/transport/sse"
)

// onStream returns a client that is on an event stream.
func onStream(t *testing.T, url string, on ...func(*client.Client)) *client.Client {
	t.Helper()
	there := make(chan struct{}, 100)
	c := dial(t, url, client.Config{
		Dialers: []transport.Dialer{new(sse.Dialer), new(longpoll.Dialer)}, Force: transport.SSE,
		OnState: func(s client.State, k transport.Kind) {
			if s == client.Open && k == transport.SSE {
				there <- struct{}{}
			}
		},
	}, on...)
	if err := c.Connect(soon(t)); err != nil {
		t.Fatal(err)
	}
	receive(t, there)
	return c
}

// Events and calls go both ways over an event stream, in order, and through cuts. PROTOCOL 11.12, 11.13, 11.14
func TestEventStream(t *testing.T) {
	rt := router.New(quiet)
	router.On(rt, "say", func(c *router.Context, n int) error { return c.Send("said", n) })
	router.Handle(rt, "ask", func(c *router.Context, text string) (string, error) {
		var answer string
		err := c.Call(c, "back", text, &answer)
		return answer, err
	})
	url := serve(t, rt, mounts["chi"]("/rt", rt)) + "/rt"
	const n = 500
	said := make(chan int, n)
	c := onStream(t, url, func(c *client.Client) {
		client.On(c, "said", func(n int) { said <- n })
		client.Handle(c, "back", func(_ context.Context, text string) (string, error) { return strings.ToUpper(text), nil })
	})
	sent := make(chan error, 1)
	go func() {
		for i := range n {
			if err := c.Emit(soon(t), "say", i); err != nil {
				sent <- fmt.Errorf("event %d: %w", i, err)
				return
			}
			if i%100 == 50 {
				c.Drop()
			}
		}
		sent <- nil
	}()
	for i := range n {
		if got := receive(t, said); got != i {
			t.Fatalf("said %d, want %d", got, i)
		}
	}
	if err := receive(t, sent); err != nil {
		t.Error(err)
	}
	var answer string
	if err := c.Call(soon(t), "ask", "hello", &answer); err != nil || answer != "HELLO" {
		t.Errorf("%q, %v", answer, err)
	}
}

// An end over an event stream is told in band, and the stream is over with it. PROTOCOL 9.1, 11.10
func TestEventStreamEnds(t *testing.T) {
	rt := router.New(quiet)
	srv := serve(t, rt, mounts["chi"]("/rt", rt))
	c := onStream(t, srv+"/rt")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := rt.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if s, _ := c.State(); s == client.Closed {
		t.Error("a server that drains ended the client for good")
	}
	resp, err := http.Post(srv+"/rt/s/AAAAAAAAAAAAAAAAAAAAAA/sse", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("opened a stream after Shutdown: %s", resp.Status)
	}
}
