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

// What a client may not say ends the session, with its code in band, in the log and at Disconnect.
// PROTOCOL 1.6, 2.13, 6.3, 6.4, 7.1, 9.4, 11.10
func TestOffences(t *testing.T) {
	data := func(seq uint64, m frame.Message) frame.Frame {
		return frame.Frame{Type: frame.Data, Seq: seq, Message: m}
	}
	for name, tt := range map[string]struct {
		say  []frame.Frame
		code frame.Code
	}{
		"gap":         {[]frame.Frame{data(2, event("a"))}, frame.BadProtocol},
		"ack beyond":  {[]frame.Frame{{Type: frame.Ack, Rcv: 1}}, frame.BadProtocol},
		"publication": {[]frame.Frame{data(1, frame.Message{Kind: frame.Publication, Topic: "t", Offset: 1, Name: "n"})}, frame.BadProtocol},
		"gap message": {[]frame.Frame{data(1, frame.Message{Kind: frame.Gap, Topic: "t", Offset: 1, To: 1})}, frame.BadProtocol},
		"HELLO":       {[]frame.Frame{{Type: frame.Hello, Open: &frame.Opening{Version: 1}}}, frame.BadProtocol},
		"READY":       {[]frame.Frame{{Type: frame.Ready, Open: &frame.Opening{Version: 1, Att: 1}}}, frame.BadProtocol},
		"RESET":       {[]frame.Frame{{Type: frame.Reset, Code: frame.Unknown}}, frame.BadProtocol},
		"after final": {[]frame.Frame{{Type: frame.Close, Code: frame.Done, Graceful: true, Final: 1}, data(1, event("a")), data(2, event("b"))}, frame.BadProtocol},
		"other final": {[]frame.Frame{{Type: frame.Close, Code: frame.Done, Graceful: true, Final: 3}, {Type: frame.Close, Code: frame.Done, Graceful: true, Final: 4}}, frame.BadProtocol},
		"reserved":    {[]frame.Frame{{Type: 0x0d}}, frame.BadProtocol},
		"too large":   {[]frame.Frame{data(1, frame.Message{Kind: frame.Event, Name: "a", Payload: make([]byte, 3<<10)})}, frame.TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, Config{MaxFrame: 2 << 10}, func(w *world) {
				hold := make(chan struct{})
				defer close(hold)
				w.event = func(*Session, *Inbound) { <-hold }
				p := w.join(ws)
				if err := p.say(tt.say...); code(err) != tt.code {
					w.Errorf("Deliver: %v, want %d", err, tt.code)
				}
				if got := p.take(); len(got) == 0 || got[len(got)-1].Type != frame.Close || got[len(got)-1].Code != tt.code {
					w.Errorf("got %+v, want CLOSE %d last", got, tt.code)
				}
				if !p.isClosed() || p.code != tt.code {
					w.Errorf("closed %v with %d", p.isClosed(), p.code)
				}
				if want := fmt.Sprintf("code=%d", tt.code); !w.log.has("WARN", want) {
					w.Errorf("no warning with %s in %q", want, w.log.text)
				}
			})
		})
	}
}

// What a transport refuses by itself ends what its code says: the session, or just the attachment. PROTOCOL 9.4
func TestTransportGivesUp(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		over frame.Code
	}{
		"cut":       {errors.New("cut"), 0},
		"rate":      {&transport.Error{Code: frame.RateLimited}, 0},
		"timeout":   {&transport.Error{Code: frame.Timeout}, 0},
		"protocol":  {&transport.Error{Code: frame.BadProtocol}, frame.BadProtocol},
		"too large": {&transport.Error{Code: frame.TooLarge}, frame.TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, Config{}, func(w *world) {
				p := w.join(ws)
				p.Lost(tt.err)
				e := w.ended()
				if (e != nil) != (tt.over != 0) || e != nil && e.Code != tt.over {
					w.Errorf("ended by %v, want %d", e, tt.over)
				}
				if e == nil && w.Stats().Detached != 1 {
					w.Error("not detached")
				}
				if !p.isClosed() {
					w.Error("the connection is not closed")
				}
			})
		})
	}
}

// The window that was granted is the client's to keep. PROTOCOL 5.1, 5.6, 6.4
func TestWindowBroken(t *testing.T) {
	bubble(t, Config{Window: frame.Window{Messages: 16, Bytes: 16 << 10}}, func(w *world) {
		hold := make(chan struct{})
		defer close(hold)
		w.event = func(*Session, *Inbound) { <-hold }
		for name, m := range map[string]frame.Message{
			"messages": event("n"), "bytes": {Kind: frame.Event, Name: "n", Payload: make([]byte, 16<<10)},
		} {
			p := w.join(ws)
			for range 16 {
				p.tell(event("n"))
			}
			if err := p.say(frame.Frame{Type: frame.Data, Seq: 17, Message: m}); code(err) != frame.WindowBroken {
				w.Errorf("%s: %v, want 4430", name, err)
			}
		}
		p := w.join(ws)
		p.tell(frame.Message{Kind: frame.Event, Name: "alone", Payload: make([]byte, 20<<10)})
	})
}

// In a POST a gap is no offence: what follows it is dropped, and the answer says so. PROTOCOL 6.3, 11.6
func TestGapInPost(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		p := w.join(transport.LongPoll)
		a := frame.Frame{Type: frame.Data, Seq: 1, Message: event("a")}
		c := frame.Frame{Type: frame.Data, Seq: 3, Message: event("c")}
		for range 2 { // the answer is lost the first time
			if err := p.say(a, c); err != nil {
				w.Fatal(err)
			}
			if got := p.Handled(w.Context()); got.Received != 1 || got.Consumed != 1 {
				w.Errorf("progress %+v", got)
			}
		}
		if got := w.seen(); !slices.Equal(got, []string{"a"}) {
			w.Errorf("handled %v", got)
		}
	})
}

// has reports whether a line has a level and contains text.
func (r *records) has(level, text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.text, func(line string) bool { return matches(line, level, text) })
}
