package session

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// Shutdown lets clients have what is queued for them, and has what they sent handled; nobody new comes in meanwhile.
// PROTOCOL 9.1, 9.2, 12.3
func TestShutdownDrains(t *testing.T) {
	bubble(t, narrow, func(w *world) {
		p := w.join(ws)
		s := p.clog()
		s.TrySend("last", Payload{})
		p.tell(event("mine"))
		done := make(chan error, 1)
		go func() { done <- w.Shutdown(w.Context()) }()
		if got := p.take(); len(got) > 1 || len(done) > 0 {
			w.Fatalf("got %+v, Shutdown returned %v", got, len(done) > 0)
		}
		if _, err := w.hello(ws, frame.Nonce{1: 1}, Grant{}); code(err) != frame.Draining {
			w.Errorf("HELLO: %v, want 4503", err)
		}
		if err := s.TrySend("more", Payload{}); !errors.Is(err, ErrClosed) {
			w.Errorf("Send: %v", err)
		}
		p.Lost(errors.New("cut"))
		q, err := p.attach(ws, Grant{}, func(f *frame.Frame) { f.Rcv, f.Ack = 1, 1 })
		if err != nil {
			w.Fatalf("ATTACH of a session that drains: %v", err)
		}
		got := q.take()
		if len(got) != 2 || got[0].Message.Name != "last" || !got[1].Graceful || got[1].Final != 2 || got[1].Code != frame.Draining {
			w.Fatalf("got %+v, want the last message and CLOSE", got)
		}
		q.say(frame.Frame{Type: frame.Ack, Rcv: 2, Ack: 2})
		if err := <-done; err != nil {
			w.Error(err)
		}
		if e := w.ended(); e == nil || e.Code != frame.Draining || len(e.Unconfirmed) > 0 {
			w.Errorf("ended by %+v", e)
		}
		if got := w.seen(); !slices.Equal(got, []string{"mine"}) {
			w.Errorf("handled %v", got)
		}
		if !q.isClosed() {
			w.Error("the connection is not closed")
		}
	})
}

// When the context ends, what is left is ended, and reported. A session with nothing to say is not waited for.
// PROTOCOL 9.7
func TestShutdownEnds(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		idle := w.join(ws)
		idle.Lost(errors.New("cut"))
		p := w.join(ws)
		p.session().TrySend("unread", Payload{})
		p.take()
		ctx, cancel := context.WithTimeout(w.Context(), 5*time.Second)
		defer cancel()
		begun := time.Now()
		done := make(chan error, 1)
		go func() { done <- w.Shutdown(ctx) }()
		w.pass(time.Second)
		if n := w.Stats().Sessions; n != 1 {
			w.Errorf("%d sessions left, want the one that has something to say", n)
		}
		if err := <-done; !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != 5*time.Second {
			w.Errorf("Shutdown: %v after %v", err, time.Since(begun))
		}
		if len(w.closed) != 2 || len(w.closed[1].Unconfirmed) != 1 || w.closed[1].Unconfirmed[0].Name != "unread" {
			w.Errorf("ended by %+v", w.closed)
		}
		if got := p.take(); len(got) == 0 || got[len(got)-1].Code != frame.Draining {
			w.Errorf("got %+v, want CLOSE 4503 last", got)
		}
	})
}

// A handler that does not return is waited for one second, and not for ever.
func TestShutdownDoesNotHang(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		release := make(chan struct{})
		w.event = func(*Session, *Inbound) { <-release }
		p := w.join(ws)
		p.tell(event("stuck"))
		w.seen()
		ctx, cancel := context.WithCancel(w.Context())
		cancel()
		begun := time.Now()
		if err := w.Shutdown(ctx); err == nil || time.Since(begun) != time.Second {
			w.Errorf("Shutdown: %v after %v", err, time.Since(begun))
		}
		close(release)
	})
}

// A handler that ends its goroutine, as t.FailNow does, leaves its session behind, and no other goroutine.
func TestShutdownAfterGoexit(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		w.event = func(*Session, *Inbound) { runtime.Goexit() }
		p := w.join(ws)
		p.tell(event("last"))
		w.seen()
		ctx, cancel := context.WithTimeout(w.Context(), 100*time.Millisecond)
		defer cancel()
		begun := time.Now()
		if err := w.Shutdown(ctx); err == nil || time.Since(begun) != 100*time.Millisecond {
			w.Errorf("Shutdown: %v after %v", err, time.Since(begun))
		}
	})
}

// Both ends say CLOSE: what either sent before is handled. PROTOCOL 9.1, 9.3
func TestClientCloses(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		p := w.join(ws)
		s := p.session()
		s.TrySend("unread", Payload{})
		p.take()
		p.say(frame.Frame{Type: frame.Data, Seq: 1, Message: event("a")},
			frame.Frame{Type: frame.Close, Code: frame.Done, Graceful: true, Final: 1, Text: "bye"})
		got := p.take()
		if len(got) != 1 || got[0].Type != frame.Ack || got[0].Ack != 1 {
			w.Errorf("got %+v, want the ACK of what was last", got)
		}
		e := w.ended()
		if e == nil || !e.Remote || e.Code != frame.Done || e.Reason != "bye" || len(e.Unconfirmed) != 1 {
			w.Errorf("ended by %+v", e)
		}
		if !p.isClosed() || p.code != frame.Done {
			w.Errorf("closed %v with %d", p.isClosed(), p.code)
		}
	})
}

