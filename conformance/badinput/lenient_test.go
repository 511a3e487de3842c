package badinput_test

import (
	"net/http"
	"testing"

	"github.com/weft-realtime/weft/transport/frame"
)

// What looks odd and must be taken. PROTOCOL 2.4, 2.5, 3.7, 4.6, 5.1, 6.2, 6.7, 7.1, 15.2, 15.4, 18.1, 17.1
func TestTaken(t *testing.T) {
	exempt := func(m frame.Message) func(*peer) []frame.Frame {
		return func(p *peer) []frame.Frame { return []frame.Frame{p.data(m)} }
	}
	same := func(f frame.Frame) func(*peer) []frame.Frame {
		return func(*peer) []frame.Frame { return []frame.Frame{f} }
	}
	for _, k := range kinds {
		s := serve(t, nil)
		for name, f := range map[string]func(*peer) []frame.Frame{
			"PAD":               same(frame.Frame{Type: frame.Pad, Raw: []byte("anything")}),
			"unknown extension": same(frame.Frame{Type: 0x1f, Raw: []byte("anything")}),
			"VOLATILE":          same(frame.Frame{Type: frame.Volatile, Text: "k", Message: frame.Message{Kind: frame.Event, Name: "n"}}),
			"AUTH":              same(frame.Frame{Type: frame.Auth, Text: "token"}),
			"GOAWAY":            same(frame.Frame{Type: frame.Goaway}),
			"old ack":           same(frame.Frame{Type: frame.Ack}),
			"stray PONG":        same(frame.Frame{Type: frame.Pong, Nonce: 99}),
			"stray reply":       exempt(frame.Message{Kind: frame.Reply, ID: 99}),
			"stray cancel":      exempt(frame.Message{Kind: frame.Cancel, ID: 99}),
			"stray item":        exempt(frame.Message{Kind: frame.Item, ID: 99}),
			"stray end":         exempt(frame.Message{Kind: frame.End, ID: 99}),
			"stray credit":      exempt(frame.Message{Kind: frame.Credit, ID: 99, Credit: 1 << 52}),
			"odd names":         said("__proto__", nil),
			"constructor":       said("constructor/../%00*", nil),
			"reserved event":    said("weft.subscribe", []byte("{}")),
			"panicking event":   said("panic", nil),
			"large":             said("say", make([]byte, 100<<10)),
			"duplicate": func(p *peer) []frame.Frame {
				f := p.data(frame.Message{Kind: frame.Event, Name: "say"})
				other := f
				other.Message.Name = "stuck" // an old number with other bytes is a duplicate all the same
				return []frame.Frame{f, f, other}
			},
		} {
			t.Run(k.name+"/"+name, func(t *testing.T) {
				p := k.join(t, s)
				p.talk()
				frames := f(p)
				for _, f := range frames[:len(frames)-1] {
					p.put(f)
				}
				p.put(frames[len(frames)-1])
				p.talk()
			})
		}
	}
}

// put sends frames that need no answer.
func (p *peer) put(frames ...frame.Frame) {
	p.Helper()
	batch := encode(p.enc, frames...)
	switch {
	case len(batch) == 0: // PAD in JSON
	case !p.posts():
		p.conn.write(batch)
	default:
		if a := p.send(batch); a.status != http.StatusOK {
			p.Fatalf("sent %+v, answered %+v", frames, a)
		}
	}
}

// Requests that cannot be served are answered by an error, and nothing else happens. PROTOCOL 3.7, 12.4
func TestBadRequests(t *testing.T) {
	for _, k := range kinds {
		s := serve(t, nil)
		p := k.join(t, s)
		for id, tt := range []struct {
			name, payload string
			code          frame.Code
		}{
			{"unknown", "", frame.NotFound},
			{"weft.unknown", "", frame.BadProtocol},
			{"weft.", "", frame.BadProtocol},
			{"weft.subscribe", "", frame.BadProtocol},
			{"weft.subscribe", `{"topic":7}`, frame.BadProtocol},
			{"weft.subscribe", `{"topic":""}`, frame.BadProtocol},
			{"weft.subscribe", `{"topic":"t","offset":-1}`, frame.BadProtocol},
			{"echo", `7`, frame.BadProtocol},
			{"panic", "", frame.Internal},
		} {
			m := frame.Message{Kind: frame.Request, ID: uint64(id) + 1, Name: tt.name}
			if tt.payload != "" {
				m.Codec, m.Payload = frame.CodecJSON, []byte(tt.payload)
			}
			p.exchange(p.data(m), func(m *frame.Message) bool {
				if m.Kind != frame.ErrorReply || m.ID != uint64(id)+1 {
					return false
				}
				if m.Code != tt.code {
					t.Errorf("%s: %s %s: %d %s, want %d", k.name, tt.name, tt.payload, m.Code, m.Text, tt.code)
				}
				return true
			})
		}
		p.talk()
	}
}
