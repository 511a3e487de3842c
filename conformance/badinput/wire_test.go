package badinput_test

import (
	"bytes"
	"encoding/base64"
	"errors"
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
	enc         frame.Encoding // of what the client sends
	subprotocol string         // of WebSocket; "" is one whose frames come in POSTs
	events      bool           // an event stream beside the POSTs
	udp         bool           // WebTransport
}

var kinds = []kind{
	{name: "websocket", enc: frame.Binary, subprotocol: "weft.1"},
	{name: "websocket JSON", enc: frame.JSON, subprotocol: "weft.1.json"},
	{name: "longpoll", enc: frame.Binary},
	{name: "sse", enc: frame.Binary, events: true},
	{name: "webtransport", enc: frame.Binary, udp: true},
}

func (k kind) posts() bool { return k.subprotocol == "" && !k.udp }
func (k kind) polls() bool { return k.posts() && !k.events }

// answer is all that came back: the frames, and how it ended.
type answer struct {
	frames []frame.Frame
	status int           // of HTTP
	closed int           // close code of WebSocket
	stream []frame.Frame // of an event stream that has ended
	ended  bool          // there was one
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
	if k.posts() && a.status != status {
		t.Errorf("status %d, want %d", a.status, status)
	}
	if k.subprotocol != "" && a.closed != int(code) { // WebTransport's own code does not reach a browser: the stream ends
		t.Errorf("closed with %d, want %d", a.closed, code)
	}
	if a.ended {
		answer{frames: a.stream, status: status}.check(t, k, want, code, status)
	}
}

// try opens a connection with a first batch, and reads until the server ends it. sid is for an ATTACH in a POST.
func (k kind) try(t *testing.T, s *server, sid *frame.SID, first []byte) answer {
	t.Helper()
	if k.events {
		st := s.openStream(t, sid)
		return st.end(t, st.attach(t, first))
	}
	if k.polls() {
		path := "/session"
		if sid != nil {
			path = "/s/" + base64.RawURLEncoding.EncodeToString(sid[:]) + "/poll"
		}
		return post(t, s.mount+path, nil, bytes.NewReader(first))
	}
	c := k.dial(t, s)
	c.write(first)
	return k.drain(t, c)
}

// connection carries frames both ways.
type connection interface {
	// write sends a batch. The server may have closed already.
	write(batch []byte)
	// read returns whole frames, or how the server ended the connection: a close code, 0 where there is none, or an error.
	read() (batch []byte, closed int, err error)
}

// dial opens a WebSocket, or a stream of WebTransport.
func (k kind) dial(t *testing.T, s *server) connection {
	t.Helper()
	if k.udp {
		return dialStream(t, s)
	}
	dialer := gorilla.Dialer{Subprotocols: []string{k.subprotocol}}
	ws, _, err := dialer.Dial("ws"+strings.TrimPrefix(s.mount, "http")+"/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.Close() })
	ws.SetReadDeadline(time.Now().Add(patience))
	ws.SetWriteDeadline(time.Now().Add(patience))
	if k.enc == frame.JSON {
		return &socket{ws, gorilla.TextMessage}
	}
	return &socket{ws, gorilla.BinaryMessage}
}

// socket is a WebSocket: one message is one batch.
type socket struct {
	*gorilla.Conn
	kind int
}

func (s *socket) write(batch []byte) { _ = s.WriteMessage(s.kind, batch) }

func (s *socket) read() (batch []byte, closed int, err error) {
	_, batch, err = s.ReadMessage()
	if e, ok := errors.AsType[*gorilla.CloseError](err); ok {
		return nil, e.Code, nil
	}
	return batch, 0, err
}

// drain reads until the server has closed.
func (k kind) drain(t *testing.T, c connection) (a answer) {
	t.Helper()
	for {
		batch, closed, err := c.read()
		if err != nil {
			t.Errorf("the server did not close: %v", err)
		}
		if len(batch) == 0 {
			a.closed = closed
			return a
		}
		a.frames = append(a.frames, decode(t, k.enc, batch)...)
	}
}

// post makes a request. A body that is refused may be cut off on the way.
func post(t *testing.T, url string, header http.Header, body io.Reader) answer {
	t.Helper()
	return request(t, "POST", url, header, body)
}

func request(t *testing.T, method, url string, header http.Header, body io.Reader) answer {
	t.Helper()
	req, err := http.NewRequest(method, url, body)
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
