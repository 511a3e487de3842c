package sse_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/sse"
)

// target is a session that is another link's by now: att 20.
func target(mount *url.URL) transport.Target {
	return transport.Target{
		Mount:    mount,
		Header:   http.Header{"X-Mine": {"1"}},
		Position: func() transport.Position { return transport.Position{SID: sid, Token: token, Att: 20, Rcv: 5, Ack: 4} },
	}
}

func dial(t testing.TB, d *sse.Dialer, mount *url.URL) transport.Link {
	t.Helper()
	l, err := d.Dial(t.Context(), target(mount))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close(frame.Done, "") })
	return l
}

// A link opens a stream, attaches it, receives on it and sends in POSTs, with the number it attached with.
// PROTOCOL 11.1, 11.3, 11.6, 11.11, 11.12, 11.13
func TestLink(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		s := serve(t, newGate(), func(h *httptest.Server) { h.EnableHTTP2 = http2 })
		d := new(sse.Dialer)
		if http2 {
			d.Client = s.Client()
		}
		l := dial(t, d, s.mount)
		if l.Kind() != transport.SSE || l.Encoding() != frame.JSON {
			t.Errorf("link is %v, encoding %d", l.Kind(), l.Encoding())
		}
		if answer, err := l.Send(t.Context(), []byte(attach)); len(answer) > 0 || err != nil {
			t.Fatalf("%q, %v", answer, err)
		}
		a := receive(t, s.bound)
		receive(t, a.got)
		long := strings.Repeat("x", 100<<10)
		go a.conn.Send([]byte("one\ntwo\n" + long + "\nlast\n"))
		var got string
		for !strings.HasSuffix(got, "last\n") {
			batch, err := l.Receive(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got += string(batch)
		}
		if got != "one\ntwo\n"+long+"\nlast\n" {
			t.Errorf("received %.20q...", got)
		}
		answer, err := l.Send(t.Context(), []byte("up"))
		wantAck := frame.Append(nil, frame.Binary, &frame.Frame{Type: frame.Ack, Rcv: 7, Ack: 5})
		if up := receive(t, a.got); up != "up" || string(answer) != string(wantAck) || err != nil {
			t.Errorf("delivered %q, answered % x, %v", up, answer, err)
		}
		bearer := "Bearer " + base64.RawURLEncoding.EncodeToString(token[:])
		for i, want := range []string{"/sse?", "/sse?stream=", "/send?att=12"} {
			r := receive(t, s.asked)
			asked := r.URL.Path + "?" + r.URL.RawQuery
			if !strings.HasPrefix(asked, "/rt"+mine+want) || r.Header.Get("Authorization") != bearer || r.Header.Get("X-Mine") != "1" {
				t.Errorf("request %d: %s with %v", i, asked, r.Header)
			}
		}
		l.Close(frame.Done, "")
		receive(t, a.lost)
		if _, err := l.Receive(t.Context()); err == nil {
			t.Error("received after Close")
		}
		if _, err := l.Send(t.Context(), []byte("up")); err == nil {
			t.Error("sent after Close")
		}
	}
}

// What the server refuses with a batch is an answer to a Send, and an error of Dial.
func TestRefusals(t *testing.T) {
	s := serve(t, newGate())
	l := dial(t, new(sse.Dialer), s.mount)
	for _, first := range []string{"", "\xff", attach[:5]} {
		if answer, err := l.Send(t.Context(), []byte(first)); err == nil {
			t.Errorf("%q: answer %q", first, answer)
		}
	}
	s.refuse = &transport.Error{Code: frame.Diverged, Reset: true}
	answer, err := l.Send(t.Context(), []byte(attach))
	if err != nil {
		t.Fatal(err)
	}
	wantClose(t, frame.Binary, answer, frame.Diverged)
	batch, err := l.Receive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantClose(t, frame.JSON, batch, frame.Diverged)
	if _, err := l.Receive(t.Context()); err == nil {
		t.Error("the stream goes on")
	}
	s.admit = &transport.Error{Code: frame.Draining}
	_, err = new(sse.Dialer).Dial(t.Context(), target(s.mount))
	if e, ok := errors.AsType[*transport.Error](err); !ok || e.Code != frame.Draining {
		t.Errorf("Dial: %v", err)
	}
	nobody := target(s.mount)
	nobody.Position = func() transport.Position { return transport.Position{} }
	if _, err := new(sse.Dialer).Dial(t.Context(), nobody); err == nil {
		t.Error("dialled without a session")
	}
}

