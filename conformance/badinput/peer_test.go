package badinput_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"testing"

	"github.com/weft-realtime/weft/transport/frame"
)

// peer is a client that sends what it is told to.
type peer struct {
	kind
	*testing.T
	s        *server
	conn     connection
	events   *events
	open     *frame.Opening // of READY
	seq      uint64         // the last one used
	rcv      uint64
	lastPoll uint64
}

func hello() frame.Frame {
	f := frame.Frame{Type: frame.Hello, Open: &frame.Opening{Version: frame.Version}}
	rand.Read(f.Open.Nonce[:])
	return f
}

// join opens a session.
func (k kind) join(t *testing.T, s *server) *peer {
	t.Helper()
	p := &peer{kind: k, T: t, s: s}
	p.attach(nil, hello())
	return p
}

// attach opens a connection with a frame that is accepted. A session that is to be on an event stream is opened by a
// poll before.
func (p *peer) attach(sid *frame.SID, first frame.Frame) {
	p.Helper()
	var frames []frame.Frame
	if batch := encode(p.enc, first); p.polls() || p.kind.events && sid == nil {
		frames = kinds[2].try(p.T, p.s, sid, batch).frames
	} else if p.kind.events {
		st := p.s.openStream(p.T, sid)
		if a := st.attach(p.T, batch); a.status != http.StatusNoContent {
			p.Fatalf("ATTACH is answered %+v", a)
		}
		p.begin(st, first)
		return
	} else {
		p.conn = p.dial(p.T, p.s)
		p.conn.write(batch)
		frames = p.read()
	}
	if len(frames) == 0 || frames[0].Type != frame.Ready {
		p.Fatalf("answered %+v, want READY", frames)
	}
	p.ready(first, frames)
	if p.kind.events {
		p.attach(&p.open.SID, p.takeover())
	}
}

// begin takes READY from a stream whose ATTACH was accepted.
func (p *peer) begin(st *events, first frame.Frame) {
	p.Helper()
	p.events = st
	frames := p.read()
	if len(frames) == 0 || frames[0].Type != frame.Ready {
		p.Fatalf("the stream begins with %+v, want READY", frames)
	}
	p.ready(first, frames)
}

// ready takes the first frames of an attachment.
func (p *peer) ready(first frame.Frame, frames []frame.Frame) {
	token := first.Open.Token
	p.open, p.lastPoll = frames[0].Open, 0
	if !p.open.HasToken {
		p.open.Token = token
	}
	for i := range frames {
		p.rcv = max(p.rcv, frames[i].Seq)
	}
}

// read returns the next message's frames.
func (p *peer) read() []frame.Frame {
	p.Helper()
	if p.events != nil {
		frames, err := p.events.next(p.T)
		if err != nil {
			p.Fatal(err)
		}
		return frames
	}
	batch, closed, err := p.conn.read()
	if err != nil || len(batch) == 0 {
		p.Fatalf("the server has closed: %d, %v", closed, err)
	}
	return decode(p.T, p.enc, batch)
}

// offend sends a batch on the session's connection, and reads until the server ends that; a POST has one answer.
func (p *peer) offend(batch []byte) answer {
	p.Helper()
	if p.posts() {
		a := p.send(batch)
		if p.events == nil || len(batch) > 2<<20 { // a POST that is refused before it is looked at ends nothing
			return a
		}
		return p.events.end(p.T, a)
	}
	p.conn.write(batch)
	return p.drain(p.T, p.conn)
}

// url is that of a door of the session.
func (p *peer) url(door string) string {
	return p.s.mount + "/s/" + base64.RawURLEncoding.EncodeToString(p.open.SID[:]) + "/" + door
}

func (p *peer) bearer() http.Header {
	return http.Header{"Authorization": {"Bearer " + base64.RawURLEncoding.EncodeToString(p.open.Token[:])}}
}

func (p *peer) send(batch []byte) answer {
	p.Helper()
	return post(p.T, fmt.Sprintf("%s?att=%d", p.url("send"), p.open.Att), p.bearer(), bytes.NewReader(batch))
}

func (p *peer) poll() answer {
	p.Helper()
	p.lastPoll++
	return p.pollAs(p.lastPoll, p.rcv)
}

func (p *peer) pollAs(number, rcv uint64) answer {
	p.Helper()
	url := fmt.Sprintf("%s?att=%d&poll=%d&rcv=%d&ack=%d", p.url("poll"), p.open.Att, number, rcv, rcv)
	return post(p.T, url, p.bearer(), http.NoBody)
}

// data is a DATA frame with the next number.
func (p *peer) data(m frame.Message) frame.Frame {
	p.seq++
	return frame.Frame{Type: frame.Data, Seq: p.seq, Message: m}
}

// talk shows that the session works: what it says comes back.
func (p *peer) talk() {
	p.Helper()
	text := fmt.Sprint("message ", p.seq)
	p.exchange(p.data(frame.Message{Kind: frame.Event, Name: "say", Payload: []byte(text)}), func(m *frame.Message) bool {
		return m.Name == "echo" && string(m.Payload) == text
	})
}

// exchange sends a frame and waits for a message.
func (p *peer) exchange(f frame.Frame, wanted func(*frame.Message) bool) {
	p.Helper()
	batch := encode(p.enc, f)
	if !p.posts() {
		p.conn.write(batch)
	} else if a := p.send(batch); a.status != http.StatusOK {
		p.Fatalf("sent %+v, answered %+v", f, a)
	}
	for range 1000 { // a stream brings one at a time
		var frames []frame.Frame
		if p.polls() {
			a := p.poll()
			if a.status >= 300 {
				p.Fatalf("polled %d, answered %+v", p.lastPoll, a)
			}
			frames = a.frames
		} else {
			frames = p.read()
		}
		for i := range frames {
			if f := &frames[i]; f.Type == frame.Data {
				p.rcv = f.Seq
				if wanted(&f.Message) {
					return
				}
			}
		}
	}
	p.Fatalf("no answer to %+v", f)
}

// takeover is an ATTACH to p's session, the next one.
func (p *peer) takeover() frame.Frame {
	return frame.Frame{Type: frame.Attach, Rcv: p.rcv, Ack: p.rcv, Open: &frame.Opening{
		Version: frame.Version, SID: p.open.SID, Token: p.open.Token, Att: p.open.Att + 1, Gen: p.open.Gen,
	}}
}
