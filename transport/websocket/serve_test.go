package websocket_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/websocket"
)

var _ transport.Transport = (*websocket.Transport)(nil)
var _ transport.Dialer = (*websocket.Dialer)(nil)

// One message is one batch, both ways, in both encodings. PROTOCOL 11.8
func TestMessagesAreBatches(t *testing.T) {
	for _, enc := range []frame.Encoding{frame.Binary, frame.JSON} {
		s := serve(t, newGate())
		l := dial(t, &websocket.Dialer{Encoding: enc}, s.mount)
		if l.Encoding() != enc || l.Kind() != transport.WebSocket {
			t.Errorf("link is %v, encoding %d", l.Kind(), l.Encoding())
		}
		long := strings.Repeat("x", 8<<10)
		for _, batch := range []string{"first", "second", long} {
			if answer, err := l.Send(t.Context(), []byte(batch)); answer != nil || err != nil {
				t.Fatalf("Send: %q, %v", answer, err)
			}
		}
		a := receive(t, s.bound)
		for _, want := range []string{"first", "second", long} {
			if got := receive(t, a.got); got != want {
				t.Errorf("encoding %d: delivered %.20q, want %.20q", enc, got, want)
			}
		}
		if a.conn.Encoding() != enc || a.conn.Kind() != transport.WebSocket {
			t.Errorf("conn is %v, encoding %d", a.conn.Kind(), a.conn.Encoding())
		}
		for _, want := range []string{"down", strings.Repeat("y", 100<<10)} {
			if err := a.conn.Send([]byte(want)); err != nil {
				t.Fatal(err)
			}
			if got, err := l.Receive(t.Context()); string(got) != want || err != nil {
				t.Errorf("received %.20q, %v, want %.20q", got, err, want)
			}
		}
	}
}

// The gate refuses before the upgrade, with the code's status, its batch and its headers. PROTOCOL 8.8, 11.7
func TestRefusedByGate(t *testing.T) {
	for _, tt := range []struct {
		err    error
		status int
		code   frame.Code
	}{
		{&transport.Error{Code: frame.Forbidden, Reason: "origin"}, 403, frame.Forbidden},
		{&transport.Error{Code: frame.RateLimited, Reason: "rate"}, 429, frame.RateLimited},
		{&transport.Error{Code: frame.Draining, Reason: "draining"}, 503, frame.Draining},
		{errors.New("database password is 1234"), 500, frame.Internal},
	} {
		g := newGate()
		g.admit = tt.err
		s := serve(t, g)
		resp, body := s.get(t, http.MethodGet, "weft.1", "")
		if resp.StatusCode != tt.status {
			t.Errorf("%v: %s, want %d", tt.err, resp.Status, tt.status)
		}
		wantClose(t, frame.Binary, body, tt.code)
		if strings.Contains(string(body), "1234") {
			t.Errorf("the client is told %q", body)
		}
		for name, want := range map[string]string{
			"Cache-Control": "no-store, no-transform", "X-Content-Type-Options": "nosniff",
			"X-Accel-Buffering": "no", "Content-Type": transport.MIME,
		} {
			if got := resp.Header.Get(name); got != want {
				t.Errorf("%v: %s: %q, want %q", tt.err, name, got, want)
			}
		}
		_, err := new(websocket.Dialer).Dial(t.Context(), transport.Target{Mount: s.mount})
		if e, ok := errors.AsType[*transport.Error](err); !ok || e.Code != tt.code {
			t.Errorf("Dial: %v, want code %d", err, tt.code)
		}
	}
}

// What is no upgrade to a subprotocol that is known is answered over HTTP. PROTOCOL 11.8
func TestRefusedUpgrade(t *testing.T) {
	for name, tt := range map[string]struct {
		method, subprotocol, without string
		status                       int
	}{
		"no subprotocol":      {"GET", "", "", 400},
		"unknown subprotocol": {"GET", "weft.2, graphql-ws", "", 400},
		"no upgrade":          {"GET", "weft.1", "Upgrade", 400},
		"no connection":       {"GET", "weft.1", "Connection", 400},
		"no version":          {"GET", "weft.1", "Sec-WebSocket-Version", 400},
		"no key":              {"GET", "weft.1", "Sec-WebSocket-Key", 400},
		"a POST":              {"POST", "weft.1", "", 405},
	} {
		s := serve(t, newGate())
		resp, body := s.get(t, tt.method, tt.subprotocol, tt.without)
		if resp.StatusCode != tt.status || resp.Header.Get("Sec-WebSocket-Version") != "13" {
			t.Errorf("%s: %s %v, want %d", name, resp.Status, resp.Header, tt.status)
		}
		wantClose(t, frame.Binary, body, frame.BadProtocol)
	}
}

// get asks for an upgrade, leaving out a header.
func (s *server) get(t *testing.T, method, subprotocol, without string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequest(method, s.mount.String()+"/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range [][2]string{{"Connection", "Upgrade"}, {"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"},
		{"Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="}, {"Sec-WebSocket-Protocol", subprotocol}} {
		if h[0] != without && h[1] != "" {
			req.Header.Set(h[0], h[1])
		}
	}
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, body
}

// A client that knows both subprotocols speaks binary. PROTOCOL 11.8
func TestSubprotocolPreference(t *testing.T) {
	s := serve(t, newGate())
	r := s.dialRaw(t, "weft.1.json, weft.1", wsFrame(0x82, "hello"))
	a := receive(t, s.bound)
	if a.conn.Encoding() != frame.Binary {
		t.Error("not binary")
	}
	r.Conn.Close()
	receive(t, a.lost)
}

// What the client sends in one packet with its request is not lost.
func TestEarlyFrames(t *testing.T) {
	s := serve(t, newGate())
	want := []string{"hello", strings.Repeat("z", 3000), "third"}
	var early []byte
	for _, m := range want {
		early = append(early, wsFrame(0x82, m)...)
	}
	s.dialRaw(t, "weft.1", early)
	a := receive(t, s.bound)
	for _, m := range want {
		if got := receive(t, a.got); got != m {
			t.Errorf("got %.20q, want %.20q", got, m)
		}
	}
}

// A refused opening is answered in band, and by the close frame. PROTOCOL 8.8, 11.10
func TestRefusedOpening(t *testing.T) {
	for _, enc := range []frame.Encoding{frame.Binary, frame.JSON} {
		g := newGate()
		g.refuse = &transport.Error{Code: frame.Superseded, Reason: "att is not newer"}
		s := serve(t, g)
		op, subprotocol := byte(0x82), websocket.Binary
		if enc == frame.JSON {
			op, subprotocol = 0x81, websocket.JSON
		}
		s.dialRaw(t, subprotocol, wsFrame(op, "hello")).refused(enc, frame.Superseded)
	}
}
