package longpoll_test

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
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/longpoll"
)

var (
	sid    = frame.SID{1, 2, 3, 0xff, 0xfe}
	token  = frame.Token{9, 8, 7, 0xff}
	bearer = "Bearer " + base64.RawURLEncoding.EncodeToString(token[:])
	mine   = "/rt/s/" + base64.RawURLEncoding.EncodeToString(sid[:])
	hello  = string(frame.Append(nil, frame.Binary, &frame.Frame{Type: frame.Hello, Open: &frame.Opening{Version: 1}}))
	attach = string(frame.Append(nil, frame.Binary, &frame.Frame{
		Type: frame.Attach, Open: &frame.Opening{Version: 1, SID: sid, Token: token, Att: 12}}))
)

// dial returns a link whose session is another's by now: att 20, with 5 received and 4 consumed.
func dial(t testing.TB, d *longpoll.Dialer, mount *url.URL) transport.Link {
	t.Helper()
	l, err := d.Dial(t.Context(), transport.Target{
		Mount:  mount,
		Header: http.Header{"X-Mine": {"1"}},
		Position: func() transport.Position {
			return transport.Position{SID: sid, Token: token, Att: 20, Rcv: 5, Ack: 4}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close(frame.Done, "") })
	return l
}

// A link opens with HELLO or ATTACH, each at its door, then polls and sends with the number it attached with.
// PROTOCOL 11.1, 11.3, 11.4
func TestLink(t *testing.T) {
	for first, att := range map[string]int{hello: 1, attach: 12} {
		s := serve(t, newGate())
		l := dial(t, new(longpoll.Dialer), s.mount)
		s.down <- "ready"
		if answer, err := l.Send(t.Context(), []byte(first)); string(answer) != "ready" || err != nil {
			t.Fatalf("%q, %v", answer, err)
		}
		door := "/rt/session"
		if first == attach {
			door = mine + "/poll"
		}
		s.expect(t, "admit "+door, "open "+first, "handled", "pull 0 0 0")
		for poll := 1; poll <= 3; poll++ {
			s.down <- "down"
			if batch, err := l.Receive(t.Context()); string(batch) != "down" || err != nil {
				t.Errorf("%q, %v", batch, err)
			}
			s.expect(t, fmt.Sprintf("find %s/poll att %d %s", mine, att, bearer), fmt.Sprintf("pull %d 5 4", poll))
		}
		if answer, err := l.Send(t.Context(), []byte("up")); len(answer) == 0 || err != nil {
			t.Errorf("%q, %v", answer, err)
		}
		s.expect(t, fmt.Sprintf("find %s/send att %d %s", mine, att, bearer), "deliver up", "handled")
	}
}

// What a server refuses with a batch is an answer, whatever the status.
func TestRefusalIsAnswer(t *testing.T) {
	s := serve(t, newGate())
	l := dial(t, new(longpoll.Dialer), s.mount)
	s.down <- "ready"
	if _, err := l.Send(t.Context(), []byte(attach)); err != nil {
		t.Fatal(err)
	}
	s.pullErr = &transport.Error{Code: frame.Superseded}
	s.deliverErr = &transport.Error{Code: frame.Unknown, Reset: true}
	batch, err := l.Receive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantClose(t, batch, frame.Superseded)
	if batch, err = l.Send(t.Context(), []byte("up")); err != nil {
		t.Fatal(err)
	}
	wantClose(t, batch, frame.Unknown)
}

// A poll that is answered with nothing is an empty batch, and not followed by the next one at once. PROTOCOL 11.4
func TestPollsAgain(t *testing.T) {
	g := newGate()
	g.limits.Hold = time.Millisecond
	s := serve(t, g)
	l := attached(t, s)
	begun := time.Now()
	for range 3 {
		if batch, err := l.Receive(t.Context()); len(batch) > 0 || err != nil {
			t.Errorf("received %q, %v", batch, err)
		}
	}
	if d := time.Since(begun); d < 100*time.Millisecond {
		t.Errorf("three empty polls within %v: that is a loop", d)
	}
	s.down <- "at last"
	if batch, err := l.Receive(t.Context()); string(batch) != "at last" || err != nil {
		t.Errorf("received %q, %v", batch, err)
	}
}

func attached(t *testing.T, s *server) transport.Link {
	t.Helper()
	l := dial(t, new(longpoll.Dialer), s.mount)
	s.down <- "ready"
	if _, err := l.Send(t.Context(), []byte(attach)); err != nil {
		t.Fatal(err)
	}
	return l
}

// Receive and Send end with their contexts, and with Close.
func TestLinkCanceled(t *testing.T) {
	for _, closing := range []bool{false, true} {
		s := serve(t, newGate())
		l := attached(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		received := make(chan error, 1)
		go func() {
			_, err := l.Receive(ctx)
			received <- err
		}()
		for receive(t, s.calls) != "pull 1 5 4" {
		}
		if closing {
			l.Close(frame.Done, "")
		} else {
			cancel()
		}
		if err := receive(t, received); err == nil || !closing && !errors.Is(err, context.Canceled) {
			t.Errorf("Receive: %v", err)
		}
		if err := receive(t, s.waited); err != context.Canceled {
			t.Errorf("the server's poll ended by %v", err)
		}
		cancel()
		if _, err := l.Send(ctx, []byte("late")); err == nil {
			t.Error("Send with an ended context succeeded")
		}
	}
}

// What is not weft's answer is an error: a proxy's page, a redirect, too much, nothing. An error can be followed by
// another try. PROTOCOL 11.17
func TestForeignAnswers(t *testing.T) {
	var requests atomic.Int32
	for name, answer := range map[string]http.HandlerFunc{
		"bad gateway": func(w http.ResponseWriter, r *http.Request) { http.Error(w, "<h1>Bad Gateway", 502) },
		"portal":      func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<h1>Welcome to the hotel") },
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		},
		"too long": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", transport.MIME)
			io.WriteString(w, strings.Repeat("x", 1001))
		},
		"cut off": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", transport.MIME)
			w.Header().Set("Content-Length", "10")
			io.WriteString(w, "half")
		},
		"empty":   func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Content-Type", transport.MIME) },
		"silence": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		requests.Store(0)
		h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			requests.Add(1)
			answer(w, r)
		}))
		mount, _ := url.Parse(h.URL)
		l := dial(t, &longpoll.Dialer{MaxBatch: 1000}, mount)
		for try := range 2 {
			if batch, err := l.Send(t.Context(), []byte(hello)); err == nil {
				t.Errorf("%s: answer %q", name, batch)
			}
			if n := int(requests.Load()); n != try+1 {
				t.Errorf("%s: %d requests in try %d", name, n, try)
			}
		}
		l.Close(frame.Done, "")
		h.Close()
	}
}

