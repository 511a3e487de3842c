package sse_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/weft-realtime/weft/internal/leak"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/longpoll"
	"github.com/weft-realtime/weft/transport/sse"
)

func TestMain(m *testing.M) { leak.Main(m) }

var _ transport.Transport = (*sse.Transport)(nil)
var _ transport.Dialer = (*sse.Dialer)(nil)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

var (
	defaults = transport.Limits{
		MaxFrame: 4 << 10, FirstFrame: 5 * time.Second, Body: 10 * time.Second,
		Write: 10 * time.Second, Hold: 25 * time.Second, Settle: 50 * time.Millisecond,
	}
	sid    = frame.SID{1, 2, 3, 0xff, 0xfe}
	token  = frame.Token{9, 8, 7, 0xff}
	mine   = "/s/" + base64.RawURLEncoding.EncodeToString(sid[:])
	hello  = opening(frame.Hello)
	attach = opening(frame.Attach)
)

func opening(t frame.Type) string {
	o := &frame.Opening{Version: 1}
	if t == frame.Attach {
		o.SID, o.Token, o.Att = sid, token, 12
	}
	return string(frame.Append(nil, frame.Binary, &frame.Frame{Type: t, Open: o}))
}

// gate is a Gate and an Opener with one attachment for every stream.
type gate struct {
	limits       transport.Limits
	admit, found error
	refuse       error              // by Open
	bound        chan *attachment   // what Open has bound
	asked        chan *http.Request // what Admit and Find have seen
	last         *attachment
	forgetful    bool // keeps nothing of requests, and little of attachments
}

func newGate() *gate {
	return &gate{limits: defaults, bound: make(chan *attachment, 100), asked: make(chan *http.Request, 20_000)}
}

func (g *gate) Limits() transport.Limits { return g.limits }

func (g *gate) Admit(r *http.Request) (transport.Opener, error) {
	if !g.forgetful {
		g.asked <- r
	}
	return g, g.admit
}

func (g *gate) Find(r *http.Request) (transport.Attachment, error) {
	if !g.forgetful {
		g.asked <- r
	}
	return g.last, g.found
}

func (*gate) Refuse(err error) error { return err }

func (g *gate) Open(first []byte, c transport.Conn) (transport.Attachment, error) {
	if g.refuse != nil {
		return nil, g.refuse
	}
	g.last = &attachment{conn: c, got: make(chan string, 10), lost: make(chan error, 1)}
	g.last.got <- string(first)
	g.bound <- g.last
	return g.last, nil
}

// attachment keeps what is delivered.
type attachment struct {
	transport.Attachment
	conn transport.Conn
	got  chan string
	lost chan error
}

func (a *attachment) Deliver(batch []byte, post bool) error {
	if !post {
		return errors.New("not said to be a POST")
	}
	a.got <- string(batch)
	return nil
}

func (a *attachment) Handled(context.Context) transport.Progress {
	return transport.Progress{Received: 7, Consumed: 5}
}

func (a *attachment) Lost(err error) { a.lost <- err }

// server is a transport behind a real socket, with long polling's door beside it.
type server struct {
	*gate
	*httptest.Server
	tr    *sse.Transport
	mount *url.URL
}

func serve(t testing.TB, g *gate, change ...func(*httptest.Server)) *server {
	return serveConfig(t, g, sse.Config{}, change...)
}

func serveConfig(t testing.TB, g *gate, cfg sse.Config, change ...func(*httptest.Server)) *server {
	t.Helper()
	s := &server{gate: g, tr: sse.New(cfg)}
	lp := longpoll.New(longpoll.Config{})
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path.Base(r.URL.Path) == "send" {
			lp.Serve(w, r, g)
			return
		}
		s.tr.Serve(w, r, g)
	}))
	for _, c := range change {
		c(s.Server)
	}
	if s.EnableHTTP2 {
		s.StartTLS()
	} else {
		s.Start()
	}
	mount, err := url.Parse(s.URL + "/rt")
	if err != nil {
		t.Fatal(err)
	}
	s.mount = mount
	t.Cleanup(func() {
		s.Client().CloseIdleConnections()
		s.CloseClientConnections()
		s.Close()
		s.tr.Wait()
	})
	return s
}

// do makes a request that is cut off when the test ends.
func (s *server) do(t testing.TB, method, path, body string, h http.Header) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.mount.String()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if h == nil {
		h = http.Header{}
	}
	if body != "" && h["Content-Type"] == nil {
		h.Set("Content-Type", transport.MIME)
	}
	req.Header = h
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// post makes a request and returns its status and answer.
func (s *server) post(t testing.TB, path, body string) (int, []byte) {
	t.Helper()
	resp := s.do(t, http.MethodPost, path, body, nil)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, b
}

// stream is an event stream as it comes.
type stream struct {
	*bufio.Reader
	t    testing.TB
	body io.ReadCloser
	id   string
}

// open opens a stream and reads its beginning.
func (s *server) open(t testing.TB) *stream {
	t.Helper()
	resp := s.do(t, http.MethodPost, "/s/"+base64.RawURLEncoding.EncodeToString(sid[:])+"/sse", "", nil)
	t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != 200 {
		t.Fatalf("answered %s", resp.Status)
	}
	st := &stream{Reader: bufio.NewReader(resp.Body), t: t, body: resp.Body}
	st.event() // the comment
	st.id = strings.TrimPrefix(st.event()[1], "data: ")
	return st
}

// event reads to the next empty line.
func (s *stream) event() (lines []string) {
	s.t.Helper()
	for {
		line, err := s.ReadString('\n')
		if err != nil {
			s.t.Fatalf("%v behind %q", err, lines)
		}
		if line == "\n" {
			return lines
		}
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
}

// wantClose expects CLOSE and the end of the stream.
func (s *stream) wantClose(code frame.Code) {
	s.t.Helper()
	lines := s.event()
	wantClose(s.t, frame.JSON, []byte(strings.TrimPrefix(lines[0], "data: ")), code)
	s.wantEnd()
}

func (s *stream) wantEnd() {
	s.t.Helper()
	if b, err := s.ReadByte(); err != io.EOF {
		s.t.Errorf("read %q, %v, want the end", b, err)
	}
}

// attached opens a stream and attaches it.
func (s *server) attached(t testing.TB) (*stream, *attachment) {
	t.Helper()
	st := s.open(t)
	if status, body := s.post(t, mine+"/sse?stream="+st.id, attach); status != 204 || len(body) > 0 {
		t.Fatalf("ATTACH is answered %d %q", status, body)
	}
	return st, receive(t, s.bound)
}

func receive[T any](t testing.TB, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func wantClose(t testing.TB, enc frame.Encoding, batch []byte, code frame.Code) {
	t.Helper()
	var d frame.Decoder
	var f frame.Frame
	d.Reset(enc, batch, 4<<10)
	ok, err := d.Next(&f)
	if !ok || err != nil || f.Type != frame.Close && f.Type != frame.Reset || f.Code != code {
		t.Errorf("got %q = %+v, %v, want code %d", batch, f, err, code)
	}
}