// Beyond the budget the session that was detached first is shed, a connected one never. PROTOCOL 12.1
func TestBudget(t *testing.T) {
	bubble(t, Config{Budget: 3 << 10}, func(w *world) {
		kilo := Payload{Data: make([]byte, 1<<10)}
		var peers []*peer
		for range 3 {
			p := w.join(ws)
			p.session().TrySend("n", kilo) // never acknowledged
			p.take()
			peers = append(peers, p)
			w.pass(time.Millisecond)
		}
		if n := w.Stats().Sessions; n != 3 {
			w.Errorf("%d sessions: a connected one was shed", n)
		}
		peers[1].Lost(errors.New("cut"))
		w.pass(time.Millisecond)
		peers[0].Lost(errors.New("cut"))
		peers[2].session().TrySend("n", kilo)
		if e := w.ended(); e == nil || e.Code != frame.Shed {
			w.Fatalf("ended by %v, want 4431", e)
		}
		if w.Session(peers[1].ready.Open.SID) != nil || w.Session(peers[0].ready.Open.SID) == nil {
			w.Error("not the one that was detached first")
		}
		_, err := peers[1].attach(ws, Grant{})
		if e := transport.AsError(err); e.Code != frame.Shed || !e.Reset {
			w.Errorf("ATTACH: %v, want RESET 4431", e)
		}
		if _, err := w.Publish("t", "n", kilo); err != nil {
			w.Error(err)
		}
		w.pass(0)
		if w.Session(peers[0].ready.Open.SID) != nil {
			w.Error("a topic's bytes shed nobody")
		}
		before := w.Stats().Bytes
		peers[2].ack(2, 2)
		if after := w.Stats().Bytes; before-after < 2<<10 {
			w.Errorf("%d bytes before the ACK, %d after", before, after)
		}
	})
}

func TestStatsAndHooks(t *testing.T) {
	var seen []string
	cfg := Config{Hooks: Hooks{
		Attached: func(_ *Session, k transport.Kind) { seen = append(seen, "attached "+k.String()) },
		Detached: func(_ *Session, k transport.Kind, err error) {
			seen = append(seen, "detached "+k.String()+": "+err.Error())
		},
		Ended: func(_ *Session, cause *CloseError) { seen = append(seen, fmt.Sprint("ended ", cause.Code)) },
	}}
	bubble(t, cfg, func(w *world) {
		p := w.join(transport.LongPoll)
		p.tell(event("a"), request(1, "r"))
		w.seen()
		q, err := p.attach(ws, Grant{})
		if err != nil {
			w.Fatal(err)
		}
		q.session().TrySend("n", Payload{})
		q.follow(From{})
		w.publish("p")
		q.take()
		q.attach(ws, Grant{}, func(f *frame.Frame) { f.Open.Token[0]++ })
		q.Lost(errors.New("cut"))
		st := w.Stats()
		if st.Detached != 1 || st.Sessions != 1 || st.Topics != 1 || st.Bytes == 0 {
			w.Errorf("%+v", st)
		}
		q.session().Abort(frame.Done, "")
		w.ended()
		st = w.Stats()
		if st.BytesOut == 0 || st.BatchesOut == 0 {
			w.Errorf("%+v", st)
		}
		st.BytesOut, st.BatchesOut, st.Bytes = 0, 0, 0
		want := Stats{
			Topics: 1, Created: 1, Resumed: 1, Ended: 1, Refused: 1, Lost: 1, BatchesIn: 1,
			MessagesIn: 2, MessagesOut: 2, Published: 1, // the event and the reply
		}
		if st != want {
			w.Errorf("got  %+v\nwant %+v", st, want)
		}
		if want := []string{"attached longpoll", "attached websocket", "detached websocket: cut", "ended 1000"}; !slices.Equal(seen, want) {
			w.Errorf("hooks saw %q", seen)
		}
	})
}

// A Disconnect that takes its time and publishes, as those who keep a list of who is here do, starts nothing again.
func TestShutdownWithLateDisconnect(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		w.parting = func(*Session) {
			time.Sleep(1500 * time.Millisecond)
			if _, err := w.Publish("here", "left", Payload{}); err != nil {
				w.Error(err)
			}
		}
		p := w.join(ws)
		p.session().TrySend("unread", Payload{})
		ctx, cancel := context.WithCancel(w.Context())
		cancel()
		if err := w.Shutdown(ctx); !errors.Is(err, context.Canceled) {
			w.Error(err)
		}
		w.pass(2 * time.Second)
		w.wheel.mu.Lock()
		defer w.wheel.mu.Unlock()
		if w.wheel.running {
			w.Error("the wheel runs again")
		}
	})
}
