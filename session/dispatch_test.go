package session

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weft-realtime/weft/transport/frame"
)

// Events are handled in order, the next when the one before has returned, and acknowledged then; the last one at once.
// PROTOCOL 1.10, 6.2, 6.5, 6.6, 7.3
func TestEventsInOrder(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		next := make(chan struct{})
		running := 0
		w.event = func(*Session, *Inbound) {
			if running++; running > 1 {
				w.Error("two at once")
			}
			<-next
			running--
		}
		p := w.join(ws)
		p.tell(event("a"), event("b"), event("c"))
		p.say(frame.Frame{Type: frame.Data, Seq: 2, Message: event("b")}) // a duplicate
		for i, name := range []string{"a", "b", "c"} {
			if got := w.seen(); len(got) > 0 {
				w.Fatalf("%v before its handler returned", got)
			}
			p.take()
			next <- struct{}{}
			if got := w.seen(); !slices.Equal(got, []string{name}) {
				w.Fatalf("handled %v, want %s", got, name)
			}
			acks := p.take()
			if last := name == "c"; (len(acks) == 1) != last {
				w.Errorf("after %s: %+v", name, acks)
			} else if last && acks[0].Ack != 3 {
				w.Errorf("acknowledged %d of %d", acks[0].Ack, i+1)
			}
		}
	})
}

// Connect is first, Disconnect last, and nothing beside them.
func TestConnectFirst(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		release := make(chan struct{})
		w.connect = func(*Session) {
			<-release
			w.note("connect")
		}
		p := w.join(ws)
		p.tell(event("a"), request(1, "r"))
		p.session().Close(frame.Done, "")
		if got := w.seen(); len(got) > 0 {
			w.Errorf("%v before Connect", got)
		}
		close(release)
		if got := w.seen(); !slices.Equal(got, []string{"connect", "a", "r"}) {
			w.Errorf("got %v", got)
		}
	})
}

// A receipt is reported within 200 ms, when nothing else reports it. PROTOCOL 7.3, 7.4
func TestReceiptIsReported(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		w.request = func(ctx context.Context, _ *Session, _ *Inbound) (Payload, *Error) {
			<-ctx.Done()
			return Payload{}, nil
		}
		p := w.join(ws)
		p.tell(request(1, "slow"))
		w.pass(190 * time.Millisecond)
		if got := p.take(); len(got) > 0 {
			w.Errorf("got %+v too early", got)
		}
		w.pass(20 * time.Millisecond)
		if got := p.take(); len(got) != 1 || got[0].Type != frame.Ack || got[0].Rcv != 1 || got[0].Ack != 1 {
			w.Errorf("got %+v, want the ACK", got)
		}
	})
}

// Calls run beside each other, up to the slots; a slot is free when the client has received the reply. What must wait
// keeps its place. PROTOCOL 5.8, 13.1
func TestSlots(t *testing.T) {
	bubble(t, Config{Slots: 2}, func(w *world) {
		release := make(chan struct{})
		w.request = func(_ context.Context, _ *Session, m *Inbound) (Payload, *Error) {
			<-release
			return Payload{Data: []byte(m.Name)}, nil
		}
		p := w.join(ws)
		p.tell(request(1, "r1"), request(2, "r2"), request(3, "r3"), event("e"))
		got := w.seen()
		if slices.Sort(got); !slices.Equal(got, []string{"r1", "r2"}) {
			w.Errorf("running %v, want two calls and nothing behind the third", got)
		}
		close(release)
		frames := p.take()
		if !slices.ContainsFunc(frames, func(f frame.Frame) bool { return f.Type == frame.Ping }) {
			w.Errorf("got %+v, want a PING that asks for the replies", frames)
		}
		if got := w.seen(); len(got) > 0 {
			w.Errorf("%v started before the client has a reply", got)
		}
		p.ack(1, 0)
		got = w.seen()
		if slices.Sort(got); !slices.Equal(got, []string{"e", "r3"}) {
			w.Errorf("handled %v", got)
		}
	})
}

