package websocket_test

import (
	"context"
	"encoding/binary"
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

const hello = "hello"

// The session refuses bad frames; these are refused by the transport, with a code in band and in the close frame, and
// the session is told that it lost its connection. PROTOCOL 11.8, 11.10
func TestBadMessages(t *testing.T) {
	limit := 2 * defaults.MaxFrame
	huge := func(length uint64) []byte {
		return append(binary.BigEndian.AppendUint64([]byte{0x82, 0xff}, length), 0, 0, 0, 0)
	}
	for name, tt := range map[string]struct {
		subprotocol string
		frames      []byte
		code        frame.Code
	}{
		"text on binary": {websocket.Binary, wsFrame(0x81, "{}"), frame.BadProtocol},
		"binary on text": {websocket.JSON, wsFrame(0x82, "x"), frame.BadProtocol},
		"too long":       {websocket.Binary, wsFrame(0x82, strings.Repeat("x", limit+1)), frame.TooLarge},
		"too long, JSON": {websocket.JSON, wsFrame(0x81, strings.Repeat("x", 2*limit+1)), frame.TooLarge},
		"fragments":      {websocket.Binary, fragments(limit+1, 100), frame.TooLarge},
		"announced 2^63": {websocket.Binary, huge(1 << 63), frame.TooLarge},
		"announced 2^63-1": {websocket.Binary, append(huge(1<<63-1), strings.Repeat("x", limit+1)...),
			frame.TooLarge},
		"pings": {websocket.Binary, []byte(strings.Repeat(string(wsFrame(0x89, "")), 300)), frame.RateLimited},
		"pongs": {websocket.Binary, []byte(strings.Repeat(string(wsFrame(0x8a, "x")), 300)), frame.RateLimited},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, newGate())
			op, enc := byte(0x82), frame.Binary
			if tt.subprotocol == websocket.JSON {
				op, enc = 0x81, frame.JSON
			}
			r := s.dialRaw(t, tt.subprotocol, wsFrame(op, hello))
			a := receive(t, s.bound)
			receive(t, a.got)
			r.write(tt.frames)
			if name == "pings" {
				r.skipPongs()
			}
			r.refused(enc, tt.code)
			r.Conn.Close()
			if e, ok := errors.AsType[*transport.Error](receive(t, a.lost)); !ok || e.Code != tt.code {
				t.Errorf("lost with %v, want code %d", e, tt.code)
			}
			if len(a.got) > 0 {
				t.Errorf("delivered %.20q", <-a.got)
			}
		})
	}
}

// skipPongs reads until the next frame is none.
func (r raw) skipPongs() {
	for {
		head, err := r.Reader.Peek(2)
		if err != nil {
			r.t.Fatal(err)
		}
		if head[0] != 0x8a {
			return
		}
		r.read()
	}
}

func fragments(total, each int) []byte {
	b := wsFrame(0x02, "")
	for n := 0; n < total; n += each {
		b = append(b, wsFrame(0x00, strings.Repeat("x", each))...)
	}
	return b
}

// Fragments within the limit are one message, pings between them are answered.
func TestFragments(t *testing.T) {
	s := serve(t, newGate())
	r := s.dialRaw(t, websocket.Binary, wsFrame(0x82, hello))
	a := receive(t, s.bound)
	receive(t, a.got)
	r.write(wsFrame(0x02, "ab"))
	r.write(wsFrame(0x89, "ping"))
	if op, data := r.read(); op != 0x8a || string(data) != "ping" {
		t.Errorf("got %x %q, want a pong", op, data)
	}
	r.write(wsFrame(0x00, ""))
	r.write(wsFrame(0x80, "c"))
	if got := receive(t, a.got); got != "abc" {
		t.Errorf("got %q", got)
	}
}

// Messages of exactly the limit are taken; a JSON line may be twice as long as a binary frame. PROTOCOL 4.8
func TestAtTheLimit(t *testing.T) {
	for subprotocol, op := range map[string]byte{websocket.Binary: 0x82, websocket.JSON: 0x81} {
		s := serve(t, newGate())
		r := s.dialRaw(t, subprotocol, wsFrame(op, hello))
		a := receive(t, s.bound)
		receive(t, a.got)
		full := strings.Repeat("x", 2*defaults.MaxFrame*int(0x83-op))
		r.write(wsFrame(op, full))
		if got := receive(t, a.got); got != full {
			t.Errorf("%s: delivered %d bytes of %d", subprotocol, len(got), len(full))
		}
	}
}

// Pings are counted from the last message only.
func TestPingsBetweenMessages(t *testing.T) {
	s := serve(t, newGate())
	r := s.dialRaw(t, websocket.Binary, wsFrame(0x82, hello))
	a := receive(t, s.bound)
	for range 3 {
		receive(t, a.got)
		r.write([]byte(strings.Repeat(string(wsFrame(0x8a, "x")), 200)))
		r.write(wsFrame(0x82, "message"))
	}
	receive(t, a.got)
}