// What is not weft's stream is an error.
func TestForeignStreams(t *testing.T) {
	events := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
			io.WriteString(w, text)
		}
	}
	for name, answer := range map[string]http.HandlerFunc{
		"bad gateway":   func(w http.ResponseWriter, r *http.Request) { http.Error(w, "<h1>Bad Gateway", 502) },
		"portal":        func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<h1>Welcome to the hotel") },
		"redirect":      func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", 307) },
		"no batch":      func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Content-Type", transport.MIME) },
		"other event":   events("event: message\ndata: x\n\n"),
		"no type":       events("data: x\n\n"),
		"ends early":    events(": hello\n\nevent: stream\ndata: x"),
		"too long":      events(": " + strings.Repeat(" ", 5000)),
		"no stream":     events(""),
		"cut off":       func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"empty success": func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(204) },
	} {
		h := httptest.NewServer(answer)
		mount, _ := url.Parse(h.URL)
		if _, err := (&sse.Dialer{MaxBatch: 4000}).Dial(t.Context(), target(mount)); err == nil {
			t.Errorf("%s: dialled", name)
		}
		h.Close()
	}
}

// A dial ends with its context: while nobody answers, and while the stream, or a refusal, is held back behind its head.
func TestDialCanceled(t *testing.T) {
	arrived := make(chan struct{})
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := map[string]string{"/head": "text/event-stream; charset=utf-8", "/refusal": transport.MIME}
		if mime := head[strings.TrimSuffix(r.URL.Path, mine+"/sse")]; mime != "" {
			w.Header().Set("Content-Type", mime)
			w.(http.Flusher).Flush()
		}
		if r.URL.Path == "/silent"+mine+"/sse" {
			arrived <- struct{}{}
		}
		<-r.Context().Done()
	}))
	defer h.Close()
	defer h.CloseClientConnections()
	told := &http.Client{Transport: tellReads{arrived}}
	for _, mount := range []string{"/silent", "/head", "/refusal"} {
		u, _ := url.Parse(h.URL + mount)
		ctx, cancel := context.WithCancel(t.Context())
		dialled := make(chan error, 1)
		go func() {
			_, err := (&sse.Dialer{Client: told}).Dial(ctx, target(u))
			dialled <- err
		}()
		receive(t, arrived)
		cancel()
		if err := receive(t, dialled); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", mount, err)
		}
	}
}

// tellReads is a RoundTripper that tells when somebody waits for an answer's body.
type tellReads struct{ told chan<- struct{} }

func (r tellReads) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err == nil {
		resp.Body = &toldBody{ReadCloser: resp.Body, told: r.told}
	}
	return resp, err
}

type toldBody struct {
	io.ReadCloser
	once sync.Once
	told chan<- struct{}
}

func (b *toldBody) Read(p []byte) (int, error) {
	b.once.Do(func() { b.told <- struct{}{} })
	return b.ReadCloser.Read(p)
}

// A dial's context is the dial's: the link lives on. Receive ends with its own context, and with the link.
func TestLinkCanceled(t *testing.T) {
	s := serve(t, newGate())
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	l, err := new(sse.Dialer).Dial(ctx, target(s.mount))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := l.Send(t.Context(), []byte(attach)); err != nil {
		t.Fatal(err)
	}
	a := receive(t, s.bound)
	a.conn.Send([]byte("{}\n"))
	if batch, err := l.Receive(t.Context()); string(batch) != "{}\n" {
		t.Errorf("%q, %v", batch, err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	received := make(chan error, 1)
	go func() {
		_, err := l.Receive(ctx)
		received <- err
	}()
	cancel()
	if err := receive(t, received); !errors.Is(err, context.Canceled) {
		t.Errorf("Receive: %v", err)
	}
	l.Close(frame.Done, "")
	receive(t, a.lost)
}

// A link with connections of its own leaves none behind.
func TestCloseLeavesNothing(t *testing.T) {
	closed, opened := make(chan struct{}, 10), make(chan struct{}, 10)
	s := serve(t, newGate(), func(h *httptest.Server) {
		h.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				opened <- struct{}{}
			case http.StateClosed:
				closed <- struct{}{}
			}
		}
	})
	l := dial(t, new(sse.Dialer), s.mount)
	if _, err := l.Send(t.Context(), []byte(attach)); err != nil {
		t.Fatal(err)
	}
	l.Close(frame.Done, "")
	for range len(opened) {
		receive(t, closed)
	}
}

// Events that come in the same packet as the stream's beginning are not lost.
func TestEarlyEvents(t *testing.T) {
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		fmt.Fprint(w, ": \n\nevent: stream\ndata: x\n\ndata: one\n\nevent: other\ndata: no\n\ndata: two\n\n")
	}))
	defer h.Close()
	mount, _ := url.Parse(h.URL)
	l := dial(t, new(sse.Dialer), mount)
	got := ""
	for end := time.Now().Add(patience); got != "one\ntwo\n"; {
		batch, err := l.Receive(t.Context())
		if got += string(batch); err != nil || time.Now().After(end) {
			t.Fatalf("%q, %v", got, err)
		}
	}
	if _, err := l.Receive(t.Context()); err == nil {
		t.Error("received behind the end")
	}
}
