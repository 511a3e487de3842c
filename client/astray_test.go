package client_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/conformance/chaos"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport/frame"
)

// A client stays as long as it can where the other node does not answer, and begins again where it began.
// PROTOCOL 18.2, 18.6
func TestMoveNowhere(t *testing.T) {
	for _, to := range []string{"http://nowhere/rt", "ftp://a/rt", "/elsewhere"} {
		t.Run(to, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := unserved(t, "a", to)
				lost := make(chan client.Lost, 1)
				cfg := hosts{"a": mounted(a.Router)}.polling()
				cfg.OnLost = func(l client.Lost) { lost <- l }
				c := connect(t, "http://a/rt", cfg)
				begun := time.Now()
				done := a.drain(t, 4*time.Second)
				for time.Since(begun) < 2500*time.Millisecond {
					if err := c.Emit(soon(t), "say", "still here"); err != nil {
						t.Fatal(err)
					}
					time.Sleep(100 * time.Millisecond)
				}
				l := <-lost // who has not gone after three quarters of the drain is closed, and hears of it by its next poll
				if d := time.Since(begun); l.Code != frame.Draining || d < 3*time.Second || d > 3500*time.Millisecond {
					t.Errorf("lost %+v after %v", l, d)
				}
				if err := <-done; err != nil {
					t.Errorf("Shutdown: %v", err)
				}
				if s, _ := c.State(); s != client.Connecting {
					t.Errorf("state %s", s)
				}
			})
		})
	}
}

// A node that is shut down itself while a session waits to go there has that go on. PROTOCOL 18.1
func TestMoveOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, d := unserved(t, "a", "http://b/rt"), unserved(t, "b", "http://d/rt"), unserved(t, "d", "")
		lost := make(chan client.Lost, 2)
		cfg := hosts{"a": mounted(a.Router), "b": mounted(b.Router), "d": mounted(d.Router)}.polling()
		cfg.OnLost = func(l client.Lost) { lost <- l }
		c := connect(t, "http://a/rt", cfg)
		answered := make(chan error, 1)
		go func() { answered <- c.Call(t.Context(), "slow", 0, nil) }()
		<-a.asked
		first := a.drain(t, 16*time.Second)
		<-b.came
		second := b.drain(t, 8*time.Second)
		time.Sleep(time.Second) // it is told, and stays while the answer is not there
		if len(lost) > 0 {
			t.Errorf("lost %+v", <-lost)
		}
		close(a.answer)
		for range 2 {
			if l := <-lost; l.Reason != "moved" {
				t.Errorf("lost %+v", l)
			}
		}
		if err := errors.Join(<-answered, <-first, <-second); err != nil {
			t.Error(err)
		}
		if err := c.Emit(soon(t), "say", "there"); err != nil || !slices.Contains(d.said, "there") {
			t.Errorf("afterwards: %v, said at d: %v", err, d.said)
		}
	})
}

// A client that has moved to a node which is gone for good comes home when its session cannot live any more. PROTOCOL 18.6
func TestMovedToADeadNode(t *testing.T) {
	b := router.New(router.Config{Session: session.Config{TTL: time.Second}})
	there := httptest.NewServer(b)
	way, err := chaos.New(there.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(way.Close)
	a, next := newNode(t, "a", way.URL()), newNode(t, "next", "")
	var home atomic.Pointer[router.Router]
	home.Store(a.Router)
	here := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { home.Load().ServeHTTP(w, r) }))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		b.Shutdown(ctx)
		for _, srv := range []*httptest.Server{here, there} {
			srv.CloseClientConnections()
			srv.Close()
		}
	})
	lost := make(chan client.Lost, 9)
	c := connect(t, here.URL, client.Config{OnLost: func(l client.Lost) { lost <- l }})
	if err := receive(t, a.drain(t, 4*time.Second), "Shutdown"); err != nil {
		t.Error(err)
	}
	if l := receive(t, lost, "the end of the session at a"); l.Code != frame.Draining {
		t.Errorf("lost %+v", l)
	}
	home.Store(next.Router)
	way.Stop()
	if l := receive(t, lost, "the end of the session at b"); l.Code != frame.Unknown || l.Reason != "expired" {
		t.Errorf("lost %+v", l)
	}
	if err := c.Emit(soon(t), "say", "home"); err != nil || !slices.Contains(next.said, "home") {
		t.Errorf("at home: %v, said there: %v", err, next.said)
	}
}
