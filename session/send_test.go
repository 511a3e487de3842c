package session

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/weft-realtime/weft/transport/frame"
)

// narrow has a window of one message to the client, and room for two behind it.
var narrow = Config{DownWindow: frame.Window{Messages: 1, Bytes: 1 << 10}, Queue: frame.Window{Messages: 2, Bytes: 100}}

// clog fills the window to p, so that what follows waits in the queue.
func (p *peer) clog() *Session {
	p.world.Helper()
	s := p.session()
	if err := s.TrySend("clog", Payload{}); err != nil {
		p.Fatal(err)
	}
	if got := p.data(); len(got) != 1 {
		p.Fatalf("got %v", names(got))
	}
	return s
}

// A full queue is an error for TrySend and a wait for Send, never a drop. PROTOCOL 5.1, 5.9
func TestSendWaits(t *testing.T) {
	bubble(t, narrow, func(w *world) {
		p := w.join(ws)
		s := p.clog()
		s.TrySend("a", Payload{})
		s.TrySend("b", Payload{})
		if err := s.TrySend("c", Payload{}); err != ErrQueueFull {
			w.Errorf("got %v, want ErrQueueFull", err)
		}
		sent := make(chan error, 1)
		go func() { sent <- s.Send(w.Context(), "c", Payload{}) }()
		if p.take(); len(sent) > 0 {
			w.Fatalf("Send did not wait: %v", <-sent)
		}
		p.ack(1, 1)
		if err := <-sent; err != nil {
			w.Error(err)
		}
		p.ack(2, 2)
		p.take()
		p.ack(3, 3)
		if got := names(p.data()); !slices.Equal(got, []string{"c"}) {
			w.Errorf("got %v", got)
		}
	})
}

// PROTOCOL 12.4
func TestSendTimesOut(t *testing.T) {
	bubble(t, narrow, func(w *world) {
		p := w.join(ws)
		s := p.clog()
		s.TrySend("a", Payload{})
		s.TrySend("b", Payload{})
		begun := time.Now()
		err := s.Send(w.Context(), "late", Payload{})
		if e, ok := errors.AsType[*Error](err); !ok || e.Code != frame.Timeout {
			w.Errorf("got %v, want 4408", err)
		}
		if d := time.Since(begun); d != 10*time.Second {
			w.Errorf("waited %v, want HandlerTimeout", d)
		}
		begun = time.Now()
		ctx, cancel := context.WithTimeout(w.Context(), time.Second)
		defer cancel()
		if err := s.Send(ctx, "late", Payload{}); err == nil || time.Since(begun) != time.Second {
			w.Errorf("got %v after %v, want the context's own deadline", err, time.Since(begun))
		}
	})
}

// A message that does not fit, though a smaller one would, waits at rest: else the bubble's clock would stand still.
func TestLargeSendRests(t *testing.T) {
	cfg := narrow
	cfg.HandlerTimeout = time.Second
	bubble(t, cfg, func(w *world) {
		p := w.join(ws)
		s := p.clog()
		s.TrySend("a", Payload{Data: make([]byte, 60)})
		if err := s.Send(w.Context(), "large", Payload{Data: make([]byte, 80)}); err == nil {
			w.Error("the queue took more than it holds")
		}
		if _, err := s.Call(w.Context(), "large", Payload{Data: make([]byte, 80)}); err == nil {
			w.Error("the queue took more than it holds")
		}
	})
}

// PROTOCOL 3.3, 5.2
func TestCall(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		p := w.join(ws)
		type outcome struct {
			Payload
			err error
		}
		done := make(chan outcome, 1)
		call := func(ctx context.Context) (id uint64) {
			go func() {
				reply, err := p.session().Call(ctx, "ask", Payload{Data: []byte("?")})
				done <- outcome{reply, err}
			}()
			got := p.data()
			if len(got) != 1 || got[0].Kind != frame.Request || got[0].Name != "ask" || string(got[0].Payload) != "?" {
				w.Fatalf("got %+v, want the request", got)
			}
			return got[0].ID
		}

		id := call(w.Context())
		p.tell(frame.Message{Kind: frame.Reply, ID: id, Codec: frame.CodecJSON, Payload: []byte("1")})
		if o := <-done; o.err != nil || string(o.Data) != "1" || o.Codec != frame.CodecJSON {
			w.Errorf("reply: %+v", o)
		}

		next := call(w.Context())
		if next <= id {
			w.Errorf("id %d after %d", next, id)
		}
		p.tell(frame.Message{Kind: frame.ErrorReply, ID: next, Code: 3001, Text: "no"})
		if e, ok := errors.AsType[*Error]((<-done).err); !ok || e.Code != 3001 || e.Message != "no" {
			w.Errorf("error: %v", e)
		}

		ctx, cancel := context.WithCancel(w.Context())
		id = call(ctx)
		cancel()
		if o := <-done; !errors.Is(o.err, context.Canceled) {
			w.Errorf("canceled: %v", o.err)
		}
		if got := p.data(); len(got) != 1 || got[0].Kind != frame.Cancel || got[0].ID != id {
			w.Errorf("got %v, want the cancel", names(got))
		}
		p.tell(frame.Message{Kind: frame.Reply, ID: id}) // it lost the race: PROTOCOL 6.7

		begun := time.Now()
		call(w.Context())
		if e, ok := errors.AsType[*Error]((<-done).err); !ok || e.Code != frame.Timeout || time.Since(begun) != 10*time.Second {
			w.Errorf("timeout: %v after %v", e, time.Since(begun))
		}
		if got := names(p.data()); !slices.Equal(got, []string{"cancel"}) {
			w.Errorf("got %v, want the cancel", got)
		}

		call(w.Context())
		p.session().Abort(frame.Forbidden, "out")
		if o := <-done; !errors.Is(o.err, ErrClosed) {
			w.Errorf("ended: %v", o.err)
		}
	})
}

