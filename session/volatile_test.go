package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// latest is a VOLATILE frame.
func latest(n uint64, key, name string) frame.Frame {
	return frame.Frame{Type: frame.Volatile, Seq: n, Text: key, Message: event(name)}
}

// fleeting are the volatile messages that arrived since the last call, as "n key name"; what is in the sequence is shown
// by its name.
func (p *peer) fleeting() (all []string) {
	for _, f := range p.take() {
		switch f.Type {
		case frame.Volatile:
			all = append(all, fmt.Sprint(f.Seq, " ", f.Text, " ", f.Message.Name))
		case frame.Data:
			all = append(all, f.Message.Name)
		}
	}
	return all
}

// While a write is stalled only the latest of each key waits, behind what is in order. PROTOCOL 17.3, 17.4
func TestSendVolatile(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		p := w.join(ws)
		s := p.session()
		s.SendVolatile("x", "at", Payload{})
		if got := p.fleeting(); !slices.Equal(got, []string{"1 x at"}) {
			w.Fatalf("got %v", got)
		}
		release := p.hold()
		s.TrySend("stalled", Payload{})
		synctest.Wait()
		for i := range 100 {
			s.SendVolatile("x", fmt.Sprint("x", i), Payload{})
			s.SendVolatile("y", fmt.Sprint("y", i), Payload{})
		}
		s.TrySend("event", Payload{})
		release()
		if got := p.fleeting(); !slices.Equal(got, []string{"stalled", "event", "2 x x99", "3 y y99"}) {
			w.Errorf("got %v", got)
		}
		if st := w.Stats(); st.Dropped != 0 || st.MessagesOut != 203 {
			w.Errorf("%+v", st)
		}
	})
}

// A volatile message waits for no connection, is not held, and is no loss to anybody. PROTOCOL 17.1, 17.3
func TestVolatileWithoutConnection(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		p := w.join(ws)
		s := p.session()
		release := p.hold()
		s.SendVolatile("x", "written", Payload{})
		synctest.Wait()
		s.SendVolatile("x", "waits", Payload{})
		p.Lost(errors.New("gone"))
		release()
		if err := s.SendVolatile("x", "v", Payload{}); err != ErrDetached {
			w.Errorf("got %v, want ErrDetached", err)
		}
		if st := w.Stats(); st.Dropped != 1 || st.Bytes != 0 {
			w.Errorf("%d dropped, %d bytes", st.Dropped, st.Bytes)
		}
		q, err := p.attach(ws, Grant{})
		if err != nil {
			w.Fatal(err)
		}
		s.SendVolatile("x", "v", Payload{})
		if got := q.fleeting(); !slices.Equal(got, []string{"2 x v"}) {
			w.Errorf("got %v", got)
		}
		s.Abort(frame.Forbidden, "out")
		if err := s.SendVolatile("x", "v", Payload{}); !errors.Is(err, ErrClosed) {
			w.Errorf("got %v, want ErrClosed", err)
		} else if e, ok := errors.AsType[*CloseError](err); !ok || e.Code != frame.Forbidden {
			w.Errorf("got %v, want how it ended", err)
		}
		if e := w.ended(); e == nil || len(e.Unconfirmed) > 0 {
			w.Errorf("ended by %+v", e)
		}
	})
}

// What cannot be encoded is refused. PROTOCOL 17.1
func TestSendVolatileChecks(t *testing.T) {
	bubble(t, Config{MaxFrame: 1 << 10}, func(w *world) {
		s := w.join(ws).session()
		for name, tt := range map[string]struct {
			key, name string
			size      int
			code      frame.Code
		}{
			"no key":   {"", "n", 0, frame.BadProtocol},
			"bad key":  {"a\n", "n", 0, frame.BadProtocol},
			"long key": {string(make([]byte, 256)), "n", 0, frame.BadProtocol},
			"no name":  {"k", "", 0, frame.BadProtocol},
			"too long": {"k", "n", 1<<10 - 256, frame.TooLarge},
		} {
			if err := s.SendVolatile(tt.key, tt.name, Payload{Data: make([]byte, tt.size)}); code(err) != tt.code {
				w.Errorf("%s: %v, want %d", name, err, tt.code)
			}
		}
	})
}

// Volatile messages are handled one at a time, behind what is in order, the latest of each key. PROTOCOL 17.1, 17.5, 17.6
func TestVolatileArrives(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		next := make(chan struct{})
		var keys []string
		w.event = func(_ *Session, m *Inbound) {
			if (m.Key == "") != (m.Seq > 0) {
				w.Errorf("%+v", m)
			}
			keys = append(keys, m.Key)
			<-next
		}
		p := w.join(ws)
		p.tell(event("busy"))
		synctest.Wait()
		for i := range uint64(50) {
			p.say(latest(2*i+1, "x", fmt.Sprint("x", i)), latest(2*i+2, "y", fmt.Sprint("y", i)))
		}
		p.say(latest(7, "x", "late"))
		p.tell(event("a"), event("b"))
		close(next)
		if got := w.seen(); !slices.Equal(got, []string{"busy", "a", "b", "x49", "y49"}) {
			w.Errorf("handled %v", got)
		}
		if !slices.Equal(keys, []string{"", "", "", "x", "y"}) {
			w.Errorf("keys %q", keys)
		}
	})
}

