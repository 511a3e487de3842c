package session

import (
	"context"
	"testing"
	"time"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// stream moves a session from polls to an event stream.
func (p *peer) stream() *peer {
	p.world.Helper()
	q, err := p.attach(transport.SSE, Grant{})
	if err != nil {
		p.Fatal(err)
	}
	return q
}

// What comes in POSTs is binary, what goes down the stream is not. A gap in a POST is no offence. PROTOCOL 6.3, 11.14
func TestPostsAreBinary(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		p := w.join(transport.LongPoll).stream()
		p.tell(event("a"), event("b"))
		if got := w.seen(); len(got) != 2 {
			t.Errorf("handled %q", got)
		}
		if err := p.say(frame.Frame{Type: frame.Data, Seq: 9, Message: event("c")}); err != nil {
			t.Errorf("a gap in a POST: %v", err)
		}
		p.session().TrySend("down", Payload{})
		if got := names(p.data()); len(got) != 1 || got[0] != "down" { // memory decodes JSON
			t.Errorf("received %q", got)
		}
	})
}

// An event stream opens no session. PROTOCOL 11.12
func TestHelloOnStream(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		if _, err := w.hello(transport.SSE, frame.Nonce{1}, Grant{}); code(err) != frame.BadProtocol || w.Stats().Created > 0 {
			t.Errorf("answered %v, and made %d sessions", err, w.Stats().Created)
		}
	})
}

// While a POST waits for its answer an ACK does not go down the stream too; messages do. An ACK that comes too late for
// the answer goes alone. PROTOCOL 7.5
func TestAckOfPostOnStream(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		release := make(chan struct{})
		w.event = func(*Session, *Inbound) { <-release }
		p := w.join(transport.LongPoll).stream()
		settle := func(d time.Duration) transport.Progress {
			ctx, cancel := context.WithTimeout(w.Context(), d)
			defer cancel()
			return p.Handled(ctx)
		}
		time.AfterFunc(10*time.Millisecond, func() { release <- struct{}{} })
		p.tell(event("a"))
		if got := settle(50 * time.Millisecond); got.Consumed != 1 {
			t.Errorf("answered %+v", got)
		}
		w.pass(time.Second)
		if got := p.take(); len(got) > 0 {
			t.Errorf("the stream carried %+v, which the answer has told", got)
		}
		time.AfterFunc(10*time.Millisecond, func() { p.session().TrySend("b", Payload{}) })
		p.tell(event("b"))
		begun := time.Now()
		if got := settle(50 * time.Millisecond); got.Received != 2 || got.Consumed != 1 {
			t.Errorf("answered %+v after %v", got, time.Since(begun))
		}
		if got := p.take(); len(got) != 2 || got[1].Message.Name != "b" {
			t.Errorf("the stream carried %+v, want the message with an ACK before it", got)
		}
		release <- struct{}{}
		if got := p.take(); len(got) != 1 || got[0].Type != frame.Ack || got[0].Ack != 2 {
			t.Errorf("the stream carried %+v, want the ACK", got)
		}
	})
}

// A POST on an attachment that takes none, and a poll on one that is not polled, are refused and disturb nobody.
// PROTOCOL 11.15
func TestPostsOfAnotherKind(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		for _, kind := range []transport.Kind{transport.WebSocket, transport.SSE} {
			p, err := w.join(transport.LongPoll).attach(kind, Grant{})
			if err != nil {
				t.Fatal(err)
			}
			s := p.session()
			s.TrySend("a", Payload{})
			if got := names(p.data()); len(got) != 1 {
				t.Errorf("%v: received %q", kind, got)
			}
			if buf, err := p.Pull(w.Context(), 1, 0, 0, nil); code(err) != frame.Timeout || len(buf) > 0 {
				t.Errorf("%v: a poll is answered %d bytes, %v", kind, len(buf), err)
			}
			if !kind.Posts() {
				if err := p.Deliver([]byte("garbage"), true); code(err) != frame.Timeout {
					t.Errorf("%v: a POST is answered %v", kind, err)
				}
			}
			if s.TrySend("b", Payload{}); s.Transport() != kind {
				t.Errorf("%v: the session is on %v", kind, s.Transport())
			}
			if got := names(p.data()); len(got) != 1 || got[0] != "b" {
				t.Errorf("%v: received %q, and nothing twice", kind, got)
			}
			p.tell(event("x"))
			if got := w.seen(); len(got) != 1 {
				t.Errorf("%v: handled %q", kind, got)
			}
			s.Abort(frame.Done, "")
		}
	})
}