// A call that never got on its way leaves no trace. PROTOCOL 5.3
func TestCallIsTakenBack(t *testing.T) {
	bubble(t, narrow, func(w *world) {
		p := w.join(ws)
		s := p.clog()
		ctx, cancel := context.WithCancel(w.Context())
		done := make(chan error, 1)
		go func() {
			_, err := s.Call(ctx, "ask", Payload{})
			done <- err
		}()
		p.take()
		cancel()
		<-done
		p.ack(1, 1)
		if got := p.data(); len(got) > 0 {
			w.Errorf("got %v", names(got))
		}
	})
}

// What cannot be encoded is refused to its sender and gets no number. PROTOCOL 5.7
func TestSendChecks(t *testing.T) {
	bubble(t, Config{MaxFrame: 1 << 10}, func(w *world) {
		p := w.join(ws)
		s := p.session()
		for name, tt := range map[string]struct {
			name string
			Payload
			code frame.Code
		}{
			"too long":     {"n", Payload{Data: make([]byte, 1<<10)}, frame.TooLarge},
			"no name":      {"", Payload{}, frame.BadProtocol},
			"control":      {"a\nb", Payload{}, frame.BadProtocol},
			"not UTF-8":    {"\xff", Payload{}, frame.BadProtocol},
			"bad codec":    {"n", Payload{Codec: 4}, frame.BadProtocol},
			"no JSON text": {"n", Payload{Codec: frame.CodecJSON}, frame.BadProtocol},
		} {
			if err := s.TrySend(tt.name, tt.Payload); code(err) != tt.code {
				w.Errorf("%s: %v, want %d", name, err, tt.code)
			}
		}
		s.TrySend("good", Payload{})
		if got := p.take(); len(got) != 1 || got[0].Seq != 1 {
			w.Errorf("got %+v, want the good one as number 1", got)
		}
	})
}

// Who sends on a session that has ended learns how it ended.
func TestSendAfterTheEnd(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		s := w.join(ws).session()
		s.Abort(frame.Forbidden, "out")
		e, ok := errors.AsType[*CloseError](s.Send(w.Context(), "n", Payload{}))
		if !ok || e.Code != frame.Forbidden || e.Remote {
			w.Errorf("got %v", e)
		}
		if _, err := s.Call(w.Context(), "n", Payload{}); !errors.Is(err, ErrClosed) {
			w.Errorf("got %v", err)
		}
		if _, _, err := s.Subscribe("t", From{}); !errors.Is(err, ErrClosed) {
			w.Errorf("got %v", err)
		}
	})
}

// Two handlers that wait for each other are ended by their deadlines. PROTOCOL 12.4
func TestHandlersThatWaitForEachOther(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		failed := make(chan error, 1)
		w.event = func(s *Session, m *Inbound) {
			if m.Name == "begin" {
				_, err := s.Call(s.Context(), "ask", Payload{})
				failed <- err
			}
		}
		p := w.join(ws)
		begun := time.Now()
		p.tell(event("begin"), event("answer")) // the client answers by an event that has to wait
		if e, ok := errors.AsType[*Error](<-failed); !ok || e.Code != frame.Timeout {
			w.Errorf("got %v, want 4408", e)
		}
		if got := w.seen(); !slices.Equal(got, []string{"begin", "answer"}) || time.Since(begun) != 10*time.Second {
			w.Errorf("handled %v after %v", got, time.Since(begun))
		}
	})
}

// The reasons that go out are short enough for the wire, whatever the application says. PROTOCOL 2.7
func TestReasonsFit(t *testing.T) {
	long := "näher " + string(make([]byte, 300)) + "\xff"
	for name, end := range map[string]func(*Session){
		"Close": func(s *Session) { s.Close(3000, long) },
		"Abort": func(s *Session) { s.Abort(3000, long) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, Config{}, func(w *world) {
				p := w.join(ws)
				end(p.session())
				if got := p.take(); len(got) != 1 || got[0].Code != 3000 || len(got[0].Text) > frame.MaxReason {
					w.Errorf("got %+v", got)
				}
			})
		})
	}
}
