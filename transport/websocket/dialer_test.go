package websocket_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	gorilla "github.com/gorilla/websocket"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/websocket"
)

// A dial goes to the mount's door, with the headers of the target.
func TestDialRequest(t *testing.T) {
	s := serve(t, newGate())
	header := http.Header{"Authorization": {"Bearer x"}}
	l, err := new(websocket.Dialer).Dial(t.Context(), transport.Target{Mount: s.mount, Header: header})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close(frame.Done, "")
	r := receive(t, s.asked)
	if r.URL.Path != "/rt/ws" || r.Header.Get("Authorization") != "Bearer x" {
		t.Errorf("asked for %s with %v", r.URL, r.Header)
	}
}

// What is no weft server is an error, and no redirect is followed.
func TestDialRefused(t *testing.T) {
	plain := func(status int, contentType, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.Header().Set("Location", "/rt/ws")
			w.WriteHeader(status)
			w.Write([]byte(body))
		}
	}
	upgrade := func(subprotocols ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			u := gorilla.Upgrader{Subprotocols: subprotocols}
			if c, err := u.Upgrade(w, r, nil); err == nil {
				c.Close()
			}
		}
	}
	for name, tt := range map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"proxy's page":        {plain(502, "text/html", "<h1>Bad Gateway"), "502"},
		"redirect":            {plain(302, "text/html", ""), "302"},
		"no batch after all":  {plain(403, transport.MIME, "\xff"), "403"},
		"empty batch":         {plain(403, transport.MIME, ""), "403"},
		"no subprotocol":      {upgrade(), `subprotocol ""`},
		"another subprotocol": {upgrade(websocket.JSON), `subprotocol ""`},
	} {
		h := httptest.NewServer(tt.handler)
		mount, _ := url.Parse(h.URL)
		_, err := new(websocket.Dialer).Dial(t.Context(), transport.Target{Mount: mount})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
		h.Close()
	}
}

// A dial ends with its context, even when the server accepts and says nothing.
func TestDialCanceled(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	target := transport.Target{Mount: &url.URL{Scheme: "http", Host: silent.Addr().String()}}
	ctx, cancel := context.WithCancel(t.Context())
	dialed := make(chan error, 1)
	go func() {
		_, err := new(websocket.Dialer).Dial(ctx, target)
		dialed <- err
	}()
	c, err := silent.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Read(make([]byte, 1)); err != nil {
		t.Fatal(err) // the request is under way
	}
	cancel()
	if err := receive(t, dialed); !errors.Is(err, context.Canceled) {
		t.Errorf("Dial: %v", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := new(websocket.Dialer).Dial(ctx, target); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Dial: %v", err)
	}
}

// Send and Receive end with their contexts, and with Close.
func TestLinkCanceled(t *testing.T) {
	for name, call := range map[string]func(transport.Link, context.Context) error{
		"Receive": func(l transport.Link, ctx context.Context) error {
			_, err := l.Receive(ctx)
			return err
		},
		"Send": func(l transport.Link, ctx context.Context) error {
			_, err := l.Send(ctx, make([]byte, 64<<20)) // more than the kernel takes
			return err
		},
	} {
		for _, closing := range []bool{false, true} {
			l, arrived := dialDeaf(t)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- call(l, ctx) }()
			if name == "Send" {
				receive(t, arrived)
			}
			if closing {
				l.Close(frame.Done, "")
			} else {
				cancel()
			}
			if err := receive(t, done); err == nil || !closing && !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v (closing: %v)", name, err, closing)
			}
			cancel()
			if err := call(l, ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v with an ended context", name, err)
			}
		}
	}
}

// dialDeaf dials a server that reads a byte and no more, and tells when it did.
func dialDeaf(t *testing.T) (transport.Link, <-chan struct{}) {
	arrived, end := make(chan struct{}, 1), make(chan struct{})
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u := gorilla.Upgrader{Subprotocols: []string{websocket.Binary}}
		c, err := u.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		if _, err := c.NetConn().Read(make([]byte, 1)); err == nil {
			arrived <- struct{}{}
		}
		<-end
	}))
	mount, _ := url.Parse(h.URL)
	l := dial(t, new(websocket.Dialer), mount)
	t.Cleanup(func() {
		close(end)
		h.Close()
	})
	return l, arrived
}

// A server's message that is too long, or of the wrong type, is an error.
func TestReceiveRefused(t *testing.T) {
	s := serve(t, newGate())
	l := dial(t, &websocket.Dialer{MaxBatch: 100}, s.mount)
	l.Send(t.Context(), []byte(hello))
	receive(t, s.bound).conn.Send(make([]byte, 101))
	_, err := l.Receive(t.Context())
	if e, ok := errors.AsType[*transport.Error](err); !ok || e.Code != frame.TooLarge {
		t.Errorf("received %v", err)
	}
}
