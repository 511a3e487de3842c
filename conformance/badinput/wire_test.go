package badinput_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	gorilla "github.com/gorilla/websocket"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// kind is a transport with an encoding.
type kind struct {
	name        string
	enc         frame.Encoding
	subprotocol string // of WebSocket; "" is long polling
}

var kinds = []kind{
	{"websocket", frame.Binary, "weft.1"},
	{"websocket JSON", frame.JSON, "weft.1.json"},
	{"longpoll", frame.Binary, ""},
}

func (k kind) polls() bool { return k.subprotocol == "" }

// answer is all that came back: the frames, and how it ended.
type answer struct {
	frames []frame.Frame
	status int // of HTTP
	closed int // close code of WebSocket
}

// check holds an answer against the code that it must end with, in band and in the transport's own way.
// PROTOCOL 8.8, 11.7, 11.8, 11.10, 12.1
func (a answer) check(t *testing.T, k kind, want frame.Type, code frame.Code, status int) {
	t.Helper()
	if len(a.frames) == 0 {
		t.Errorf("nothing in band, want %d (status %d, closed with %d)", code, a.status, a.closed)
	} else if last := a.frames[len(a.frames)-1]; last.Type != want || last.Code != code || last.Graceful {
		t.Errorf("in band %+v, want type %d with %d", last, want, code)
	}
	if k.polls() && a.status != status {
		t.Errorf("status %d, want %d", a.status, status)
	}
	if !k.polls() && a.closed != int(code) {
		t.Errorf("closed with %d, want %d", a.closed, code)
	}
}

// try opens a connection with a first batch, and reads until the server ends it. sid is for an ATTACH over long polling.
func (k kind) try(t *testing.T, s *server, sid *frame.SID, first []byte) answer {
	t.Helper()
	if k.polls() {
		path := "/session"
		if sid != nil {
			path = "/s/" + base64.RawURLEncoding.EncodeToString(sid[:]) + "/poll"
		}
		return post(t, s.mount+path, nil, bytes.NewReader(first))
	}
	ws := k.dial(t, s)
	k.write(t, ws, first)
	return k.drain(t, ws)
}

func (k kind) dial(t *testing.T, s *server) *gorilla.Conn {
	t.Helper()
	dialer := gorilla.Dialer{Subprotocols: []string{k.subprotocol}}
	ws, _, err := dialer.Dial("ws"+strings.TrimPrefix(s.mount, "http")+"/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.Close() })
	ws.SetReadDeadline(time.Now().Add(patience))
	ws.SetWriteDeadline(time.Now().Add(patience))
	return ws
}

// write sends a message. The server may have closed already.
func (k kind) write(t *testing.T, ws *gorilla.Conn, batch []byte) {
	t.Helper()
	kind := gorilla.BinaryMessage
	if k.enc == frame.JSON {
		kind = gorilla.TextMessage
	}
	_ = ws.WriteMessage(kind, batch)
}

// drain reads until the server has closed.
func (k kind) drain(t *testing.T, ws *gorilla.Conn) (a answer) {
	t.Helper()
	for {
		_, batch, err := ws.ReadMessage()
		if e, ok := errors.AsType[*gorilla.CloseError](err); ok {
			a.closed = e.Code
		} else if err != nil {
			t.Errorf("the server did not close: %v", err)
		}
		if err != nil {
			return a
		}
		a.frames = append(a.frames, decode(t, k.enc, batch)...)
	}
}

// post makes a request. A body that is refused may be cut off on the way.
func post(t *testing.T, url string, header http.Header, body io.Reader) answer {
	t.Helper()
	req, err := http.NewRequest("POST", url, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", transport.MIME)
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	batch, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{status: resp.StatusCode, frames: decode(t, frame.Binary, batch)}
}

func decode(t *testing.T, enc frame.Encoding, batch []byte) (frames []frame.Frame) {
	t.Helper()
	var d frame.Decoder
	d.Reset(enc, bytes.Clone(batch), frame.DefaultMaxFrame)
	for {
		var f frame.Frame
		ok, err := d.Next(&f)
		if err != nil {
			t.Errorf("the server sent % .40x: %v", batch, err)
		}
		if !ok || err != nil {
			return frames
		}
		frames = append(frames, f)
	}
}

func encode(enc frame.Encoding, frames ...frame.Frame) (batch []byte) {
	for i := range frames {
		batch = frame.Append(batch, enc, &frames[i])
	}
	return batch
}

// peer is a client that sends what it is told to.
type peer struct {
	kind
	*testing.T
	s        *server
	ws       *gorilla.Conn
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

// attach opens a connection with a frame that is accepted.
func (p *peer) attach(sid *frame.SID, first frame.Frame) {
	p.Helper()
	var frames []frame.Frame
	if batch := encode(p.enc, first); p.polls() {
		frames = p.try(p.T, p.s, sid, batch).frames
	} else {
		p.ws = p.dial(p.T, p.s)
		p.write(p.T, p.ws, batch)
		frames = p.read()
	}
	if len(frames) == 0 || frames[0].Type != frame.Ready {
		p.Fatalf("answered %+v, want READY", frames)
	}
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
	_, batch, err := p.ws.ReadMessage()
	if err != nil {
		p.Fatal(err)
	}
	return decode(p.T, p.enc, batch)
}

// offend sends a batch on the session's connection, and reads until the server ends that; a POST has one answer.
func (p *peer) offend(batch []byte) answer {
	p.Helper()
	if p.polls() {
		return p.send(batch)
	}
	p.write(p.T, p.ws, batch)
	return p.drain(p.T, p.ws)
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
	if !p.polls() {
		p.write(p.T, p.ws, batch)
	} else if a := p.send(batch); a.status != http.StatusOK {
		p.Fatalf("sent %+v, answered %+v", f, a)
	}
	for range 100 {
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
