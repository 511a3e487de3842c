package client_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/longpoll"
)

// After 4429 is tried for 5 s. PROTOCOL 12.2
func TestLimited(t *testing.T) {
	var n atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost { // the dial beside it is part of the same attempt
			n.Add(1)
		}
		w.Header().Set("Content-Type", transport.MIME)
		w.WriteHeader(429)
		w.Write(frame.Append(nil, frame.Binary, &frame.Frame{Type: frame.Close, Code: frame.RateLimited, Text: "rate"}))
	}))
	defer srv.Close()
	c := client.New(srv.URL, client.Config{})
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	c.Connect(ctx)
	c.Close(ctx)
	if n.Load() > 1 {
		t.Errorf("%d attempts within 2 s", n.Load())
	}
}

// A client that is kept on event streams learns from the dial that its session is gone, and begins another. PROTOCOL 9.5
func TestForcedAndGone(t *testing.T) {
	rt := router.New(router.Config{Session: session.Config{Hooks: session.Hooks{
		Detached: func(s *session.Session, kind transport.Kind, _ error) {
			if kind == transport.SSE {
				s.Abort(frame.Shed, "shed")
			}
		},
	}}})
	lost, open := make(chan client.Lost, 2), make(chan struct{}, 10)
	c := connect(t, serve(t, rt), client.Config{
		Force: transport.SSE, OnLost: func(l client.Lost) { lost <- l },
		OnState: func(s client.State, kind transport.Kind) {
			if kind == transport.SSE && s == client.Open {
				open <- struct{}{}
			}
		},
	})
	receive(t, open, "an event stream")
	c.Drop()
	if l := receive(t, lost, "the loss"); l.Code != frame.Shed {
		t.Errorf("lost %+v", l)
	}
	if err := c.Ready(soon(t)); err != nil {
		t.Error(err)
	}
}

// What was lost is reported, whatever the handlers do.
func TestLostIsReported(t *testing.T) {
	rt := router.New(router.Config{})
	var sess atomic.Pointer[session.Session]
	rt.OnConnect(func(c *router.Context) error { sess.Store(c.Session()); return nil })
	hold := make(chan struct{})
	defer close(hold)
	router.On(rt, "stuck", func(c *router.Context, _ int) error {
		c.Send("busy", 1)
		select {
		case <-hold:
		case <-c.Done():
		}
		return nil
	})
	busy, release := make(chan struct{}), make(chan struct{})
	var lost atomic.Int32
	c := connect(t, serve(t, rt), client.Config{OnLost: func(l client.Lost) { lost.Add(int32(len(l.Unconfirmed))) }}, func(c *client.Client) {
		client.On(c, "busy", func(int) { close(busy); <-release })
	})
	if _, err := c.Post(soon(t), "stuck", client.Payload{Codec: frame.CodecJSON, Data: []byte("1")}); err != nil {
		t.Fatal(err)
	}
	receive(t, busy, "the handler")
	sess.Load().Abort(frame.Shed, "shed")
	for s, _ := c.State(); s != client.Connecting; s, _ = c.State() {
		runtime.Gosched()
	}
	done := make(chan struct{})
	go func() { c.Close(soon(t)); close(done) }()
	receive(t, c.Closed(), "the end")
	close(release)
	receive(t, done, "Close")
	if lost.Load() != 1 {
		t.Errorf("OnLost named %d unconfirmed messages, want 1", lost.Load())
	}
}

// A kind that there is no dialer for cannot be forced.
func TestForceWithoutDialer(t *testing.T) {
	rt := router.New(router.Config{})
	router.On(rt, "e", func(*router.Context, int) error { return nil })
	c := connect(t, serve(t, rt), client.Config{Dialers: []transport.Dialer{&longpoll.Dialer{}}})
	c.Force(transport.WebSocket)
	if err := c.Emit(soon(t), "e", 1); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a client without long polling cannot create a session")
		}
	}()
	client.New("http://127.0.0.1:1", client.Config{Dialers: []transport.Dialer{}})
}

// An answer to HELLO that is none is as good as no answer: the client does not wait for another one.
func TestAnswerWithoutReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := router.New(router.Config{})
		var asked atomic.Int32
		c := client.New("http://h/rt", hosts{"h": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if asked.Add(1) == 1 {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			rt.ServeHTTP(w, r)
		})}.polling())
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second) // an attempt without an answer takes 5 s
		defer cancel()
		if err := c.Connect(ctx); err != nil {
			t.Error(err)
		}
		if err := errors.Join(c.Close(soon(t)), rt.Shutdown(soon(t))); err != nil {
			t.Error(err)
		}
	})
}
