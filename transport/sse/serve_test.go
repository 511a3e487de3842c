package sse_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/sse"
)

// A stream begins at once with a comment that is long enough to show that it flows, and its id. PROTOCOL 11.7, 11.11
func TestStreamBegins(t *testing.T) {
	s := serve(t, newGate())
	resp := s.do(t, http.MethodPost, mine+"/sse", "", nil)
	defer resp.Body.Close()
	for name, want := range map[string]string{
		"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store, no-transform",
		"X-Content-Type-Options": "nosniff", "X-Accel-Buffering": "no",
	} {
		if got := resp.Header.Get(name); got != want || resp.StatusCode != 200 {
			t.Errorf("%s, %s: %q, want %q", resp.Status, name, got, want)
		}
	}
	begin := make([]byte, 1+2048+len("\n\nevent: stream\ndata: ")+22+2)
	for n := 0; n < len(begin); {
		m, err := resp.Body.Read(begin[n:])
		if n += m; err != nil {
			t.Fatal(err)
		}
	}
	id, ok := strings.CutPrefix(string(begin), ":"+strings.Repeat(" ", 2048)+"\n\nevent: stream\ndata: ")
	if raw, err := base64.RawURLEncoding.DecodeString(strings.TrimSuffix(id, "\n\n")); !ok || err != nil || len(raw) != 16 {
		t.Errorf("begins with %q", begin)
	}
}

// ATTACH comes by POST and binds the stream: READY and all that follows goes down there, each frame an event, DATA with
// an id. PROTOCOL 11.12, 11.13
func TestAttach(t *testing.T) {
	s := serve(t, newGate())
	st, a := s.attached(t)
	if got := receive(t, a.got); got != attach {
		t.Errorf("opened with %q", got)
	}
	if a.conn.Kind() != transport.SSE || a.conn.Encoding() != frame.JSON || !a.conn.Kind().Posts() || a.conn.Kind().Pulled() {
		t.Errorf("conn is %v, encoding %d", a.conn.Kind(), a.conn.Encoding())
	}
	long := strings.Repeat("x", 100<<10)
	batch := []frame.Frame{
		{Type: frame.Ack, Rcv: 1, Ack: 1},
		{Type: frame.Data, Seq: 41, Message: frame.Message{Kind: frame.Event, Name: "a", Codec: frame.CodecJSON, Payload: []byte(`"x"`)}},
		{Type: frame.Data, Seq: 42, Message: frame.Message{Kind: frame.Event, Name: long}},
	}
	var text []byte
	for i := range batch {
		text = frame.Append(text, frame.JSON, &batch[i])
	}
	if err := a.conn.Send(text); err != nil {
		t.Fatal(err)
	}
	for _, want := range [][]string{
		{`data: {"t":"ack","rcv":1,"ack":1}`},
		{"id: 0.41", `data: {"t":"data","s":41,"k":"event","n":"a","p":"x"}`},
		{"id: 0.42", `data: {"t":"data","s":42,"k":"event","n":"` + long + `"}`},
	} {
		if got := st.event(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %.200q, want %.200q", got, want)
		}
	}
	status, body := s.post(t, mine+"/send?att=12", "up")
	ack := frame.Append(nil, frame.Binary, &frame.Frame{Type: frame.Ack, Rcv: 7, Ack: 5})
	if got := receive(t, a.got); got != "up" || status != 200 || !bytes.Equal(body, ack) {
		t.Errorf("delivered %q, answered %d % x", got, status, body)
	}
}

// An ATTACH that names no stream that waits for it changes nothing, and the client may try another way. PROTOCOL 11.12
func TestNoSuchStream(t *testing.T) {
	s := serve(t, newGate())
	st, a := s.attached(t)
	other := s.open(t)
	for name, path := range map[string]string{
		"unknown":             mine + "/sse?stream=AAAAAAAAAAAAAAAAAAAAAA",
		"none":                mine + "/sse?stream=",
		"another query":       mine + "/sse?att=1",
		"attached already":    mine + "/sse?stream=" + st.id,
		"of another session":  "/s/AAAAAAAAAAAAAAAAAAAAAA/sse?stream=" + other.id,
		"of no session":       "/sse?stream=" + other.id,
		"spelled differently": mine + "/sse?stream=" + other.id + "=",
	} {
		status, body := s.post(t, path, attach)
		if status != 408 {
			t.Errorf("%s: %d", name, status)
		}
		wantClose(t, frame.Binary, body, frame.Timeout)
	}
	if err := a.conn.Send([]byte("{}")); err != nil || st.event()[0] != "data: {}" {
		t.Errorf("the attached stream was disturbed: %v", err)
	}
	if status, _ := s.post(t, mine+"/sse?stream="+other.id, attach); status != 204 {
		t.Errorf("the waiting stream was disturbed: %d", status)
	}
}

// Of many ATTACHes for one stream one is taken. PROTOCOL 11.12
func TestAttachRace(t *testing.T) {
	s := serve(t, newGate())
	st := s.open(t)
	var all sync.WaitGroup
	taken := make(chan int, 20)
	for range cap(taken) {
		all.Go(func() {
			status, _ := s.post(t, mine+"/sse?stream="+st.id, attach)
			taken <- status
		})
	}
	all.Wait()
	n := 0
	for range cap(taken) {
		if status := <-taken; status == 204 {
			n++
		} else if status != 408 {
			t.Errorf("answered %d", status)
		}
	}
	if n != 1 || len(s.bound) != 1 {
		t.Errorf("%d were taken, %d bound", n, len(s.bound))
	}
}

