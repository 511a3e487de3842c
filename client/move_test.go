package client_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// A node that is shut down hands its clients over: they are never without a session, what was sent before arrives there
// and what is sent afterwards at the other node, each topic has one gap, and the application is told.
// PROTOCOL 18.1, 18.3, 18.4, 18.5, 18.6
func TestMove(t *testing.T) {
	for _, kind := range []transport.Kind{0, transport.WebSocket, transport.SSE, transport.LongPoll} {
		t.Run(fmt.Sprint(kind), func(t *testing.T) {
			b := newNode(t, "b", "")
			a := newNode(t, "a", b.url)
			var mu sync.Mutex
			var events []string
			note := func(format string, args ...any) {
				mu.Lock()
				events = append(events, fmt.Sprintf(format, args...))
				mu.Unlock()
			}
			gap := make(chan client.Publication, 10)
			c := connect(t, a.url, client.Config{
				Force:  kind,
				OnLost: func(l client.Lost) { note("lost %d %d", l.Code, len(l.Unconfirmed)) },
				OnState: func(s client.State, _ transport.Kind) {
					if s != client.Open {
						note("%s", s)
					}
				},
			}, func(c *client.Client) {
				client.On(c, "welcome", func(name string) { note("welcome %s", name) })
			})
			if _, err := c.Subscribe(soon(t), "news", 0, func(p client.Publication) { gap <- p }); err != nil {
				t.Fatal(err)
			}
			done := a.drain(t, 4*time.Second)
			var want []string
			for i := range 1 << 30 { // sent all the time
				text := fmt.Sprint(i)
				if err := c.Emit(soon(t), "say", text); err != nil {
					t.Fatalf("%d: %v", i, err)
				}
				want = append(want, text)
				if len(done) > 0 && i%100 == 0 {
					break
				}
			}
			if err := receive(t, done, "Shutdown"); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
			if got := receive(t, gap, "the gap"); !got.Gap {
				t.Errorf("got %+v, want a gap", got)
			}
			if len(a.said) == 0 || len(b.said) == 0 || !slices.Equal(append(a.said, b.said...), want) {
				t.Errorf("%d said at a, %d at b, %d sent", len(a.said), len(b.said), len(want))
			}
			mu.Lock()
			defer mu.Unlock()
			if want := []string{"welcome a", "lost 4503 0", "welcome b"}; !slices.Equal(events, want) {
				t.Errorf("%v, want %v", events, want)
			}
			if len(gap) > 0 {
				t.Errorf("one more: %+v", <-gap)
			}
		})
	}
}

// A move waits for the answers of calls, and for no longer than the drain lasts. PROTOCOL 18.3
func TestMoveWaitsForAnswers(t *testing.T) {
	b := newNode(t, "b", "")
	a := newNode(t, "a", b.url)
	lost := make(chan client.Lost, 1)
	c := connect(t, a.url, client.Config{OnLost: func(l client.Lost) { lost <- l }})
	answers := make(chan string, 1)
	go func() {
		var name string
		if err := c.Call(soon(t), "slow", 0, &name); err != nil {
			name = err.Error()
		}
		answers <- name
	}()
	receive(t, a.asked, "the call at a")
	done := a.drain(t, 8*time.Second)
	b.awaited(t, c)
	if err := c.Emit(soon(t), "say", "before"); err != nil || !slices.Contains(a.said, "before") {
		t.Errorf("before the answer: %v, said at a: %v", err, slices.Contains(a.said, "before"))
	}
	close(a.answer)
	if got := receive(t, answers, "the answer"); got != "a" {
		t.Errorf("the call's answer: %s", got)
	}
	if l := receive(t, lost, "the end of the session at a"); l.Code != frame.Draining || len(l.Unconfirmed) > 0 {
		t.Errorf("lost %+v", l)
	}
	if err := receive(t, done, "Shutdown"); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

// A call that has no answer when the drain's time is up fails, and says so. PROTOCOL 18.3
func TestMoveGivesAnswersUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := unserved(t, "a", "http://b/rt"), unserved(t, "b", "")
		network := hosts{"a": mounted(a.Router), "b": mounted(b.Router)}
		c := connect(t, "http://a/rt", network.polling())
		failed := make(chan error, 1)
		go func() { failed <- c.Call(soon(t), "slow", 0, nil) }()
		<-a.asked
		begun := time.Now()
		done := a.drain(t, 4*time.Second)
		err := <-failed
		took := time.Since(begun) // from when it is told 2 s for moving, and a quarter of that for answers; after 3 s it is closed
		if e, ok := errors.AsType[*client.Error](err); !ok || e.Code != frame.Draining || took < 2500*time.Millisecond || took >= 3*time.Second {
			t.Errorf("%v after %v", err, took)
		}
		if err := <-done; err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		if err := c.Emit(soon(t), "say", "there"); err != nil || !slices.Contains(b.said, "there") {
			t.Errorf("afterwards: %v, said at b: %v", err, b.said)
		}
	})
}

