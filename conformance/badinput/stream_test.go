package badinput_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// events is an event stream as a client sees it.
type events struct {
	*bufio.Reader
	door string // its URL
	id   string
}

// openStream opens a stream of a session, or of none, and reads its beginning.
func (s *server) openStream(t *testing.T, sid *frame.SID) *events {
	t.Helper()
	if sid == nil {
		sid = new(frame.SID)
	}
	st := &events{door: s.mount + "/s/" + base64.RawURLEncoding.EncodeToString(sid[:]) + "/sse"}
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, "POST", st.door, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	st.Reader = bufio.NewReader(resp.Body)
	for st.id == "" {
		line, err := st.ReadString('\n')
		if err != nil {
			t.Fatalf("%s: %v", resp.Status, err)
		}
		st.id = strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "data: ")
		if st.id+"\n" == line {
			st.id = "" // not the one
		}
	}
	return st
}

// attach POSTs a batch that begins with the stream's ATTACH.
func (st *events) attach(t *testing.T, batch []byte) answer {
	t.Helper()
	return post(t, st.door+"?stream="+st.id, nil, bytes.NewReader(batch))
}

// next reads an event.
func (st *events) next(t *testing.T) ([]frame.Frame, error) {
	t.Helper()
	for {
		line, err := st.ReadString('\n')
		if err != nil {
			return nil, err
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			return decode(t, frame.JSON, []byte(data)), nil
		}
	}
}

// end adds to a POST's answer what the stream says until the server has ended it.
func (st *events) end(t *testing.T, a answer) answer {
	t.Helper()
	a.ended = true
	for {
		frames, err := st.next(t)
		if err != nil {
			if err != io.EOF {
				t.Errorf("the server did not end the stream: %v", err)
			}
			return a
		}
		a.stream = append(a.stream, frames...)
	}
}

// A stream that nobody attaches, or whose ATTACH comes in drips, is not waited for. PROTOCOL 2.13, 11.2, 11.11
func TestStreamIsNeverAttached(t *testing.T) {
	s := serve(t, func(l *transport.Limits) { l.FirstFrame, l.Body = 300*time.Millisecond, 100*time.Millisecond })
	sse := kinds[3]
	s.meanwhile(t, func() {
		alone := s.openStream(t, nil).end(t, answer{})
		answer{frames: alone.stream, status: 408}.check(t, sse, frame.Close, frame.Timeout, 408)
		st := s.openStream(t, nil)
		st.end(t, post(t, st.door+"?stream="+st.id, nil, drip(t))).check(t, sse, frame.Close, frame.Timeout, 408)
	})
}

// What is no POST as it must be, at the door of streams. PROTOCOL 11.2, 11.9, 11.11
func TestBadStreams(t *testing.T) {
	s := serve(t, nil)
	sse := kinds[3]
	p := sse.join(t, s)
	st := s.openStream(t, &p.open.SID)
	attach := encode(frame.Binary, p.takeover())
	for name, tt := range map[string]struct {
		method, query string
		header        http.Header
		body          []byte
		code          frame.Code
		status        int
	}{
		"GET":           {"GET", "", nil, nil, frame.BadProtocol, 405},
		"GET, stream":   {"GET", "?stream=" + st.id, nil, nil, frame.BadProtocol, 405},
		"PUT":           {"PUT", "?stream=" + st.id, nil, attach, frame.BadProtocol, 405},
		"wrong origin":  {"POST", "", http.Header{"Origin": {"https://evil.example"}}, nil, frame.Forbidden, 403},
		"attach origin": {"POST", "?stream=" + st.id, http.Header{"Origin": {"https://evil.example"}}, attach, frame.Forbidden, 403},
		"null origin":   {"POST", "", http.Header{"Origin": {"null"}}, nil, frame.Forbidden, 403},
		"with a body":   {"POST", "", nil, attach, frame.BadProtocol, 400},
		"wrong type":    {"POST", "?stream=" + st.id, http.Header{"Content-Type": {"text/plain"}}, attach, frame.BadProtocol, 415},
		"no type":       {"POST", "?stream=" + st.id, http.Header{"Content-Type": nil}, attach, frame.BadProtocol, 415},
		"gzip":          {"POST", "?stream=" + st.id, http.Header{"Content-Encoding": {"gzip"}}, attach, frame.BadProtocol, 415},
		"too large":     {"POST", "?stream=" + st.id, nil, make([]byte, 2<<20+1), frame.TooLarge, 413},
		"no stream":     {"POST", "?stream=", nil, attach, frame.Timeout, 408},
		"other stream":  {"POST", "?stream=" + strings.Repeat("A", 22), nil, attach, frame.Timeout, 408},
		"other query":   {"POST", "?att=1", nil, attach, frame.Timeout, 408},
	} {
		t.Run(name, func(t *testing.T) {
			s.meanwhile(t, func() {
				request(t, tt.method, st.door+tt.query, tt.header, bytes.NewReader(tt.body)).check(t, sse, frame.Close, tt.code, tt.status)
			})
		})
	}
	p.T = t
	p.talk()
	if a := st.attach(t, attach); a.status != 204 {
		t.Errorf("the stream that waited is answered %+v", a)
	}
}

