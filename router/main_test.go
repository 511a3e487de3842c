package router_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/internal/leak"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport/frame"
)

func TestMain(m *testing.M) { leak.Main(m) }

// quiet logs nothing.
var quiet = router.Config{Session: session.Config{Logger: slog.New(slog.DiscardHandler)}}

// serve serves h, under which rt is mounted, and ends both with the test.
func serve(t testing.TB, rt *router.Router, h http.Handler) (url string) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		rt.Shutdown(ctx)
		srv.CloseClientConnections()
		srv.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return srv.URL
}

// connect returns a connected client that is closed with the test.
func connect(t testing.TB, url string, on ...func(*client.Client)) *client.Client {
	t.Helper()
	c := dial(t, url, client.Config{}, on...)
	if err := c.Connect(soon(t)); err != nil {
		t.Fatal(err)
	}
	return c
}

// dial returns a client that is closed with the test.
func dial(t testing.TB, url string, cfg client.Config, on ...func(*client.Client)) *client.Client {
	cfg.Logger = slog.New(slog.DiscardHandler)
	c := client.New(url, cfg)
	for _, f := range on {
		f(c)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		c.Close(ctx)
	})
	return c
}

// soon is a context that ends before a test hangs.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// receive waits for what must come.
func receive[T any](t testing.TB, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(30 * time.Second):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

// want holds an error that a client got against a code and a message.
func want(t testing.TB, err error, code frame.Code, message string) {
	t.Helper()
	e, ok := err.(*client.Error)
	if !ok || e.Code != code || e.Message != message {
		t.Errorf("got %v, want %s (%d)", err, message, code)
	}
}