// Close in the middle of a move brings everything, wherever it belongs. PROTOCOL 18.4
func TestCloseWhileMoving(t *testing.T) {
	b := newNode(t, "b", "")
	a := newNode(t, "a", b.url)
	c := connect(t, a.url, client.Config{})
	done := a.drain(t, 4*time.Second)
	var sent []string
	var handled []func(context.Context) error
	for ctx := soon(t); b.Stats().Sessions == 0; {
		if ctx.Err() != nil {
			t.Fatal("nobody has opened a session at b")
		}
		text := fmt.Sprint(len(sent))
		h, err := c.Post(ctx, "say", client.Payload{Codec: frame.CodecJSON, Data: []byte(`"` + text + `"`)})
		if err != nil {
			t.Fatal(err)
		}
		sent, handled = append(sent, text), append(handled, h)
	}
	if err := c.Close(soon(t)); err != nil {
		t.Fatal(err)
	}
	for i, h := range handled {
		if err := h(soon(t)); err != nil {
			t.Fatalf("%d of %d: %v", i, len(handled), err)
		}
	}
	if err := receive(t, done, "Shutdown"); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if !slices.Equal(append(a.said, b.said...), sent) {
		t.Errorf("%d at a, %d at b, of %d", len(a.said), len(b.said), len(sent))
	}
	if err := c.Emit(soon(t), "say", "late"); !errors.Is(err, client.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// What the old node has queued for a client still arrives. PROTOCOL 18.3
func TestMoveBringsWhatIsQueued(t *testing.T) {
	for _, kind := range []transport.Kind{transport.WebSocket, transport.SSE, transport.LongPoll} {
		t.Run(fmt.Sprint(kind), func(t *testing.T) {
			t.Parallel()
			b := newNode(t, "b", "")
			a := newNode(t, "a", b.url)
			const n = 2000
			router.On(a.Router, "many", func(c *router.Context, _ int) error {
				for i := range n {
					if err := c.Send("one", i); err != nil {
						return err
					}
				}
				return nil
			})
			var got atomic.Int64
			begun, release := make(chan struct{}), make(chan struct{})
			lost := make(chan client.Lost, 1)
			c := connect(t, a.url, client.Config{Force: kind, OnLost: func(l client.Lost) { lost <- l }}, func(c *client.Client) {
				client.On(c, "one", func(i int) {
					if i == 0 {
						close(begun)
						<-release
					}
					got.Add(1)
				})
			})
			if err := c.Emit(soon(t), "many", 0); err != nil {
				t.Fatal(err)
			}
			receive(t, begun, "the first of many")
			done := a.drain(t, 8*time.Second)
			receive(t, b.came, "a session at b") // much is queued at a, more than the client's window
			close(release)
			l := receive(t, lost, "the end of the session at a")
			if got.Load() != n {
				t.Errorf("%d of %d arrived, %+v", got.Load(), n, l)
			}
			if err := receive(t, done, "Shutdown"); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
			a.mu.Lock()
			defer a.mu.Unlock()
			if n := len(a.ended[0].Unconfirmed); len(a.ended) != 1 || n > 0 {
				t.Errorf("at the server: %v, %d unconfirmed", &a.ended[0], n)
			}
		})
	}
}

// A move waits for what this end answers as well. PROTOCOL 18.3
func TestMoveWaitsForHandlers(t *testing.T) {
	b := newNode(t, "b", "")
	a := newNode(t, "a", b.url)
	asked, answer := make(chan struct{}), make(chan struct{})
	lost := make(chan client.Lost, 1)
	c := connect(t, a.url, client.Config{OnLost: func(l client.Lost) { lost <- l }}, func(c *client.Client) {
		client.Handle(c, "name", func(ctx context.Context, _ int) (string, error) {
			close(asked)
			<-answer
			return "it", ctx.Err()
		})
	})
	answers := make(chan string, 1)
	router.On(a.Router, "go", func(c *router.Context, _ int) error {
		go func() {
			var name string
			if err := c.Call(soon(t), "name", 0, &name); err != nil {
				name = err.Error()
			}
			answers <- name
		}()
		return nil
	})
	if err := c.Emit(soon(t), "go", 0); err != nil {
		t.Fatal(err)
	}
	receive(t, asked, "the call here")
	done := a.drain(t, 8*time.Second)
	b.awaited(t, c)
	if err := c.Emit(soon(t), "say", "before"); err != nil || !slices.Contains(a.said, "before") {
		t.Errorf("before the answer: %v, said at a: %v", err, slices.Contains(a.said, "before"))
	}
	close(answer)
	if got := receive(t, answers, "the answer"); got != "it" {
		t.Errorf("the answer: %s", got)
	}
	receive(t, lost, "the end of the session at a")
	if err := receive(t, done, "Shutdown"); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}
