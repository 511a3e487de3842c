package badinput_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// What opens no session is refused before there is one. PROTOCOL 2.3, 2.7, 2.8, 2.9, 2.13, 8.8
func TestFirstFrame(t *testing.T) {
	extras := func(n int, value string) frame.Frame {
		f := hello()
		for i := range n {
			f.Open.Extras = append(f.Open.Extras, frame.Extra{Name: fmt.Sprintf("x%02d", i), Value: value})
		}
		return f
	}
	version := hello()
	version.Open.Version = 2
	whole := hello()
	for name, tt := range map[string]struct {
		batch func(enc frame.Encoding) []byte
		code  frame.Code
	}{
		"DATA":       {in(frame.Frame{Type: frame.Data, Seq: 1, Message: frame.Message{Kind: frame.Event, Name: "say"}}), frame.BadProtocol},
		"PING":       {in(frame.Frame{Type: frame.Ping}), frame.BadProtocol},
		"CLOSE":      {in(frame.Frame{Type: frame.Close, Code: frame.Done}), frame.BadProtocol},
		"READY":      {in(frame.Frame{Type: frame.Ready, Open: &frame.Opening{Version: 1, Att: 1}}), frame.BadProtocol},
		"extension":  {in(frame.Frame{Type: 0x10}, hello()), frame.BadProtocol},
		"nothing":    {in(), frame.BadProtocol},
		"garbage":    {func(frame.Encoding) []byte { return []byte("\x16\x03\x01 not weft") }, frame.BadProtocol},
		"newlines":   {func(frame.Encoding) []byte { return []byte("\n\n\n\n") }, frame.BadProtocol},
		"half HELLO": {func(enc frame.Encoding) []byte { b := encode(enc, whole); return b[:len(b)/2] }, frame.BadProtocol},
		"version 2":  {in(version), frame.BadVersion},
		"33 extras":  {in(extras(33, "")), frame.BadProtocol},
		"long extra": {in(extras(1, strings.Repeat("x", 4097))), frame.BadProtocol},
		"not UTF-8":  {in(extras(1, "\xff")), frame.BadProtocol},
		"over 8 KiB": {in(extras(3, strings.Repeat("x", 4000))), frame.TooLarge},
		"announced": {func(enc frame.Encoding) []byte {
			if enc == frame.JSON {
				return append([]byte(`{"t":"hello","v":1,"nonce":"`), bytes.Repeat([]byte("A"), 17<<10)...)
			}
			return []byte{byte(frame.Hello), 0xc0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff} // 2^53-1 bytes
		}, frame.TooLarge},
		"HELLO twice": {in(hello(), hello()), frame.BadProtocol},
		"bad second":  {in(hello(), frame.Frame{Type: frame.Reset, Code: frame.Unknown}), frame.BadProtocol},
	} {
		for _, k := range kinds {
			code := tt.code
			if k.udp && (name == "nothing" || name == "newlines" || name == "half HELLO") {
				code = frame.Timeout // the rest of it could follow
			}
			t.Run(name+"/"+k.name, func(t *testing.T) {
				s := serve(t, nil)
				s.meanwhile(t, func() {
					k.try(t, s, nil, tt.batch(k.enc)).check(t, k, frame.Close, code, code.HTTPStatus())
				})
				s.log.check(t, code)
				if !eventually(func() bool { return s.rt.Stats().Sessions == 1 }) {
					t.Errorf("%d sessions, want the innocent one", s.rt.Stats().Sessions)
				}
			})
		}
	}
}

func in(frames ...frame.Frame) func(frame.Encoding) []byte {
	return func(enc frame.Encoding) []byte { return encode(enc, frames...) }
}

// A first frame that does not come, or comes in drips, is not waited for. PROTOCOL 2.13, 11.2
func TestFirstFrameNeverComes(t *testing.T) {
	s := serve(t, func(l *transport.Limits) { l.FirstFrame, l.Body = time.Second, 100*time.Millisecond })
	for _, k := range kinds {
		if k.events { // TestStreamIsNeverAttached
			continue
		}
		t.Run(k.name, func(t *testing.T) {
			s.meanwhile(t, func() {
				var a answer
				if k.polls() {
					a = post(t, s.mount+"/session", nil, drip(t))
				} else {
					c := k.dial(t, s)
					if k.udp { // only a first byte shows that there is a stream
						c.write(encode(k.enc, hello())[:1])
					}
					a = k.drain(t, c)
				}
				a.check(t, k, frame.Close, frame.Timeout, 408)
			})
		})
	}
}

// By default the patience is 5 s. PROTOCOL 2.13, 16.1
func TestFirstFrameByDefault(t *testing.T) {
	s := serve(t, nil)
	begun := time.Now()
	kinds[0].drain(t, kinds[0].dial(t, s)).check(t, kinds[0], frame.Close, frame.Timeout, 0)
	if d := time.Since(begun); d < 4*time.Second || d > 12*time.Second {
		t.Errorf("refused after %v", d)
	}
}