// A client that does not take its replies gets no more of them than its window. PROTOCOL 5.8
func TestUnreceivedReplies(t *testing.T) {
	bubble(t, Config{DownWindow: frame.Window{Messages: 100, Bytes: 1000}}, func(w *world) {
		w.request = func(context.Context, *Session, *Inbound) (Payload, *Error) {
			return Payload{Data: make([]byte, 600)}, nil
		}
		p := w.join(ws)
		for id := range uint64(4) {
			p.tell(request(id+1, "r"))
			synctest.Wait()
		}
		if got := w.seen(); len(got) != 2 {
			w.Errorf("%d calls answered, want 2", len(got))
		}
		p.ack(2, 0)
		if got := w.seen(); len(got) != 2 {
			w.Errorf("%d more calls answered, want 2", len(got))
		}
	})
}

// PROTOCOL 6.7, 12.4
func TestCancel(t *testing.T) {
	bubble(t, Config{Slots: 1}, func(w *world) {
		w.request = func(ctx context.Context, _ *Session, _ *Inbound) (Payload, *Error) {
			<-ctx.Done()
			return Payload{}, &Error{Code: 3001, Message: ctx.Err().Error()}
		}
		p := w.join(ws)
		p.tell(request(1, "running"), request(2, "waiting"))
		p.tell(frame.Message{Kind: frame.Cancel, ID: 2}, frame.Message{Kind: frame.Cancel, ID: 99})
		if got := p.data(); len(got) > 0 {
			w.Errorf("got %+v", got)
		}
		p.tell(frame.Message{Kind: frame.Cancel, ID: 1})
		got := p.data()
		if len(got) != 1 || got[0].ID != 1 || got[0].Code != 3001 {
			w.Fatalf("got %+v, want what the handler answered", got)
		}
		p.ack(1, 0)
		if got := p.data(); len(got) != 1 || got[0].ID != 2 || got[0].Code != frame.Canceled {
			w.Errorf("got %+v, want 4499 for the call that never started", got)
		}
		if got := w.seen(); !slices.Equal(got, []string{"running"}) {
			w.Errorf("started %v", got)
		}
	})
}

// A reply that no frame holds becomes an error, as does one that is not encodable. PROTOCOL 5.7, 12.4
func TestReplyTooLarge(t *testing.T) {
	bubble(t, Config{MaxFrame: 2 << 10}, func(w *world) {
		w.request = func(_ context.Context, _ *Session, m *Inbound) (Payload, *Error) {
			if m.Name == "error" {
				return Payload{}, &Error{Code: 3001, Message: string(make([]byte, 5000)) + "\xff"}
			}
			return Payload{Data: make([]byte, 2<<10)}, nil
		}
		p := w.join(ws)
		p.tell(request(1, "reply"))
		if got := p.data(); len(got) != 1 || got[0].Code != frame.TooLarge {
			w.Errorf("got %+v, want 4413", got)
		}
		p.tell(request(2, "error"))
		if got := p.data(); len(got) != 1 || got[0].Code != 3001 || len(got[0].Text) != frame.MaxErrorText {
			w.Errorf("got %+v, want 3001 with its text cut", got)
		}
	})
}

// The session's end cancels its calls; what they answer then goes nowhere.
func TestEndCancelsCalls(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		var cause error
		w.request = func(ctx context.Context, _ *Session, _ *Inbound) (Payload, *Error) {
			<-ctx.Done()
			cause = context.Cause(ctx)
			return Payload{}, nil
		}
		p := w.join(ws)
		p.tell(request(1, "r"))
		w.seen()
		p.say(frame.Frame{Type: frame.Close, Code: frame.Done, Text: "bye"})
		if e := w.ended(); e == nil || !e.Remote || e.Code != frame.Done || cause != error(e) {
			w.Errorf("ended by %v, the call by %v", e, cause)
		}
	})
}