// Neither kind of message starves the other: of those in order at most 16 go before a volatile one that waits, and they
// go on after it. PROTOCOL 17.6
func TestVolatileTakesTurns(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		next := make(chan struct{})
		w.event = func(*Session, *Inbound) { <-next }
		p := w.join(ws)
		p.tell(event("busy"))
		synctest.Wait()
		for i := range uint64(3) {
			p.say(latest(i+1, fmt.Sprint("k", i), "aside"))
		}
		for range 100 {
			p.tell(event("a"))
		}
		close(next)
		var turns []int
		for i, name := range w.seen() {
			if name == "aside" {
				turns = append(turns, i)
			}
		}
		if !slices.Equal(turns, []int{16, 33, 50}) {
			w.Errorf("volatile messages were handled at %v", turns)
		}
	})
}

// A flood that nobody handles costs bounded memory: 256 keys, and the window's bytes. PROTOCOL 17.6
func TestVolatileFloodIsBounded(t *testing.T) {
	for _, size := range []int{0, 4 << 10} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			bubble(t, Config{}, func(w *world) {
				next := make(chan struct{})
				w.event = func(*Session, *Inbound) { <-next }
				p := w.join(ws)
				p.tell(event("busy"))
				synctest.Wait()
				const flood = 20_000
				for i := range uint64(flood) {
					f := latest(i+1, fmt.Sprint("key", i), "v")
					f.Message.Payload = make([]byte, size)
					p.say(f)
				}
				const most = 128<<10 + 1024*128
				if st := w.Stats(); st.Bytes > most || st.Dropped < flood-256 {
					w.Errorf("%d bytes are held, and %d of %d were dropped", st.Bytes, st.Dropped, flood)
				}
				close(next)
				got := w.seen()
				held := 256
				if size > 0 {
					held = 128 << 10 / (size + len("key12345") + 4)
				}
				if len(got) != 1+held {
					w.Errorf("%d were handled, want %d", len(got)-1, held)
				}
				p.Lost(errors.New("gone"))
				if st := w.Stats(); st.Bytes != 0 {
					w.Errorf("%d bytes are held", st.Bytes)
				}
			})
		})
	}
}

// Calls that wait for a slot hold up what is in order, and nothing that is not. PROTOCOL 17.6
func TestVolatileWhileCallsWait(t *testing.T) {
	bubble(t, Config{Slots: 1}, func(w *world) {
		next := make(chan struct{})
		w.request = func(context.Context, *Session, *Inbound) (Payload, *Error) {
			<-next
			return Payload{}, nil
		}
		p := w.join(ws)
		p.tell(request(1, "one"), request(2, "two"), event("behind"))
		p.say(latest(1, "k", "aside"))
		if got := w.seen(); len(got) != 2 || !slices.Contains(got, "one") || !slices.Contains(got, "aside") {
			w.Errorf("handled %v", got)
		}
		close(next)
		p.take()
		p.ack(1, 0)
		if got := w.seen(); len(got) != 2 || !slices.Contains(got, "two") || !slices.Contains(got, "behind") {
			w.Errorf("handled %v", got)
		}
	})
}

// The answer of a POST waits for the handlers of what is in order, not for those of volatile messages. PROTOCOL 7.5, 17.6
func TestPostDoesNotWaitForVolatile(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		w.event = func(_ *Session, m *Inbound) {
			if m.Key != "" {
				time.Sleep(time.Second)
			}
		}
		p := w.join(transport.LongPoll)
		begun := time.Now()
		p.tell(event("a"))
		p.say(latest(1, "k", "slow"))
		if got := p.Handled(w.Context()); got.Consumed != 1 || time.Since(begun) != 0 {
			w.Errorf("%+v after %v", got, time.Since(begun))
		}
		p.tell(event("b")) // waits for the one that is being handled
		if got := p.Handled(w.Context()); got.Consumed != 2 || time.Since(begun) != time.Second {
			w.Errorf("%+v after %v", got, time.Since(begun))
		}
	})
}

// A poll that waits is answered with the latest. PROTOCOL 17.4
func TestVolatileAnswersAPoll(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		p := w.join(transport.LongPoll)
		held := p.poll(1, 0, 0)
		p.session().SendVolatile("k", "v", Payload{})
		if f := (<-held).frames; len(f) != 1 || f[0].Type != frame.Volatile || f[0].Seq != 1 {
			w.Errorf("answered %+v", f)
		}
		for i := range 5 { // between polls
			p.session().SendVolatile("k", fmt.Sprint("v", i), Payload{})
		}
		if f := (<-p.poll(2, 0, 0)).frames; len(f) != 1 || f[0].Seq != 2 || f[0].Message.Name != "v4" {
			w.Errorf("answered %+v", f)
		}
	})
}

// PROTOCOL 17.1
func TestVolatileOffence(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		p := w.join(ws)
		p.say(frame.Frame{Type: frame.Volatile, Seq: 1, Text: "k", Message: request(1, "r")})
		if e := w.ended(); e == nil || e.Code != frame.BadProtocol || e.Remote || len(w.seen()) > 0 {
			w.Errorf("ended by %+v", e)
		}
		if st := w.Stats(); st.Refused != 1 {
			w.Errorf("%+v", st)
		}
	})
}