// A first batch must open something.
func TestFirstBatch(t *testing.T) {
	s := serve(t, newGate())
	l := dial(t, new(longpoll.Dialer), s.mount)
	ping := string(frame.Append(nil, frame.Binary, &frame.Frame{Type: frame.Ping}))
	for _, first := range []string{"", "\xff", ping, hello[:5]} {
		if answer, err := l.Send(t.Context(), []byte(first)); err == nil {
			t.Errorf("%q: answer %q", first, answer)
		}
	}
	s.expect(t)
}

// The link uses the client it is given, and leaves the client's connections and policy alone.
func TestGivenClient(t *testing.T) {
	s := serve(t, newGate())
	c := s.Client()
	l := dial(t, &longpoll.Dialer{Client: c}, s.mount)
	s.down <- "ready"
	if _, err := l.Send(t.Context(), []byte(hello)); err != nil {
		t.Fatal(err)
	}
	l.Close(frame.Done, "")
	if c.CheckRedirect != nil {
		t.Error("changed the client")
	}
	if _, err := l.Receive(t.Context()); err == nil {
		t.Error("received after Close")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := new(longpoll.Dialer).Dial(ctx, transport.Target{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Dial: %v", err)
	}
}

// A link of its own client leaves no connection behind.
func TestCloseLeavesNothing(t *testing.T) {
	g, closed := newGate(), make(chan struct{}, 10)
	g.state = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			closed <- struct{}{}
		}
	}
	attached(t, serve(t, g)).Close(frame.Done, "")
	receive(t, closed)
}

