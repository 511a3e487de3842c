package session

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

func bytesOf(n int) Payload { return Payload{frame.CodecBytes, make([]byte, n)} }

// A small message that waits behind a large one gets room as soon as there is room for it.
func TestRoomForTheSmall(t *testing.T) {
	cfg := Config{DownWindow: frame.Window{Messages: 1, Bytes: 1 << 10}, Queue: frame.Window{Messages: 4, Bytes: 1000}}
	bubble(t, cfg, func(w *world) {
		p := w.join(transport.WebSocket)
		s := p.session()
		s.TrySend("flight", bytesOf(1))
		p.take()
		s.TrySend("x", bytesOf(1))
		go s.Send(context.Background(), "large", bytesOf(995))
		synctest.Wait()
		for range 3 {
			if err := s.TrySend("y", bytesOf(20)); err != nil {
				t.Fatal(err)
			}
		}
		sent := make(chan error, 1)
		go func() { sent <- s.Send(context.Background(), "small", bytesOf(1)) }()
		synctest.Wait()
		p.ack(1, 1) // x leaves: 3 of 4 are queued
		synctest.Wait()
		if err := s.TrySend("probe", bytesOf(1)); err == nil {
			t.Fatal("there is room, and the small message that waited does not have it")
		}
		select {
		case err := <-sent:
			if err != nil {
				t.Fatal(err)
			}
		default:
			t.Fatal("the small message still waits")
		}
	})
}

// A client that uses an id twice harms nobody's context.
func TestSameRequestID(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		var mu sync.Mutex
		var ctxs []context.Context
		release := make(chan struct{})
		w.request = func(ctx context.Context, _ *Session, m *Inbound) (Payload, *Error) {
			mu.Lock()
			ctxs = append(ctxs, ctx)
			mu.Unlock()
			<-release
			return Payload{}, nil
		}
		p := w.join(transport.WebSocket)
		for range 20 {
			p.tell(request(1, "a"))
		}
		synctest.Wait()
		close(release)
		synctest.Wait()
		open := 0
		for _, ctx := range ctxs {
			if ctx.Err() == nil {
				open++
			}
		}
		if open > 0 {
			t.Errorf("%d of %d contexts of calls that have ended are kept by the session", open, len(ctxs))
		}
	})
}

// Nothing of the registry starts after Shutdown has returned.
func TestShutdownJoins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, log: new(records)}
		release := make(chan struct{})
		connected := make(chan struct{}, 1)
		w.connect = func(*Session) { connected <- struct{}{} }
		cfg := Config{Hooks: Hooks{Attached: func(*Session, transport.Kind) { <-release }}} // stands for a preemption
		w.Registry = NewRegistry(cfg, w)
		go func() {
			p := &peer{world: w, memory: &memory{kind: transport.WebSocket, closed: make(chan struct{})}}
			hello := frame.Frame{Type: frame.Hello, Open: &frame.Opening{Version: frame.Version, Nonce: frame.Nonce{77}}}
			w.Open(encode(0, []frame.Frame{hello}), p.memory, Grant{})
		}()
		synctest.Wait()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		time.AfterFunc(100*time.Millisecond, func() { close(release) })
		w.Shutdown(ctx)
		n := w.Stats().Sessions
		select {
		case <-connected:
		default:
			t.Errorf("Shutdown returned, %d sessions live", n)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		select {
		case <-connected:
			t.Error("Connect ran after Shutdown had returned")
		default:
		}
	})
}

// What is gone is not accounted for.
func TestShutdownBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, log: new(records)}
		w.Registry = NewRegistry(Config{}, w)
		w.Publish("t", "e", bytesOf(100))
		w.Shutdown(context.Background())
		if st := w.Stats(); st.Bytes != 0 {
			t.Errorf("%d topics hold %d bytes", st.Topics, st.Bytes)
		}
	})
}

// A graceful close whose last word is lost is no offence.
func TestLastWordIsNoOffence(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		p := w.join(transport.WebSocket)
		p.session().Close(frame.Done, "bye")
		p.take()
		w.pass(time.Minute)
		if w.ended() == nil {
			t.Fatal("not ended")
		}
		if n := w.Stats().Refused; n != 0 {
			t.Errorf("refused %d", n)
		}
	})
}

// A session follows so many topics and no more; one that it leaves makes room.
func TestManySubscriptions(t *testing.T) {
	bubble(t, Config{Subscriptions: 3}, func(w *world) {
		p := w.join(transport.WebSocket)
		for i := range 5 {
			_, _, err := p.session().Subscribe(fmt.Sprint("room:", i), From{})
			if refused := err != nil; refused != (i >= 3) {
				w.Errorf("subscription %d: %v", i, err)
			}
		}
		if _, _, err := p.session().Subscribe("room:0", From{}); err != nil {
			w.Errorf("again: %v", err)
		}
		p.session().Unsubscribe("room:1")
		if _, _, err := p.session().Subscribe("room:4", From{}); err != nil {
			w.Errorf("after leaving one: %v", err)
		}
	})
}
