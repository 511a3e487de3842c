package longpoll_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// raw is a client that can send anything.
type raw struct {
	net.Conn
	*bufio.Reader
	t *testing.T
}

func (s *server) dialRaw(t *testing.T, request string) raw {
	t.Helper()
	c, err := net.Dial("tcp", s.mount.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	r := raw{c, bufio.NewReader(c), t}
	r.write(request)
	return r
}

func (r raw) write(s string) {
	r.t.Helper()
	if _, err := io.WriteString(r.Conn, s); err != nil {
		r.t.Fatal(err)
	}
}

func (r raw) answer() (int, []byte) {
	r.t.Helper()
	resp, err := http.ReadResponse(r.Reader, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, body
}

func head(path, more string) string {
	return "POST /rt" + path + " HTTP/1.1\r\nHost: h\r\nContent-Type: " + transport.MIME + "\r\n" + more + "\r\n\r\n"
}

var doors = []string{"/session", "/s/x/poll", "/s/x/poll" + query, "/s/x/send?att=3"}

// A body that is too large is refused, announced or not, without being waited for. PROTOCOL 11.2
func TestTooLarge(t *testing.T) {
	limit := 2 * defaults.MaxFrame
	chunk := fmt.Sprintf("%x\r\n%s\r\n", 1000, strings.Repeat("x", 1000))
	for _, door := range doors {
		for name, request := range map[string]string{
			"announced, nothing sent": head(door, "Content-Length: 999999999999"),
			"announced":               head(door, fmt.Sprint("Content-Length: ", limit+1)) + strings.Repeat("x", limit+1),
			"chunked":                 head(door, "Transfer-Encoding: chunked") + strings.Repeat(chunk, limit/1000+1) + "0\r\n\r\n",
		} {
			s := serve(t, newGate())
			status, body := s.dialRaw(t, request).answer()
			if status != 413 {
				t.Errorf("%s, %s: %d", door, name, status)
			}
			wantClose(t, body, frame.TooLarge)
			s.nothingTaken(t, door)
		}
	}
}

// A body of exactly the limit is taken. PROTOCOL 11.2
func TestAtTheLimit(t *testing.T) {
	s := serve(t, newGate())
	full := strings.Repeat("x", 2*defaults.MaxFrame)
	if status, _ := s.post(t, "/s/x/send?att=3", full); status != 200 {
		t.Errorf("%d", status)
	}
	s.expect(t, "find /rt/s/x/send att 3 ", "deliver "+full, "handled")
}

// A body that does not end is refused in time. PROTOCOL 11.2
func TestBodyInTime(t *testing.T) {
	for _, door := range doors {
		for name, request := range map[string]string{
			"nothing":       head(door, "Content-Length: 10"),
			"half":          head(door, "Content-Length: 10") + "half",
			"chunked":       head(door, "Transfer-Encoding: chunked"),
			"chunked, half": head(door, "Transfer-Encoding: chunked") + "10\r\nhalf",
		} {
			g := newGate()
			g.limits.Body = 20 * time.Millisecond
			s := serve(t, g)
			status, body := s.dialRaw(t, request).answer()
			if status != 408 {
				t.Errorf("%s, %s: %d", door, name, status)
			}
			wantClose(t, body, frame.Timeout)
			s.nothingTaken(t, door)
		}
	}
}

// A refusal does not wait for the body of the refused either.
func TestRefusedBodyInTime(t *testing.T) {
	for _, door := range doors {
		g := newGate()
		g.limits.Body = 20 * time.Millisecond
		g.admitErr = &transport.Error{Code: frame.Forbidden}
		g.findErr = g.admitErr
		status, body := serve(t, g).dialRaw(t, head(door, "Content-Length: 10")).answer()
		if status != 403 {
			t.Errorf("%s: %d", door, status)
		}
		wantClose(t, body, frame.Forbidden)
	}
}

// A body that is cut off, or badly chunked, is not delivered.
func TestCutOff(t *testing.T) {
	for name, request := range map[string]string{
		"short":     head(doors[3], "Content-Length: 10") + "short",
		"bad chunk": head(doors[3], "Transfer-Encoding: chunked") + "zz\r\n",
	} {
		s := serve(t, newGate())
		r := s.dialRaw(t, request)
		r.Conn.(*net.TCPConn).CloseWrite()
		status, body := r.answer()
		if status != 400 {
			t.Errorf("%s: %d", name, status)
		}
		wantClose(t, body, frame.BadProtocol)
		s.nothingTaken(t, doors[3])
	}
}

// nothingTaken expects that at most the gate was asked.
func (s *server) nothingTaken(t *testing.T, door string) {
	t.Helper()
	for len(s.calls) > 0 {
		if call := <-s.calls; !strings.HasPrefix(call, "find") && !strings.HasPrefix(call, "admit") {
			t.Errorf("%s: call %.30q", door, call)
		}
	}
}

// A connection is good for more requests: no deadline stays behind, neither for reading nor for writing.
func TestKeepAlive(t *testing.T) {
	g := newGate()
	g.limits.Body, g.limits.Write = 100*time.Millisecond, 100*time.Millisecond
	g.limits.Hold = 300 * time.Millisecond // longer than both
	s := serve(t, g)
	r := s.dialRaw(t, head(doors[3], "Content-Length: 1")+"x")
	for _, body := range []string{"x", "", "x"} {
		if status, _ := r.answer(); status != 200 {
			t.Errorf("send: %d", status)
		}
		r.write(head(doors[2], fmt.Sprint("Content-Length: ", len(body))) + body)
		if status, _ := r.answer(); status != 204 {
			t.Errorf("poll: %d", status)
		}
		if err := receive(t, s.waited); err != context.DeadlineExceeded {
			t.Errorf("poll ended by %v", err)
		}
		r.write(head(doors[3], "Content-Length: 1") + "x")
	}
}

// A client that goes away ends its poll, and nothing else happens.
func TestClientGone(t *testing.T) {
	s := serve(t, newGate())
	r := s.dialRaw(t, head(doors[2], "Content-Length: 1")+"x")
	for receive(t, s.calls) != "pull 4 5 2" {
	}
	r.Conn.Close()
	if err := receive(t, s.waited); err != context.Canceled {
		t.Errorf("poll ended by %v", err)
	}
	s.expect(t)
}
