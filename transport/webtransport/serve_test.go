package webtransport_test

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/longpoll"
	"github.com/weft-realtime/weft/transport/webtransport"
)

// quiet is for sessions of which nothing is to be read in the log.
var quiet = session.Config{Logger: slog.New(slog.DiscardHandler)}

const patience = 30 * time.Second

// listen serves rt on a free port. config nil: under development.
func listen(t *testing.T, wt *webtransport.Transport, h http.Handler, config *tls.Config) *webtransport.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/rt/", h)
	s := &webtransport.Server{Addr: "127.0.0.1:0", Handler: mux, Transport: wt, TLS: config}
	if err := s.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if rt, ok := h.(*router.Router); ok {
			now, done := context.WithCancel(ctx)
			done() // not everybody says goodbye
			_ = rt.Shutdown(now)
		}
		if err := s.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	return s
}

func both() (*webtransport.Transport, *router.Router) {
	wt := webtransport.New()
	rt := router.New(router.Config{
		Transports: []transport.Transport{wt, longpoll.New(longpoll.Config{})},
		Session:    quiet,
	})
	return wt, rt
}

// settled is a client that is on WebTransport.
func settled(t *testing.T, s *webtransport.Server, d transport.Dialer, on func(*client.Client)) *client.Client {
	t.Helper()
	return settledAt(t, "http://"+s.Address().String()+"/rt", on, d, &longpoll.Dialer{})
}

func settledAt(t *testing.T, mount string, on func(*client.Client), dialers ...transport.Dialer) *client.Client {
	t.Helper()
	kinds := make(chan transport.Kind, 10)
	c := client.New(mount, client.Config{
		Dialers: dialers,
		OnState: func(_ client.State, k transport.Kind) { kinds <- k },
	})
	on(c)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := c.Connect(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if state, _ := c.State(); state != client.Open {
			cancel() // there is nobody to say goodbye to
		}
		_ = c.Close(ctx)
	})
	for k := transport.Kind(0); k != transport.WebTransport; {
		select {
		case k = <-kinds:
		case <-ctx.Done():
			t.Fatalf("never over WebTransport: %v", c.Decisions())
		}
	}
	return c
}

func receive[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func TestServe(t *testing.T) {
	wt, rt := both()
	router.On(rt, "n", func(c *router.Context, n int) error { return c.Send("n", n) })
	s := listen(t, wt, rt, nil)
	got := make(chan int, 1000)
	c := settled(t, s, &webtransport.Dialer{}, func(c *client.Client) { client.On(c, "n", func(n int) { got <- n }) })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for i := range 100 {
		if err := c.Emit(ctx, "n", i); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 100 {
		if n := receive(t, got); n != i {
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
