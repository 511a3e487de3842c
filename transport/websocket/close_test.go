package websocket_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gorilla "github.com/gorilla/websocket"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/websocket"
)

// The transport's close code is the code that was given. PROTOCOL 11.8, 11.10
func TestCloseCode(t *testing.T) {
	for _, code := range []frame.Code{frame.Done, frame.BadProtocol, frame.Superseded, frame.Internal, frame.Draining} {
		s := serve(t, newGate())
		l := dial(t, new(websocket.Dialer), s.mount)
		if _, err := l.Send(t.Context(), []byte(hello)); err != nil {
			t.Fatal(err)
		}
		a := receive(t, s.bound)
		a.conn.Close(code, strings.Repeat("é", 100)) // longer than a reason may be, and cut within a character
		a.conn.Close(frame.TooLarge, "again")
		_, err := l.Receive(t.Context())
		if e, ok := errors.AsType[*transport.Error](err); !ok || e.Code != code || e.Reason != strings.Repeat("é", 61) {
			t.Errorf("close with %d: received %v", code, err)
		}
		receive(t, a.lost)
		if err := a.conn.Send([]byte("late")); err == nil {
			t.Error("Send after Close succeeded")
		}
		if len(a.lost) > 0 {
			t.Error("lost twice")
		}
	}
}

// A client's close frame is answered, and tells the session that the connection is lost.
func TestClientCloses(t *testing.T) {
	s := serve(t, newGate())
	r := s.dialRaw(t, websocket.Binary, wsFrame(0x82, hello))
	a := receive(t, s.bound)
	r.write(wsFrame(0x88, "\x03\xe8bye"))
	if op, text := r.read(); op != 0x88 || string(text) != "\x03\xe8" {
		t.Errorf("got %x %q", op, text)
	}
	if err := receive(t, a.lost); !gorilla.IsCloseError(err, gorilla.CloseNormalClosure) {
		t.Errorf("lost with %v", err)
	}
	if _, err := r.Reader.ReadByte(); err != io.EOF {
		t.Errorf("connection still open: %v", err)
	}
}

// A client that goes without a word is lost too.
func TestClientVanishes(t *testing.T) {
	s := serve(t, newGate())
	r := s.dialRaw(t, websocket.Binary, wsFrame(0x82, hello))
	a := receive(t, s.bound)
	r.write([]byte{0x82, 0x85, 0, 0}) // within a header
	r.Conn.Close()
	if err := receive(t, a.lost); err == nil {
		t.Error("lost without an error")
	}
}

// Close cuts off a Send that waits for a client that does not read, and does not wait itself.
func TestCloseUnblocksSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		l, end := piped(t, g)
		defer end()
		l.Send(context.Background(), []byte(hello))
		a := <-g.bound
		sent := make(chan error, 1)
		go func() { sent <- a.conn.Send([]byte("nobody reads")) }()
		synctest.Wait() // the Send is blocked
		begun := time.Now()
		a.conn.Close(frame.Timeout, "stalled")
		if d := time.Since(begun); d > 0 {
			t.Errorf("Close took %v", d)
		}
		if err := <-sent; err == nil {
			t.Error("Send succeeded")
		}
		<-a.lost
	})
}

// Nor does Close wait long when it is the close frame itself that nobody reads.
func TestCloseIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		l, end := piped(t, g)
		defer end()
		l.Send(context.Background(), []byte(hello))
		a := <-g.bound
		begun := time.Now()
		a.conn.Close(frame.Draining, "")
		if d := time.Since(begun); d > 50*time.Millisecond {
			t.Errorf("Close took %v", d)
		}
		<-a.lost
	})
}

// A client that does not close is cut off after a second, though it goes on sending; what it sends is not delivered.
func TestCloseIsForced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		g.deliver = func([]byte) error { t.Error("delivered after Close"); return nil }
		p, end := newPiped(g)
		defer end()
		c, err := p.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		r := upgradeRaw(t, c, websocket.Binary, nil)
		r.write(wsFrame(0x82, hello))
		a := <-g.bound
		frames := make(chan byte, 1)
		go func() {
			op, _ := r.read()
			frames <- op
		}()
		begun := time.Now()
		a.conn.Close(frame.Done, "bye")
		if op := <-frames; op != 0x88 {
			t.Errorf("frame %x, want a close frame", op)
		}
		r.write(wsFrame(0x82, "more"))
		<-a.lost
		if d := time.Since(begun); d > 0 {
			t.Errorf("lost after %v", d)
		}
		if _, err := r.Reader.ReadByte(); err != io.EOF || time.Since(begun) != time.Second {
			t.Errorf("%v after %v, want the end after 1 s", err, time.Since(begun))
		}
	})
}

// Nothing here gives up a connection that is silent once it is attached: that is the session's to do.
func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		l, end := piped(t, g)
		defer end()
		l.Send(context.Background(), []byte(hello))
		a := <-g.bound
		<-a.got
		<-time.After(24 * time.Hour) // of the bubble's clock
		l.Send(context.Background(), []byte("awake"))
		select {
		case got := <-a.got:
			if got != "awake" {
				t.Errorf("got %q", got)
			}
		case err := <-a.lost:
			t.Errorf("lost: %v", err)
		}
	})
}

// A ping is answered though a Send stalls meanwhile, once the Send is over: the reader goes on in between.
func TestPingDuringSend(t *testing.T) {
	s := serve(t, newGate())
	r := s.dialRaw(t, websocket.Binary, wsFrame(0x82, hello))
	a := receive(t, s.bound)
	receive(t, a.got)
	sent := make(chan error, 1)
	go func() { sent <- a.conn.Send(make([]byte, 32<<20)) }() // more than the kernel takes
	if head, err := r.Reader.Peek(2); err != nil || head[0] != 0x82 {
		t.Fatal(head, err) // the Send has begun
	}
	r.write(wsFrame(0x89, "old"))
	r.write(wsFrame(0x89, "new"))
	r.write(wsFrame(0x82, "after the ping"))
	if got := receive(t, a.got); got != "after the ping" {
		t.Errorf("got %q", got)
	}
	if _, err := r.Reader.Discard(10 + 32<<20); err != nil {
		t.Fatal(err)
	}
	if op, data := r.read(); op != 0x8a || string(data) != "new" {
		t.Errorf("got %x %q, want one pong", op, data)
	}
	if err := receive(t, sent); err != nil {
		t.Error(err)
	}
}
