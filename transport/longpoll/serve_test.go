package longpoll_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/longpoll"
)

func number(poll, rcv, ack uint64) string { return fmt.Sprintf("%d %d %d", poll, rcv, ack) }

const query = "?att=3&poll=4&rcv=5&ack=2"

// post makes a request with the right type and returns its status and body.
func (s *server) post(t *testing.T, path string, body string) (int, []byte) {
	t.Helper()
	return s.do(t, http.MethodPost, path, strings.NewReader(body), http.Header{"Content-Type": {transport.MIME}})
}

func (s *server) do(t *testing.T, method, path string, body io.Reader, h http.Header) (int, []byte) {
	t.Helper()
	req, err := http.NewRequest(method, s.mount.String()+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = h
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if cache := resp.Header.Get("Cache-Control"); cache != "no-store, no-transform" {
		t.Errorf("%s: Cache-Control: %q", path, cache)
	}
	return resp.StatusCode, b
}

// Both openings are answered like a first poll, with what the first messages caused. PROTOCOL 11.1, 11.2
func TestOpen(t *testing.T) {
	for _, path := range []string{"/session", "/s/abc/poll"} {
		s := serve(t, newGate())
		s.down <- "ready"
		if status, body := s.post(t, path, "hello"); status != 200 || string(body) != "ready" {
			t.Errorf("%s: %d %q", path, status, body)
		}
		s.expect(t, "admit /rt"+path, "open hello", "handled", "pull 0 0 0")
		if s.conn.Kind() != transport.LongPoll || s.conn.Encoding() != frame.Binary || !s.conn.Kind().Pulled() {
			t.Errorf("conn is %v, encoding %d", s.conn.Kind(), s.conn.Encoding())
		}
		if s.conn.Send(nil) == nil {
			t.Error("a poll's Conn sends")
		}
		s.conn.Close(frame.Superseded, "")
	}
}

// A poll says where the client is, may bring frames, and fetches what there is. PROTOCOL 11.1
func TestPoll(t *testing.T) {
	s := serve(t, newGate())
	long := strings.Repeat("x", 100<<10)
	s.down <- "first"
	s.down <- long
	if status, body := s.post(t, "/s/abc/poll"+query, "frames"); status != 200 || string(body) != "first" {
		t.Errorf("%d %q", status, body)
	}
	s.expect(t, "find /rt/s/abc/poll att 3 ", "deliver frames", "pull 4 5 2")
	// Without a body there is no type to name.
	status, body := s.do(t, http.MethodPost, "/s/abc/poll"+query, nil, http.Header{"Authorization": {"Bearer x"}})
	if status != 200 || string(body) != long {
		t.Errorf("%d %.20q", status, body)
	}
	s.expect(t, "find /rt/s/abc/poll att 3 Bearer x", "pull 4 5 2")
}

// A poll with nothing to say is held, and answered 204. PROTOCOL 11.4
func TestHold(t *testing.T) {
	g := newGate()
	g.limits.Hold = 20 * time.Millisecond
	s := serve(t, g)
	begun := time.Now()
	if status, body := s.post(t, "/s/abc/poll"+query, ""); status != 204 || len(body) > 0 {
		t.Errorf("%d %q", status, body)
	}
	if d := time.Since(begun); d < g.limits.Hold {
		t.Errorf("held for %v", d)
	}
	if err := receive(t, s.waited); err != context.DeadlineExceeded {
		t.Errorf("waited until %v", err)
	}
}

// A client may ask for a shorter hold, but not for a loop, and not for a longer one. PROTOCOL 11.4
func TestHoldAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for ask, want := range map[string]time.Duration{
			"": 25 * time.Second, "&hold=0": 25 * time.Second, "&hold=8000": 8 * time.Second, "&hold=1": time.Second,
			"&hold=25001": 25 * time.Second, "&hold=9007199254740991": 25 * time.Second,
		} {
			g := newGate()
			begun := time.Now()
			w := httptest.NewRecorder()
			longpoll.New(longpoll.Config{}).Serve(w, httptest.NewRequest(http.MethodPost, "/s/x/poll"+query+ask, nil), g)
			if d := time.Since(begun); d != want || w.Code != 204 {
				t.Errorf("%q: %d after %v, want %v", ask, w.Code, d, want)
			}
		}
	})
}

// A send is answered with one ACK, and delivers like a POST does. PROTOCOL 7.5, 11.1
func TestSend(t *testing.T) {
	s := serve(t, newGate())
	status, body := s.post(t, "/s/abc/send?att=3", "frames")
	want := frame.Append(nil, frame.Binary, &frame.Frame{Type: frame.Ack, Rcv: 7, Ack: 5})
	if status != 200 || !bytes.Equal(body, want) {
		t.Errorf("%d % x, want % x", status, body, want)
	}
	s.expect(t, "find /rt/s/abc/send att 3 ", "deliver frames", "handled")
}

