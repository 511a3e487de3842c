package webtransport_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/longpoll"
	"github.com/weft-realtime/weft/transport/webtransport"
)

func TestServe(t *testing.T) {
	wt := webtransport.New()
	rt := router.New(router.Config{Transports: []transport.Transport{wt, longpoll.New(longpoll.Config{})}})
	router.On(rt, "n", func(c *router.Context, n int) error { return c.Send("n", n) })
	mux := http.NewServeMux()
	mux.Handle("/rt/", rt)
	s := &webtransport.Server{Addr: "127.0.0.1:0", Handler: mux, Transport: wt}
	if err := s.Listen(); err != nil {
		t.Fatal(err)
	}
	got := make(chan int, 1000)
	on := make(chan transport.Kind, 10)
	c := client.New("http://"+s.Address().String()+"/rt", client.Config{
		Dialers: []transport.Dialer{&webtransport.Dialer{}, &longpoll.Dialer{}},
		OnState: func(_ client.State, k transport.Kind) { on <- k },
	})
	client.On(c, "n", func(n int) { got <- n })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := c.Connect(ctx); err != nil {
		t.Fatal(err)
	}
	for k := transport.Kind(0); k != transport.WebTransport; {
		select {
		case k = <-on:
		case <-ctx.Done():
			t.Fatalf("never over WebTransport: %v", c.Decisions())
		}
	}
	for i := range 100 {
		if err := c.Emit(ctx, "n", i); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 100 {
		if n := <-got; n != i {
			t.Fatalf("%d, not %d", n, i)
		}
	}
	if err := c.Close(ctx); err != nil {
		t.Error(err)
	}
	if err := rt.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if err := s.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}