// What breaks WebSocket itself ends the connection; the session is told, and lives on.
func TestBadFraming(t *testing.T) {
	for name, bytes := range map[string][]byte{
		"unmasked":            {0x82, 0x01, 'x'},
		"reserved bit":        wsFrame(0xc2, "x"),
		"reserved opcode":     wsFrame(0x83, "x"),
		"continuation":        wsFrame(0x80, "x"),
		"message in message":  append(wsFrame(0x02, "x"), wsFrame(0x82, "x")...),
		"long ping":           wsFrame(0x89, strings.Repeat("x", 126)),
		"fragmented ping":     wsFrame(0x09, "x"),
		"bad close code":      wsFrame(0x88, "\x00\x01"),
		"close not UTF-8":     wsFrame(0x88, "\x03\xe8\xff"),
		"reserved close code": wsFrame(0x88, "\x03\xed"),
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, newGate())
			r := s.dialRaw(t, websocket.Binary, wsFrame(0x82, hello))
			a := receive(t, s.bound)
			receive(t, a.got)
			r.write(bytes)
			if err := receive(t, a.lost); err == nil {
				t.Error("lost without an error")
			}
			if _, err := io.Copy(io.Discard, r.Reader); err != nil && !strings.Contains(err.Error(), "reset") {
				t.Error(err)
			}
			if len(a.got) > 0 {
				t.Errorf("delivered %q", <-a.got)
			}
		})
	}
}

// A first frame that does not come, or comes in drips, is refused in time. PROTOCOL 2.13, 11.10
func TestFirstFrameInTime(t *testing.T) {
	for name, bytes := range map[string][]byte{
		"nothing":          nil,
		"half a header":    {0x82},
		"half a message":   {0x82, 0x85, 0, 0, 0, 0, 'h'},
		"only pings":       wsFrame(0x89, ""),
		"an open fragment": wsFrame(0x02, hello),
	} {
		t.Run(name, func(t *testing.T) {
			g := newGate()
			g.limits.FirstFrame = 20 * time.Millisecond
			s := serve(t, g)
			r := s.dialRaw(t, websocket.Binary, bytes)
			if name == "only pings" {
				r.skipPongs()
			}
			r.refused(frame.Binary, frame.Timeout)
			if len(s.bound) > 0 {
				t.Error("opened")
			}
		})
	}
}

// A first message of the wrong kind opens nothing. PROTOCOL 11.8
func TestBadFirstMessage(t *testing.T) {
	s := serve(t, newGate())
	s.dialRaw(t, websocket.Binary, wsFrame(0x81, "{}")).refused(frame.Binary, frame.BadProtocol)
	s.dialRaw(t, websocket.Binary, fragments(2*defaults.MaxFrame+1, 100)).refused(frame.Binary, frame.TooLarge)
	if len(s.bound) > 0 {
		t.Error("opened")
	}
}

// When the session refuses a batch nothing more is delivered, and what the session says last in band comes before the
// close frame. PROTOCOL 11.10
func TestDeliverRefused(t *testing.T) {
	g := newGate()
	refusal := &transport.Error{Code: frame.WindowBroken, Reason: "window"}
	refused := make(chan string, 2)
	g.deliver = func(batch []byte) error {
		refused <- string(batch)
		return refusal
	}
	s := serve(t, g)
	r := s.dialRaw(t, websocket.Binary, wsFrame(0x82, hello))
	a := receive(t, s.bound)
	r.write(wsFrame(0x82, "too many"))
	r.write(wsFrame(0x82, "more"))
	receive(t, refused)
	if err := a.conn.Send([]byte("why")); err != nil {
		t.Fatal(err)
	}
	a.conn.Close(frame.WindowBroken, "window")
	if op, text := r.read(); op != 0x82 || string(text) != "why" {
		t.Errorf("frame %x %q, want what the session said last", op, text)
	}
	want := string(gorilla.FormatCloseMessage(int(frame.WindowBroken), "window"))
	if op, text := r.read(); op != 0x88 || string(text) != want {
		t.Errorf("frame %x %q, want a close frame", op, text)
	}
	r.Conn.Close()
	if err := receive(t, a.lost); err != refusal {
		t.Errorf("lost with %v", err)
	}
	if len(refused) > 0 {
		t.Errorf("delivered %q", <-refused)
	}
}

// A session that says nothing after it has refused does not keep the connection.
func TestDeliverRefusedInSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		g.deliver = func([]byte) error { return &transport.Error{Code: frame.WindowBroken} }
		l, end := piped(t, g)
		defer end()
		l.Send(context.Background(), []byte(hello))
		a := <-g.bound
		begun := time.Now()
		l.Send(context.Background(), []byte("too many"))
		go l.Receive(context.Background())
		<-a.lost
		if d := time.Since(begun); d > 6*time.Second {
			t.Errorf("lost after %v", d)
		}
	})
}