// cutter is a network whose polls are cut after a time, and fail at once when they are told to.
type cutter struct {
	after   time.Duration
	failure error          // what there is instead of a poll's answer, after that time
	answer  *http.Response // or this
	queries []string
}

func (c *cutter) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Query().Get("poll") == "" {
		return answered(http.StatusOK, "ready"), nil
	}
	c.queries = append(c.queries, r.URL.RawQuery)
	ask := 25 * time.Second
	if ms, err := strconv.Atoi(r.URL.Query().Get("hold")); err == nil {
		ask = time.Duration(ms) * time.Millisecond
	}
	time.Sleep(min(ask, c.after))
	switch {
	case c.failure != nil || c.answer != nil:
		return c.answer, c.failure
	case c.after == 0:
		return nil, errors.New("refused")
	case ask > c.after:
		return nil, errors.New("cut")
	case len(c.queries) > 4:
		return answered(http.StatusOK, "down"), nil
	}
	return answered(http.StatusNoContent, ""), nil
}

func answered(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Header: http.Header{"Content-Type": {transport.MIME}},
	}
}

// What fails late and for another reason than being held is an error at once, and polls are held as before. PROTOCOL 11.4
func TestPollsFail(t *testing.T) {
	for name, network := range map[string]*cutter{
		"dial": {failure: &net.OpError{Op: "dial", Err: errors.New("timeout")}},
		"502":  {answer: &http.Response{StatusCode: 502, Status: "502 Bad Gateway", Body: http.NoBody}},
		"503":  {answer: &http.Response{StatusCode: 503, Status: "503 Service Unavailable", Body: http.NoBody}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network.after = 10 * time.Second
				d := &longpoll.Dialer{Client: &http.Client{Transport: network}}
				for range 3 {
					l := dial(t, d, &url.URL{Scheme: "http", Host: "h"})
					if _, err := l.Send(t.Context(), []byte(attach)); err != nil {
						t.Fatal(err)
					}
					if _, err := l.Receive(t.Context()); err == nil {
						t.Error("no error")
					}
				}
				if len(network.queries) != 3 || strings.Contains(network.queries[2], "hold") {
					t.Errorf("asked %q", network.queries)
				}
			})
		})
	}
}

// Where polls are cut while they are held, they go on, and are held for less; links that follow know. What fails at once
// is an error. PROTOCOL 11.4
func TestPollsAreCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := &cutter{after: 10 * time.Second}
		d := &longpoll.Dialer{Client: &http.Client{Transport: network}}
		mount := &url.URL{Scheme: "http", Host: "h"}
		for link := range 2 {
			l := dial(t, d, mount)
			if _, err := l.Send(t.Context(), []byte(attach)); err != nil {
				t.Fatal(err)
			}
			batch, err := l.Receive(t.Context())
			for len(batch) == 0 && err == nil {
				batch, err = l.Receive(t.Context())
			}
			if string(batch) != "down" || err != nil {
				t.Errorf("link %d: %q, %v", link, batch, err)
			}
		}
		const where = "&rcv=5&ack=4"
		want := []string{"att=12&poll=1" + where, "att=12&poll=3" + where, "att=12&poll=5" + where + "&hold=8000",
			"att=12&poll=6" + where + "&hold=8000", "att=12&poll=7" + where + "&hold=8000", "att=12&poll=1" + where + "&hold=8000"}
		if !slices.Equal(network.queries, want) {
			t.Errorf("asked %q, want %q", network.queries, want)
		}
		l := dial(t, d, mount)
		l.Send(t.Context(), []byte(attach))
		network.after = 0
		if _, err := l.Receive(t.Context()); err == nil || len(network.queries) != len(want)+1 {
			t.Errorf("%v after %d polls", err, len(network.queries))
		}
	})
}
