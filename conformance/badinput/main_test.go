// Package badinput_test walks what must be refused over every transport, with raw frames against a real server. What is
// refused is told so by its code, in band and in the transport's own way, and is logged; and nobody else notices.
package badinput_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/internal/leak"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/longpoll"
	"github.com/weft-realtime/weft/transport/sse"
	"github.com/weft-realtime/weft/transport/websocket"
	"github.com/weft-realtime/weft/transport/webtransport"
)

func TestMain(m *testing.M) { leak.Main(m) }

// patience is for what must happen, on a busy machine, too: the flood of JSON alone takes 3 s under the race detector.
const patience = 30 * time.Second

// server is a server that the tests offend, and an innocent client of it.
type server struct {
	rt       *router.Router
	mount    string // http URL
	log      *records
	release  chan struct{} // ends the handlers that are stuck
	innocent *client.Client
}

// serve starts a server. limits, if any, makes its transports less patient.
func serve(t *testing.T, limits func(*transport.Limits)) *server {
	t.Helper()
	log := new(records)
	s := serveRouter(t, router.Config{Session: session.Config{Logger: slog.New(log)}}, limits)
	s.log = log
	return s
}

// serveRouter serves a router over all transports, with handlers to talk to.
func serveRouter(t *testing.T, cfg router.Config, limits func(*transport.Limits)) *server {
	t.Helper()
	if limits == nil {
		limits = func(*transport.Limits) {}
	}
	wt := webtransport.New()
	cfg.Transports = []transport.Transport{
		hasty{wt, limits}, hasty{websocket.New(websocket.Config{}), limits}, hasty{sse.New(sse.Config{}), limits},
		hasty{longpoll.New(longpoll.Config{}), limits},
	}
	s := &server{rt: router.New(cfg), release: make(chan struct{})}
	router.On(s.rt, "say", func(c *router.Context, text []byte) error { return c.Send("echo", text) })
	router.On(s.rt, "stuck", func(c *router.Context, _ []byte) error {
		select {
		case <-s.release:
		case <-c.Done():
		}
		return nil
	})
	router.On(s.rt, "panic", func(*router.Context, any) error { panic("event") })
	router.Handle(s.rt, "panic", func(*router.Context, any) (any, error) { panic("call") })
	router.Handle(s.rt, "echo", func(_ *router.Context, in string) (string, error) { return in, nil })
	s.rt.OnSubscribe("*", nil)

	r := chi.NewRouter()
	r.Mount("/rt", s.rt)
	srv := &webtransport.Server{Addr: "127.0.0.1:0", Handler: r, Transport: wt}
	if err := srv.Listen(); err != nil {
		t.Fatal(err)
	}
	s.mount = "http://" + srv.Address().String() + "/rt"
	s.innocent = client.New(s.mount, client.Config{Logger: slog.New(slog.DiscardHandler)})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		s.innocent.Close(ctx)
		close(s.release)
		done, now := context.WithCancel(context.Background())
		now() // the offenders do not say goodbye
		s.rt.Shutdown(done)
		http.DefaultClient.CloseIdleConnections()
		srv.Shutdown(done)
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.innocent.Connect(ctx); err != nil {
		t.Fatal(err)
	}
	return s
}

// meanwhile runs f while the innocent client calls the server, and goes on until it has called it a few times more.
func (s *server) meanwhile(t *testing.T, f func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	const more = 3
	done, calls := make(chan struct{}), make(chan error, 1)
	go func() {
		for left := more; left > 0; {
			var out string
			begun := time.Now()
			if err := s.innocent.Call(ctx, "echo", "hi", &out); err != nil || out != "hi" || time.Since(begun) > patience/2 {
				calls <- err
				return
			}
			select {
			case <-done:
				left--
			default:
			}
		}
		calls <- nil
	}()
	f()
	close(done)
	if err := <-calls; err != nil {
		t.Errorf("the innocent session: %v", err)
	}
	if state, _ := s.innocent.State(); state != client.Open {
		t.Errorf("the innocent session is %s", state)
	}
}

// hasty is a transport with other limits.
type hasty struct {
	transport.Transport
	limits func(*transport.Limits)
}

func (h hasty) Serve(w http.ResponseWriter, r *http.Request, g transport.Gate) {
	h.Transport.Serve(w, r, limited{g, h.limits})
}

type limited struct {
	transport.Gate
	change func(*transport.Limits)
}

func (l limited) Limits() transport.Limits {
	limits := l.Gate.Limits()
	l.change(&limits)
	return limits
}

// records keeps the lines that say that somebody was refused, or a session ended for what its client sent.
type records struct {
	mu    sync.Mutex
	lines []string
}

func (r *records) Enabled(context.Context, slog.Level) bool { return true }
func (r *records) WithAttrs([]slog.Attr) slog.Handler       { return r }
func (r *records) WithGroup(string) slog.Handler            { return r }

func (r *records) Handle(_ context.Context, rec slog.Record) error {
	if !strings.Contains(rec.Message, "refused") && !strings.Contains(rec.Message, "for what its client sent") {
		return nil
	}
	line := rec.Message
	rec.Attrs(func(a slog.Attr) bool { line += " " + a.String(); return true })
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, line)
	return nil
}

func (r *records) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = nil
}

// check expects a line with a code since the last clear. The server may write it after it has told the client.
func (r *records) check(t *testing.T, code frame.Code) {
	t.Helper()
	if !eventually(func() bool { return r.has(code) }) {
		t.Errorf("no code=%d in the log: %q", code, r.lines)
	}
}

func (r *records) has(code frame.Code) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	want := fmt.Sprintf("code=%d", code)
	return slices.ContainsFunc(r.lines, func(line string) bool { return strings.Contains(line, want) })
}

// eventually reports whether ok becomes true while a test may still wait for it.
func eventually(ok func() bool) bool {
	for end := time.Now().Add(patience); !ok(); runtime.Gosched() {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}
