package session

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// polled is how a poll was answered.
type polled struct {
	frames []frame.Frame
	err    error
	took   time.Duration
}

// poll begins a poll that is held for 25 s.
func (p *peer) poll(n, rcv, ack uint64) <-chan polled {
	done := make(chan polled, 1)
	go func() {
		begun := time.Now()
		ctx, cancel := context.WithTimeout(p.Context(), 25*time.Second)
		defer cancel()
		batch, err := p.Pull(ctx, n, rcv, ack, nil)
		done <- polled{decode(frame.Binary, batch), err, time.Since(begun)}
	}()
	synctest.Wait()
	return done
}

func (p polled) names() (all []string) {
	for _, f := range p.frames {
		if f.Type == frame.Data {
			all = append(all, f.Message.Name)
		}
	}
	return all
}

// A poll waits for something to say; with nothing it is answered empty when its time is up. PROTOCOL 11.4
func TestPollIsHeld(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		p := w.join(transport.LongPoll)
		if got := <-p.poll(1, 0, 0); len(got.frames) > 0 || got.err != nil || got.took != 25*time.Second {
			w.Errorf("got %+v, want nothing after 25 s", got)
		}
		held := p.poll(2, 0, 0)
		p.session().TrySend("a", Payload{})
		if got := <-held; !slices.Equal(got.names(), []string{"a"}) || got.took != 0 {
			w.Errorf("got %+v", got)
		}
		if w.Stats().Detached != 0 {
			w.Error("an open poll is a heartbeat")
		}
	})
}

// The newest poll counts; the older one and what is not newer are answered 409. PROTOCOL 11.4
func TestPollsAreFenced(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		p := w.join(transport.LongPoll)
		held := p.poll(1, 0, 0)
		newer := p.poll(2, 0, 0)
		if got := <-held; code(got.err) != frame.StalePoll || got.took != 0 {
			w.Errorf("the older poll: %+v", got)
		}
		for n := range uint64(2) {
			if got := <-p.poll(n, 0, 0); code(got.err) != frame.StalePoll {
				w.Errorf("poll %d behind 2: %+v", n, got)
			}
		}
		p.session().TrySend("a", Payload{})
		if got := <-newer; !slices.Equal(got.names(), []string{"a"}) {
			w.Errorf("the newest: %+v", got)
		}
	})
}

// A poll that something between the ends sends twice, as browsers do when a kept connection is gone, is the same poll:
// the later copy is held in place of the earlier, and is told again what that was told. PROTOCOL 11.4
func TestPollSentTwice(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		p := w.join(transport.LongPoll)
		first := p.poll(1, 0, 0)
		second := p.poll(1, 0, 0)
		if got := <-first; code(got.err) != frame.StalePoll {
			w.Errorf("the first copy: %+v", got)
		}
		if got := <-second; got.err != nil || got.took != 0 {
			w.Errorf("the second copy: %+v", got)
		}
		p.session().TrySend("a", Payload{})
		if got := <-p.poll(2, 0, 0); !slices.Equal(got.names(), []string{"a"}) {
			w.Errorf("the next: %+v", got)
		}
	})
}