// A refused ATTACH is answered, and told in band; the stream ends. PROTOCOL 8.8, 11.10, 11.12
func TestRefusedAttach(t *testing.T) {
	for _, tt := range []struct {
		body   string
		refuse error
		status int
		code   frame.Code
	}{
		{attach, &transport.Error{Code: frame.Superseded, Reason: "no"}, 409, frame.Superseded},
		{attach, &transport.Error{Code: frame.Unknown, Reason: "no", Reset: true}, 410, frame.Unknown},
		{hello, &transport.Error{Code: frame.BadProtocol, Reason: "no"}, 400, frame.BadProtocol},
	} {
		s := serve(t, newGate())
		s.refuse = tt.refuse
		st := s.open(t)
		status, body := s.post(t, mine+"/sse?stream="+st.id, tt.body)
		if status != tt.status {
			t.Errorf("%d, want %d", status, tt.status)
		}
		wantClose(t, frame.Binary, body, tt.code)
		st.wantClose(tt.code)
	}
}

// The gate is asked before anything else, at both doors. PROTOCOL 8.8, 11.9
func TestRefusedByGate(t *testing.T) {
	s := serve(t, newGate())
	st := s.open(t)
	s.admit = &transport.Error{Code: frame.Forbidden, Reason: "origin"}
	for _, path := range []string{mine + "/sse", mine + "/sse?stream=" + st.id} {
		status, body := s.post(t, path, attach)
		if status != 403 {
			t.Errorf("%s: %d", path, status)
		}
		wantClose(t, frame.Binary, body, frame.Forbidden)
	}
	s.admit = errors.New("secret")
	if status, body := s.post(t, mine+"/sse", ""); status != 500 || bytes.Contains(body, []byte("secret")) {
		t.Errorf("%d %q", status, body)
	}
}

// What is no POST as it must be is refused, and what waits still waits. PROTOCOL 11.2, 11.11
func TestBadRequests(t *testing.T) {
	s := serve(t, newGate())
	st := s.open(t)
	ask := mine + "/sse?stream=" + st.id
	for name, tt := range map[string]struct {
		method, path, body string
		header             http.Header
		status             int
		code               frame.Code
	}{
		"GET":          {"GET", mine + "/sse", "", nil, 405, frame.BadProtocol},
		"GET, stream":  {"GET", ask, "", nil, 405, frame.BadProtocol},
		"body":         {"POST", mine + "/sse", "x", nil, 400, frame.BadProtocol},
		"no body":      {"POST", ask, "", nil, 415, frame.BadProtocol},
		"other type":   {"POST", ask, "x", http.Header{"Content-Type": {"text/plain"}}, 415, frame.BadProtocol},
		"gzip":         {"POST", ask, "x", http.Header{"Content-Encoding": {"gzip"}}, 415, frame.BadProtocol},
		"far too long": {"POST", ask, strings.Repeat("x", 8<<10+1), nil, 413, frame.TooLarge},
	} {
		resp := s.do(t, tt.method, tt.path, tt.body, tt.header)
		var body bytes.Buffer
		body.ReadFrom(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != tt.status {
			t.Errorf("%s: %s, want %d", name, resp.Status, tt.status)
		}
		wantClose(t, frame.Binary, body.Bytes(), tt.code)
	}
	if status, _ := s.post(t, ask, attach); status != 204 {
		t.Errorf("the stream did not wait: %d", status)
	}
}

// A stream that nobody attaches ends, and says why, but not before its turn may have come behind an attachment that has
// as long as any other. PROTOCOL 11.11
func TestNeverAttached(t *testing.T) {
	g := newGate()
	g.limits.FirstFrame = 20 * time.Millisecond
	s := serve(t, g)
	begun := time.Now()
	st := s.open(t)
	st.wantClose(frame.Timeout)
	if took := time.Since(begun); took < 2*g.limits.FirstFrame {
		t.Errorf("a stream waits for %v, an attachment for %v", took, g.limits.FirstFrame)
	}
	if status, _ := s.post(t, mine+"/sse?stream="+st.id, attach); status != 408 {
		t.Errorf("attached after its end: %d", status)
	}
}

// Streams that wait are bounded, whoever opens them. One more ends the one that has waited longest: who opens many and
// attaches none keeps nobody out. PROTOCOL 11.11
func TestUnattachedAreBounded(t *testing.T) {
	s := serveConfig(t, newGate(), sse.Config{Unattached: 3})
	attached, a := s.attached(t) // does not count
	var waiting []*stream
	for range 5 {
		waiting = append(waiting, s.open(t))
	}
	for _, st := range waiting[:2] {
		st.wantClose(frame.RateLimited)
	}
	for _, i := range []int{4, 2, 3} {
		if status, _ := s.post(t, mine+"/sse?stream="+waiting[i].id, attach); status != 204 {
			t.Errorf("stream %d was not kept: %d", i, status)
		}
	}
	if err := a.conn.Send([]byte("{}")); err != nil || attached.event()[0] != "data: {}" {
		t.Errorf("the attached stream was disturbed: %v", err)
	}
}

// A stream that has gone makes room for another, and no other has to go. PROTOCOL 11.11
func TestGoneMakesRoom(t *testing.T) {
	closed := make(chan struct{}, 100)
	s := serveConfig(t, newGate(), sse.Config{Unattached: 2}, func(h *httptest.Server) {
		h.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateClosed { // its handler has returned
				closed <- struct{}{}
			}
		}
	})
	st := s.open(t)
	for range 5 {
		s.open(t).body.Close()
		receive(t, closed)
	}
	s.open(t)
	if status, _ := s.post(t, mine+"/sse?stream="+st.id, attach); status != 204 {
		t.Errorf("the one that waits had to go: %d", status)
	}
}
