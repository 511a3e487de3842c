package badinput_test

import (
	"fmt"
	"testing"

	"github.com/weft-realtime/weft/transport/frame"
)

// A flood of volatile messages, each of another key, while the session's handler is stuck: it costs a bounded amount of
// memory, the session lives, and nobody else notices. PROTOCOL 17.1, 17.5, 17.6
func TestVolatileFlood(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			s := serve(t, nil)
			p := k.join(t, s)
			p.talk()
			p.put(p.data(frame.Message{Kind: frame.Event, Name: "stuck"}))
			before := s.rt.Stats()
			const batches, size = 10, 300
			n := uint64(0)
			s.meanwhile(t, func() {
				for range batches {
					var flood []frame.Frame
					for range size {
						n++
						flood = append(flood, frame.Frame{Type: frame.Volatile, Seq: n, Text: fmt.Sprint("key", n),
							Message: frame.Message{Kind: frame.Event, Name: "say", Payload: make([]byte, 1000)}})
					}
					p.put(flood...)
				}
				p.settle()
				after := s.rt.Stats()
				const window, keys = 128 << 10, 1024 * (96 + len("key1234"))
				if held := after.Bytes - before.Bytes; held > window+int64(keys)+1<<10 {
					t.Errorf("%d bytes are held of a flood of %d", held, n*1000)
				}
				if dropped := after.Dropped - before.Dropped; dropped < n-256 {
					t.Errorf("%d of %d were dropped", dropped, n)
				}
			})
			s.release <- struct{}{}
			p.talk()
		})
	}
}

// settle waits until the server has taken what was sent before.
func (p *peer) settle() {
	p.Helper()
	if p.posts() {
		return // the POST was answered
	}
	p.conn.write(encode(p.enc, frame.Frame{Type: frame.Ping, Nonce: 77, Rcv: p.rcv, Ack: p.rcv}))
	for {
		for _, f := range p.read() {
			if f.Type == frame.Pong && f.Nonce == 77 {
				return
			}
		}
	}
}

// Numbers that make no sense: nothing is undone, and nothing breaks. PROTOCOL 17.5
func TestVolatileNumbers(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			s := serve(t, nil)
			p := k.join(t, s)
			echo := func(n uint64, key, text string) {
				p.put(frame.Frame{Type: frame.Volatile, Seq: n, Text: key,
					Message: frame.Message{Kind: frame.Event, Name: "say", Payload: []byte(text)}})
			}
			echo(frame.MaxInt, "greatest", "first")
			echo(frame.MaxInt, "greatest", "again")
			echo(0, "zero", "zero")
			echo(1, "greatest", "late")
			p.exchange(p.data(frame.Message{Kind: frame.Event, Name: "say", Payload: []byte("end")}), func(m *frame.Message) bool {
				if text := string(m.Payload); text != "first" && text != "end" {
					t.Errorf("%q was handled", text)
				}
				return string(m.Payload) == "end"
			})
			echo(5, "another", "taken")
			p.exchange(p.data(frame.Message{Kind: frame.Event, Name: "say", Payload: []byte("over")}), func(m *frame.Message) bool {
				return string(m.Payload) == "over"
			})
		})
	}
}