// What the client says it has not received is told again, and what a lost answer told, too. PROTOCOL 5.5, 11.4, 11.5
func TestPollRewinds(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		p := w.join(transport.LongPoll)
		s := p.session()
		for _, name := range []string{"a", "b", "c"} {
			s.TrySend(name, Payload{})
		}
		if got := <-p.poll(1, 0, 0); !slices.Equal(got.names(), []string{"a", "b", "c"}) {
			w.Errorf("poll 1: %+v", got)
		}
		if got := <-p.poll(2, 1, 1); !slices.Equal(got.names(), []string{"b", "c"}) {
			w.Errorf("poll 2: %+v", got)
		}
		if got := <-p.poll(3, 0, 0); !slices.Equal(got.names(), []string{"b", "c"}) {
			w.Errorf("poll 3: %+v, want all that is not freed", got)
		}
		p.tell(event("x"))
		if got := <-p.poll(4, 3, 3); len(got.frames) != 1 || got.frames[0].Ack != 1 {
			w.Errorf("poll 4: %+v, want the ACK", got)
		}
		if got := <-p.poll(6, 3, 3); len(got.frames) != 1 || got.frames[0].Ack != 1 {
			w.Errorf("poll 6: %+v, want the ACK again", got)
		}
		s.Close(frame.Done, "")
		if got := <-p.poll(7, 3, 3); len(got.frames) != 1 || !got.frames[0].Graceful || got.frames[0].Final != 3 {
			w.Errorf("poll 7: %+v, want CLOSE", got)
		}
		if got := <-p.poll(8, 3, 3); code(got.err) != frame.Done || w.ended().Code != frame.Done {
			w.Errorf("poll 8: %+v, want the end", got)
		}
	})
}

// Numbers in a poll are held to the same rules as in an ACK. PROTOCOL 7.1
func TestPollBeyondTop(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		p := w.join(transport.LongPoll)
		if got := <-p.poll(1, 1, 0); code(got.err) != frame.BadProtocol {
			w.Errorf("got %+v, want 4400", got)
		}
		if e := w.ended(); e == nil || e.Code != frame.BadProtocol {
			w.Errorf("ended by %v", e)
		}
	})
}

// A poll ends when its attachment does, with the reason. PROTOCOL 8.4, 11.10
func TestPollEnds(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		p := w.join(transport.LongPoll)
		held := p.poll(1, 0, 0)
		q, err := p.attach(transport.LongPoll, Grant{})
		if err != nil {
			w.Fatal(err)
		}
		if got := <-held; code(got.err) != frame.Superseded {
			w.Errorf("superseded: %+v", got)
		}
		held = q.poll(1, 0, 0)
		q.session().Abort(frame.Forbidden, "out")
		if got := <-held; len(got.frames) != 1 || got.frames[0].Code != frame.Forbidden {
			w.Errorf("ended: %+v, want CLOSE 4403", got)
		}
	})
}

// Handled waits until everything is consumed, at most as long as its context says. Its answer is the ACK: the poll that
// is open is not ended for one, unless the answer went before the consumption. PROTOCOL 7.5
func TestHandled(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		release := make(chan struct{})
		w.event = func(*Session, *Inbound) { <-release }
		p := w.join(transport.LongPoll)
		if got := p.Handled(w.Context()); got != (transport.Progress{}) {
			w.Errorf("with nothing delivered: %+v", got)
		}
		held := p.poll(1, 0, 0)
		begun := time.Now()
		p.tell(event("a"))
		ctx, cancel := context.WithTimeout(w.Context(), 50*time.Millisecond)
		defer cancel()
		if got := p.Handled(ctx); got != (transport.Progress{Received: 1}) || time.Since(begun) != 50*time.Millisecond {
			w.Errorf("while the handler runs: %+v after %v", got, time.Since(begun))
		}
		release <- struct{}{}
		if got := <-held; len(got.frames) != 1 || got.frames[0].Ack != 1 {
			w.Errorf("the poll: %+v, want the ACK that came too late for the answer", got)
		}
		held = p.poll(2, 0, 0)
		time.AfterFunc(10*time.Millisecond, func() { release <- struct{}{} })
		p.tell(event("b"))
		if got := p.Handled(w.Context()); got.Consumed != 2 {
			w.Errorf("afterwards: %+v", got)
		}
		synctest.Wait()
		select {
		case got := <-held:
			w.Errorf("the poll was ended by %+v", got)
		default:
		}
		w.pass(25 * time.Second)
		if got := <-held; len(got.frames) > 0 || got.err != nil {
			w.Errorf("the poll: %+v, want nothing", got)
		}
	})
}
