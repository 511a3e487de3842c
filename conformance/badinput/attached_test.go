package badinput_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/weft-realtime/weft/transport/frame"
)

// offence is a batch that a session's own client must not send, in both encodings; the one that is nil has no such.
type offence struct {
	binary, json func(p *peer) []byte
	code         frame.Code
}

// frames is a batch of frames that can be written in both encodings.
func frames(code frame.Code, f func(p *peer) []frame.Frame) offence {
	batch := func(p *peer) []byte { return encode(p.enc, f(p)...) }
	return offence{batch, batch, code}
}

func one(code frame.Code, f frame.Frame) offence {
	return frames(code, func(*peer) []frame.Frame { return []frame.Frame{f} })
}

// raw is bytes that no encoder writes. %d in the JSON is the next number.
func raw(code frame.Code, binary []byte, json string) offence {
	o := offence{code: code}
	if binary != nil {
		o.binary = func(*peer) []byte { return binary }
	}
	if json != "" {
		o.json = func(p *peer) []byte { return []byte(strings.ReplaceAll(json, "%d", fmt.Sprint(p.seq+1)) + "\n") }
	}
	return o
}

// said is an event from the client.
func said(name string, payload []byte) func(p *peer) []frame.Frame {
	return func(p *peer) []frame.Frame {
		return []frame.Frame{p.data(frame.Message{Kind: frame.Event, Name: name, Payload: payload})}
	}
}

func nested(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }

// tiny is a batch of many frames that mean nothing.
func tiny(enc frame.Encoding) []byte {
	if enc == frame.JSON {
		return bytes.Repeat([]byte("{\"t\":\"x\"}\n"), 100_000)
	}
	return make([]byte, 200_000) // PAD without a body is two zeros
}

// volatile is a message outside the sequence that must not be there.
func volatile(m frame.Message) offence {
	return one(frame.BadProtocol, frame.Frame{Type: frame.Volatile, Seq: 1, Text: "k", Message: m})
}

const newlines = 8 << 20

