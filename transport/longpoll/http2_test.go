package longpoll_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/longpoll"
)

func serveHTTP2(t *testing.T, g *gate) *server {
	t.Helper()
	tr := longpoll.New(longpoll.Config{})
	h := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("HTTP/%d", r.ProtoMajor)
		}
		tr.Serve(w, r, g)
	}))
	h.EnableHTTP2 = true
	h.StartTLS()
	t.Cleanup(h.Close)
	mount, err := url.Parse(h.URL + "/rt")
	if err != nil {
		t.Fatal(err)
	}
	return &server{g, h, mount}
}

// Over HTTP/2 deadlines are a stream's: a body that does not end is refused, a poll outlives both deadlines, and the
// streams beside are left alone. PROTOCOL 11.2, 11.4
func TestHTTP2(t *testing.T) {
	g := newGate()
	g.limits.Body, g.limits.Write, g.limits.Hold = 100*time.Millisecond, 100*time.Millisecond, 300*time.Millisecond
	s := serveHTTP2(t, g)
	endless, w := io.Pipe()
	defer w.Close()
	status, body := s.do(t, http.MethodPost, doors[3], endless, http.Header{"Content-Type": {transport.MIME}})
	if status != 408 {
		t.Errorf("endless body: %d", status)
	}
	wantClose(t, body, frame.Timeout)
	for range 2 {
		if status, _ := s.post(t, doors[2], "x"); status != 204 {
			t.Errorf("poll: %d", status)
		}
		if status, _ := s.post(t, doors[3], "x"); status != 200 {
			t.Errorf("send: %d", status)
		}
	}
}

// The deadlines of an http.Server are for requests that are answered at once. A poll is held for longer, with a body and
// without, over both HTTPs, and leaves nothing behind for the request that comes after it. PROTOCOL 11.4
func TestServerDeadlines(t *testing.T) {
	const short = 100 * time.Millisecond
	for _, http2 := range []bool{false, true} {
		g := newGate()
		g.limits.Hold = 2 * short
		tr := longpoll.New(longpoll.Config{})
		h := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { tr.Serve(w, r, g) }))
		h.EnableHTTP2 = http2
		h.Config.ReadTimeout, h.Config.WriteTimeout, h.Config.IdleTimeout = short, short, short
		h.TLS = &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			return nil, hello.Conn.SetDeadline(time.Time{}) // the handshake takes what it takes on a busy machine
		}}
		if h.EnableHTTP2 {
			h.StartTLS()
		} else {
			h.Start()
		}
		t.Cleanup(h.Close)
		mount, err := url.Parse(h.URL + "/rt")
		if err != nil {
			t.Fatal(err)
		}
		s := &server{g, h, mount}
		for _, body := range []string{"", "x", "", "x"} {
			begun := time.Now()
			if status, _ := s.post(t, doors[2], body); status != 204 {
				t.Errorf("HTTP/2 %v: poll %q: %d", http2, body, status)
			}
			if held := time.Since(begun); held < g.limits.Hold {
				t.Errorf("HTTP/2 %v: poll %q: held for %v", http2, body, held)
			}
		}
	}
}
