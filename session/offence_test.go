package session

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

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

func attached(w *world, p *peer) *peer {
	w.Helper()
	next, err := p.attach(ws, Grant{})
	if err != nil {
		w.Fatal(err)
	}
	return next
}

// A write that fails while the transport refuses what the client sent does not keep the session: its client was told. A
// later attachment does. PROTOCOL 8.4, 9.4
func TestTransportGivesUpAfterLoss(t *testing.T) {
	refusal := &transport.Error{Code: frame.TooLarge, Reason: "frame is too large"}
	for name, between := range map[string]func(*world, *peer) bool{
		"nothing":    func(*world, *peer) (lives bool) { return false },
		"attached":   func(w *world, p *peer) bool { attached(w, p); return true },
		"and lost":   func(w *world, p *peer) bool { attached(w, p).Lost(errors.New("cut")); return true },
		"over by it": func(w *world, p *peer) bool { p.Lost(refusal); return false },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, Config{}, func(w *world) {
				p := w.join(ws)
				p.Lost(errors.New("write failed"))
				lives := between(w, p)
				p.Lost(refusal)
				e := w.ended()
				if (e == nil) != lives || e != nil && e.Code != frame.TooLarge {
					w.Errorf("ended by %v, lives: %v", e, lives)
				}
				if st := w.Stats(); !lives && (st.Refused != 1 || st.Sessions != 0) {
					w.Errorf("%+v", st)
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