// A refusal of the gate or the session is a status and a batch. PROTOCOL 8.8, 11.7
func TestRefusals(t *testing.T) {
	refusal := func(code frame.Code) error {
		gone := code == frame.Unknown || code == frame.Diverged
		return &transport.Error{Code: code, Reason: "no", Reset: gone}
	}
	for name, tt := range map[string]struct {
		set    func(*gate, error)
		path   string
		err    error
		status int
		code   frame.Code
	}{
		"origin": {func(g *gate, err error) { g.admitErr = err }, "/session", refusal(frame.Forbidden), 403, frame.Forbidden},
		"rate":   {func(g *gate, err error) { g.admitErr = err }, "/s/x/poll", refusal(frame.RateLimited), 429, frame.RateLimited},
		"opening": {func(g *gate, err error) { g.openErr = err }, "/s/x/poll", refusal(frame.Diverged), 410,
			frame.Diverged},
		"version": {func(g *gate, err error) { g.openErr = err }, "/session", refusal(frame.BadVersion), 426, frame.BadVersion},
		"unknown session": {func(g *gate, err error) { g.findErr = err }, "/s/x/poll" + query, refusal(frame.Unknown), 410,
			frame.Unknown},
		"unknown session, send": {func(g *gate, err error) { g.findErr = err }, "/s/x/send?att=1", refusal(frame.Unknown),
			410, frame.Unknown},
		"second poll": {func(g *gate, err error) { g.pullErr = err }, "/s/x/poll" + query, refusal(frame.Superseded), 409,
			frame.Superseded},
		"bad frames": {func(g *gate, err error) { g.deliverErr = err }, "/s/x/poll" + query, refusal(frame.BadProtocol), 400,
			frame.BadProtocol},
		"window": {func(g *gate, err error) { g.deliverErr = err }, "/s/x/send?att=1", refusal(frame.WindowBroken), 400,
			frame.WindowBroken},
		"draining": {func(g *gate, err error) { g.admitErr = err }, "/session", refusal(frame.Draining), 503, frame.Draining},
		"internal": {func(g *gate, err error) { g.pullErr = err }, "/s/x/poll" + query, errors.New("secret"), 500,
			frame.Internal},
	} {
		s := serve(t, newGate())
		tt.set(s.gate, tt.err)
		status, body := s.post(t, tt.path, "frames")
		if status != tt.status || bytes.Contains(body, []byte("secret")) {
			t.Errorf("%s: %d %q, want %d", name, status, body, tt.status)
		}
		wantClose(t, body, tt.code)
	}
}

// What is no POST of a batch with good numbers is refused, before the gate is asked for a session. PROTOCOL 11.2
func TestBadRequests(t *testing.T) {
	typed := http.Header{"Content-Type": {transport.MIME}}
	for name, tt := range map[string]struct {
		method, path, body string
		header             http.Header
		status             int
	}{
		"GET":             {"GET", "/session", "", nil, 405},
		"GET a poll":      {"GET", "/s/x/poll" + query, "", nil, 405},
		"PUT":             {"PUT", "/s/x/send?att=1", "x", typed, 405},
		"form":            {"POST", "/s/x/send?att=1", "x", http.Header{"Content-Type": {"text/plain"}}, 415},
		"no type":         {"POST", "/s/x/poll" + query, "x", nil, 415},
		"empty send":      {"POST", "/s/x/send?att=1", "", nil, 415},
		"gzip":            {"POST", "/s/x/send?att=1", "x", http.Header{"Content-Type": {transport.MIME}, "Content-Encoding": {"gzip"}}, 415},
		"send, no att":    {"POST", "/s/x/send", "x", typed, 400},
		"send, bad att":   {"POST", "/s/x/send?att=one", "x", typed, 400},
		"poll, no ack":    {"POST", "/s/x/poll?att=1&poll=1&rcv=0", "", nil, 400},
		"poll, no poll":   {"POST", "/s/x/poll?att=1&rcv=0&ack=0", "", nil, 400},
		"poll, no att":    {"POST", "/s/x/poll?poll=1&rcv=0&ack=0", "", nil, 400},
		"poll, negative":  {"POST", "/s/x/poll?att=1&poll=1&rcv=-1&ack=0", "", nil, 400},
		"poll, bad hold":  {"POST", "/s/x/poll" + query + "&hold=1s", "", nil, 400},
		"poll, two holds": {"POST", "/s/x/poll" + query + "&hold=1&hold=1", "", nil, 400},
		"poll, 2^53":      {"POST", "/s/x/poll?att=1&poll=1&rcv=9007199254740992&ack=0", "", nil, 400},
		"poll, att twice": {"POST", "/s/x/poll?att=1&att=2&poll=1&rcv=0&ack=0", "", nil, 400},
		"poll, garbage":   {"POST", "/s/x/poll?%zz;=&&&", "", nil, 400},
		"door":            {"POST", "/s/x/sse", "x", typed, 404},
	} {
		s := serve(t, newGate())
		status, body := s.do(t, tt.method, tt.path, strings.NewReader(tt.body), tt.header)
		if status != tt.status {
			t.Errorf("%s: %d, want %d", name, status, tt.status)
		}
		wantClose(t, body, frame.BadProtocol)
		s.expect(t)
	}
}

// At the doors that open, the gate is asked first: it knows the rate and the origin. PROTOCOL 11.2
func TestGateBeforeType(t *testing.T) {
	for _, path := range []string{"/session", "/s/x/poll"} {
		for name, header := range map[string]http.Header{"no type": nil, "form": {"Content-Type": {"text/plain"}}} {
			s := serve(t, newGate())
			status, body := s.do(t, http.MethodPost, path, strings.NewReader("x"), header)
			if status != 415 {
				t.Errorf("%s, %s: %d", path, name, status)
			}
			wantClose(t, body, frame.BadProtocol)
			s.expect(t, "admit /rt"+path)
		}
	}
}

// A HEAD is refused too, without a body.
func TestHead(t *testing.T) {
	s := serve(t, newGate())
	if status, _ := s.do(t, http.MethodHead, "/session", nil, nil); status != 405 {
		t.Errorf("%d", status)
	}
}