// A stream belongs to the session whose URL opened it, and to one attachment. PROTOCOL 11.12
func TestStreamsOfOthers(t *testing.T) {
	s := serve(t, nil)
	sse := kinds[3]
	victim, thief := sse.join(t, s), sse.join(t, s)
	st := s.openStream(t, &victim.open.SID)
	s.meanwhile(t, func() {
		theirs := thief.url("sse") + "?stream=" + st.id
		post(t, theirs, nil, bytes.NewReader(encode(frame.Binary, thief.takeover()))).check(t, sse, frame.Close, frame.Timeout, 408)
		theirs = thief.url("sse") + "?stream=" + victim.events.id
		post(t, theirs, nil, bytes.NewReader(encode(frame.Binary, thief.takeover()))).check(t, sse, frame.Close, frame.Timeout, 408)
	})
	victim.talk()
	thief.talk()

	first := encode(frame.Binary, victim.takeover())
	const race = 10
	statuses := make(chan int, race)
	s.meanwhile(t, func() {
		var wg sync.WaitGroup
		for range race {
			wg.Go(func() { statuses <- st.attach(t, first).status })
		}
		wg.Wait()
	})
	taken := 0
	for range race {
		if status := <-statuses; status == 204 {
			taken++
		} else if status != 408 {
			t.Errorf("answered %d", status)
		}
	}
	if taken != 1 {
		t.Errorf("%d ATTACHes for one stream were taken", taken)
	}
	victim.begin(st, victim.takeover())
	victim.talk()
	// A stolen id is of no use without the token, but it costs the stream.
	st = s.openStream(t, &victim.open.SID)
	f := victim.takeover()
	f.Open.Token = thief.open.Token
	s.meanwhile(t, func() {
		st.end(t, st.attach(t, encode(frame.Binary, f))).check(t, sse, frame.Reset, frame.Unknown, 410)
	})
	victim.talk()
}

// A poll where nothing is polled, and a POST where none is taken, disturb nobody. PROTOCOL 11.15
func TestPostsOfAnotherKind(t *testing.T) {
	s := serve(t, nil)
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			p := k.join(t, s)
			p.talk()
			p.exchange(p.data(frame.Message{Kind: frame.Event, Name: "say"}), func(m *frame.Message) bool { return m.Name == "echo" })
			s.meanwhile(t, func() {
				if !k.polls() {
					p.pollAs(1, 0).check(t, kinds[2], frame.Close, frame.Timeout, 408)
				}
				if !k.posts() {
					p.send(encode(k.enc, frame.Frame{Type: frame.Ack})).check(t, kinds[2], frame.Close, frame.Timeout, 408)
					p.send(nil).check(t, kinds[2], frame.Close, frame.Timeout, 408)
				}
			})
			p.talk()
		})
	}
}

// recorded is a ResponseWriter that flushes nowhere, and tells its status.
type recorded struct {
	*httptest.ResponseRecorder
	status chan int
}

func (r *recorded) WriteHeader(status int) {
	r.status <- status
	r.ResponseRecorder.WriteHeader(status)
}

// Of 10,001 streams that nobody attaches the oldest ends, and they keep nobody out who attaches. PROTOCOL 11.11
func TestStreamsAreBounded(t *testing.T) {
	const limit = 10_000
	s := serve(t, func(l *transport.Limits) { l.FirstFrame = time.Minute }) // until all are there
	var all sync.WaitGroup
	ended := make(chan struct{}, 2*limit)
	ctx, cancel := context.WithCancel(t.Context())
	open := func() int {
		w := &recorded{httptest.NewRecorder(), make(chan int, 1)}
		r := httptest.NewRequest("POST", fmt.Sprintf("/rt/s/%s/sse", strings.Repeat("A", 22)), nil)
		all.Go(func() {
			s.rt.ServeHTTP(w, r.WithContext(ctx))
			ended <- struct{}{}
		})
		return <-w.status
	}
	s.meanwhile(t, func() {
		for i := range limit + 1 {
			if status := open(); status != 200 {
				t.Fatalf("stream %d is answered %d", i, status)
			}
		}
		<-ended
		if n := len(ended); n > 0 {
			t.Errorf("%d more have ended", n)
		}
		kinds[3].join(t, s).talk()
	})
	cancel()
	all.Wait()
}