var offences = map[string]offence{
	// PROTOCOL 2.1, 2.2, 2.3, 2.6, 2.12
	"truncated frame":   raw(frame.BadProtocol, []byte{byte(frame.Ack), 2, 0}, `{"t":"ack","rcv":0`),
	"truncated length":  raw(frame.BadProtocol, []byte{byte(frame.Ack), 0x40}, ""),
	"bytes left over":   raw(frame.BadProtocol, []byte{byte(frame.Ack), 3, 0, 0, 0}, `{"t":"ack","rcv":0,"ack":0} {}`),
	"field missing":     raw(frame.BadProtocol, []byte{byte(frame.Ack), 1, 0}, `{"t":"ack","rcv":0}`),
	"varint too long":   raw(frame.BadProtocol, []byte{byte(frame.Ack), 3, 0x40, 0, 0}, ""),
	"varint 2^62-1":     raw(frame.BadProtocol, []byte{byte(frame.Ack), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, ""),
	"length 2^53-1":     raw(frame.TooLarge, []byte{byte(frame.Pad), 0xc0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, ""),
	"oversized frame":   frames(frame.TooLarge, said("say", make([]byte, frame.DefaultMaxFrame))),
	"oversized batch":   {func(*peer) []byte { return make([]byte, 2<<20+1) }, func(*peer) []byte { return make([]byte, 4<<20+1) }, frame.TooLarge},
	"8 MB of newlines":  raw(frame.TooLarge, bytes.Repeat([]byte("\n"), newlines), strings.Repeat("\n", newlines)),
	"1 MB of newlines":  raw(frame.BadProtocol, nil, strings.Repeat("\n", 1<<20)),
	"10^5 tiny frames":  {func(*peer) []byte { return tiny(frame.Binary) }, func(*peer) []byte { return tiny(frame.JSON) }, frame.BadProtocol},
	"garbage":           raw(frame.BadProtocol, []byte("GET / HTTP/1.1\r\n\r\n"), "GET / HTTP/1.1"),
	"reserved bit 0x40": raw(frame.BadProtocol, []byte{0x40 | byte(frame.Ack), 2, 0, 0}, ""),
	"reserved bit 0x80": raw(frame.BadProtocol, []byte{0x80 | byte(frame.Ack), 2, 0, 0}, ""),
	"reserved type":     raw(frame.BadProtocol, []byte{0x0d, 0}, ""),
	// PROTOCOL 2.5, 4.6
	"critical frame":     raw(frame.BadProtocol, []byte{0x20 | byte(frame.Ack), 2, 0, 0}, ""),
	"critical extension": raw(frame.BadProtocol, []byte{0x20 | 0x10, 0}, `{"t":"ext","type":16,"critical":true}`),
	"critical unknown":   raw(frame.BadProtocol, nil, `{"t":"x","critical":true}`),
	// PROTOCOL 2.13
	"HELLO twice": frames(frame.BadProtocol, func(*peer) []frame.Frame { return []frame.Frame{hello()} }),
	"ATTACH":      frames(frame.BadProtocol, func(p *peer) []frame.Frame { return []frame.Frame{p.takeover()} }),
	"READY":       one(frame.BadProtocol, frame.Frame{Type: frame.Ready, Open: &frame.Opening{Version: 1, Att: 1}}),
	"RESET":       one(frame.BadProtocol, frame.Frame{Type: frame.Reset, Code: frame.Unknown}),
	"HELLO of version 2": frames(frame.BadVersion, func(*peer) []frame.Frame {
		f := hello()
		f.Open.Version = 2
		return []frame.Frame{f}
	}),
	// PROTOCOL 1.6, 2.10, 7.1
	"ack beyond top":   one(frame.BadProtocol, frame.Frame{Type: frame.Ack, Rcv: 1000, Ack: 1000}),
	"ping beyond top":  one(frame.BadProtocol, frame.Frame{Type: frame.Ping, Rcv: 1000}),
	"ack above rcv":    one(frame.BadProtocol, frame.Frame{Type: frame.Ack, Rcv: 0, Ack: 1}),
	"number 0":         one(frame.BadProtocol, frame.Frame{Type: frame.Data, Message: frame.Message{Kind: frame.Event, Name: "say"}}),
	"number -1":        raw(frame.BadProtocol, nil, `{"t":"data","s":-1,"k":"event","n":"say"}`),
	"number 1.5":       raw(frame.BadProtocol, nil, `{"t":"data","s":1.5,"k":"event","n":"say"}`),
	"number 2^53":      raw(frame.BadProtocol, nil, `{"t":"data","s":9007199254740992,"k":"event","n":"say"}`),
	"number 1e400":     raw(frame.BadProtocol, nil, `{"t":"data","s":1e400,"k":"event","n":"say"}`),
	"number as string": raw(frame.BadProtocol, nil, `{"t":"data","s":"%d","k":"event","n":"say"}`),
	// PROTOCOL 2.7, 4.1, 4.4, 4.5
	"name is a number":  raw(frame.BadProtocol, nil, `{"t":"data","s":%d,"k":"event","n":7}`),
	"name is missing":   raw(frame.BadProtocol, nil, `{"t":"data","s":%d,"k":"event"}`),
	"empty name":        frames(frame.BadProtocol, said("", nil)),
	"name with NUL":     frames(frame.BadProtocol, said("a\x00b", nil)),
	"name with newline": frames(frame.BadProtocol, said("a\nb", nil)),
	"name of 256 bytes": frames(frame.BadProtocol, said(strings.Repeat("x", 256), nil)),
	"name not UTF-8":    frames(frame.BadProtocol, said("say\xff", nil)),
	"name cut in UTF-8": frames(frame.BadProtocol, said("say\xc3", nil)),
	"nested 10^5 deep":  raw(frame.BadProtocol, nil, `{"t":"data","s":%d,"k":"event","n":"say","p":`+nested(100_000)+`}`),
	"nested 33 deep":    raw(frame.BadProtocol, nil, `{"t":"data","s":%d,"k":"event","n":"say","p":`+nested(33)+`}`),
	"not an object":     raw(frame.BadProtocol, nil, `[]`),
	"null":              raw(frame.BadProtocol, nil, `null`),
	"carriage return":   raw(frame.BadProtocol, nil, "{\"t\":\"ack\",\"rcv\":0,\"ack\":0}\r"),
	"two payloads":      raw(frame.BadProtocol, nil, `{"t":"data","s":%d,"k":"event","n":"say","p":1,"b":"AA"}`),
	// PROTOCOL 3.1, 3.2, 3.3, 3.5
	"unknown kind":   raw(frame.BadProtocol, []byte{byte(frame.Data), 3, 1, 11, 0}, `{"t":"data","s":%d,"k":"x"}`),
	"reserved codec": raw(frame.BadProtocol, []byte{byte(frame.Data), 7, 1, 1, 4, 3, 's', 'a', 'y'}, `{"t":"data","s":%d,"k":"event","n":"say","c":4,"b":"AA"}`),
	"id 0": frames(frame.BadProtocol, func(p *peer) []frame.Frame {
		return []frame.Frame{p.data(frame.Message{Kind: frame.Request, Name: "echo"})}
	}),
	"publication": frames(frame.BadProtocol, func(p *peer) []frame.Frame {
		return []frame.Frame{p.data(frame.Message{Kind: frame.Publication, Topic: "t", Epoch: 1, Offset: 1, Name: "n"})}
	}),
	"gap message": frames(frame.BadProtocol, func(p *peer) []frame.Frame {
		return []frame.Frame{p.data(frame.Message{Kind: frame.Gap, Topic: "t", Epoch: 1, Offset: 1, To: 1})}
	}),
	// PROTOCOL 5.1, 6.4
	"window of messages": frames(frame.WindowBroken, func(p *peer) (all []frame.Frame) {
		for range 258 { // one is handled at once and one fits an empty window
			all = append(all, p.data(frame.Message{Kind: frame.Event, Name: "stuck"}))
		}
		return all
	}),
	"window of bytes": frames(frame.WindowBroken, func(p *peer) (all []frame.Frame) {
		for range 4 {
			all = append(all, p.data(frame.Message{Kind: frame.Event, Name: "stuck", Payload: make([]byte, 60<<10)}))
		}
		return all
	}),
	// PROTOCOL 2.7, 17.1
	"volatile call":        volatile(frame.Message{Kind: frame.Request, ID: 1, Name: "echo"}),
	"volatile reply":       volatile(frame.Message{Kind: frame.Reply, ID: 1}),
	"volatile cancel":      volatile(frame.Message{Kind: frame.Cancel, ID: 1}),
	"volatile publication": volatile(frame.Message{Kind: frame.Publication, Topic: "t", Epoch: 1, Offset: 1, Name: "n"}),
	"volatile, no key":     one(frame.BadProtocol, frame.Frame{Type: frame.Volatile, Seq: 1, Message: frame.Message{Kind: frame.Event, Name: "say"}}),
	"volatile number -1":   raw(frame.BadProtocol, nil, `{"t":"volatile","s":-1,"key":"k","k":"event","n":"say"}`),
	"volatile number 2^53": raw(frame.BadProtocol, nil, `{"t":"volatile","s":9007199254740992,"key":"k","k":"event","n":"say"}`),
	"oversized volatile": one(frame.TooLarge, frame.Frame{Type: frame.Volatile, Seq: 1, Text: "k",
		Message: frame.Message{Kind: frame.Event, Name: "say", Payload: make([]byte, frame.DefaultMaxFrame)}}),
	// PROTOCOL 9.1
	"data after final": frames(frame.BadProtocol, func(p *peer) []frame.Frame {
		return []frame.Frame{
			p.data(frame.Message{Kind: frame.Event, Name: "stuck"}),
			{Type: frame.Close, Code: frame.Done, Graceful: true, Final: 1},
			p.data(frame.Message{Kind: frame.Event, Name: "say"}),
		}
	}),
	"final in the past": frames(frame.BadProtocol, func(p *peer) []frame.Frame {
		return []frame.Frame{
			p.data(frame.Message{Kind: frame.Event, Name: "stuck"}),
			{Type: frame.Close, Code: frame.Done, Graceful: true, Final: 0},
		}
	}),
}

// ends reports whether a stream of frames shows by itself what is wrong with it: it is not just cut off, or long.
func ends(p []byte) bool {
	var d frame.Decoder
	var f frame.Frame
	for len(p) > 0 {
		n, err := frame.Whole(p, frame.DefaultMaxFrame)
		if err != nil || n == 0 {
			return err != nil
		}
		d.Reset(frame.Binary, p[:n], frame.DefaultMaxFrame)
		for ok, err := d.Next(&f); ok || err != nil; ok, err = d.Next(&f) {
			if err != nil || f.Type != frame.Pad && f.Type != frame.Auth { // which are ignored
				return true
			}
		}
		p = p[n:]
	}
	return false
}

// A session whose client breaks the protocol ends with the code, which is told in band before the connection closes
// with the same, and is in the log. PROTOCOL 2.3, 9.4, 11.10, 12.1
func TestOffences(t *testing.T) {
	for _, k := range kinds {
		s := serve(t, nil)
		for name, o := range offences {
			batch := o.binary
			if k.enc == frame.JSON {
				batch = o.json
			}
			if batch == nil {
				continue
			}
			t.Run(k.name+"/"+name, func(t *testing.T) {
				p := k.join(t, s)
				bad := batch(p)
				if k.udp && !ends(bad) {
					return // a stream has no batches: more would be taken, and the rest of a frame could follow
				}
				s.log.clear()
				s.meanwhile(t, func() {
					p.offend(bad).check(t, k, frame.Close, o.code, o.code.HTTPStatus())
				})
				if k.posts() && (name == "oversized batch" || name == "8 MB of newlines") {
					return // the POST was refused, and no session was asked
				}
				s.log.check(t, o.code)
			})
		}
	}
}
