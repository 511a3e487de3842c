package chaos

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// origin is a server that echoes bodies and WebSocket messages, and counts requests.
type origin struct {
	*httptest.Server
	requests atomic.Int64
	heard    chan heard
	events   chan string // what the next request for /events is answered with, flushed one by one
	upgraded *counter    // connections of this moment
	conns    chan *websocket.Conn
	upgrader websocket.Upgrader
}

// heard is a request as it reached the server.
type heard struct{ host, body string }

// newSite is an origin behind a new HTTP proxy, and a client with a pool of its own.
func newSite(t *testing.T) (*HTTP, *origin, *http.Client) {
	t.Helper()
	o := &origin{
		heard: make(chan heard, 1000), events: make(chan string, 10), upgraded: newCounter(),
		conns:    make(chan *websocket.Conn, 100),
		upgrader: websocket.Upgrader{Subprotocols: []string{"echo"}},
	}
	o.Server = httptest.NewServer(o)
	t.Cleanup(o.Close)
	h, err := NewHTTP(strings.TrimPrefix(o.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	transport := &http.Transport{MaxConnsPerHost: 1}
	t.Cleanup(transport.CloseIdleConnections)
	return h, o, &http.Client{Transport: transport, Timeout: patience}
}

func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.requests.Add(1)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	o.heard <- heard{r.Host, string(body)}
	switch {
	case Upgrade(r):
		o.upgrade(w, r)
	case strings.HasPrefix(r.URL.Path, "/events"):
		o.stream(w, r)
	default:
		w.Header().Set("Echo", r.Method)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body)
	}
}

// upgrade echoes messages.
func (o *origin) upgrade(w http.ResponseWriter, r *http.Request) {
	conn, err := o.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	o.conns <- conn
	o.upgraded.add(1)
	defer o.upgraded.add(-1)
	defer conn.Close()
	for {
		kind, message, err := conn.ReadMessage()
		if err != nil {
			return
		}
		o.heard <- heard{r.Host, string(message)}
		if conn.WriteMessage(kind, message) != nil {
			return
		}
	}
}

// breakOff is no event: the server closes the connection in mid-answer.
const breakOff = "break off"

// stream sends events until one is empty or the client goes. The query is the value of X-Accel-Buffering.
func (o *origin) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("X-Accel-Buffering", r.URL.RawQuery)
	w.(http.Flusher).Flush()
	for {
		select {
		case event := <-o.events:
			switch event {
			case "":
				return
			case breakOff:
				panic(http.ErrAbortHandler)
			}
			io.WriteString(w, event)
			w.(http.Flusher).Flush()
		case <-r.Context().Done():
			return
		}
	}
}

// expectHeard is for what has reached the server, or will soon.
func (o *origin) expectHeard(t *testing.T, bodies ...string) {
	t.Helper()
	for _, want := range bodies {
		select {
		case got := <-o.heard:
			if got.body != want {
				t.Errorf("the server heard %q, want %q", got.body, want)
			}
		case <-time.After(patience):
			t.Fatalf("the server did not hear %q", want)
		}
	}
}

// expectDeaf is for what has not reached the server, and does not soon.
func (o *origin) expectDeaf(t *testing.T) {
	t.Helper()
	select {
	case got := <-o.heard:
		t.Errorf("the server heard %q", got.body)
	case <-time.After(moment):
	}
}

func post(t *testing.T, c *http.Client, url, body string) {
	t.Helper()
	resp, err := c.Post(url, "text/plain", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 || string(got) != body || resp.Header.Get("Echo") != "POST" {
		t.Fatalf("POST %s: status %d, %q (%v), want an echo of %q", url, resp.StatusCode, got, err, body)
	}
}

func upgrade(ctx context.Context, h *HTTP) (*websocket.Conn, *http.Response, error) {
	d := websocket.Dialer{Subprotocols: []string{"echo", "other"}}
	return d.DialContext(ctx, "ws://"+h.Addr()+"/ws", nil)
}

func mustUpgrade(t *testing.T, h *HTTP) *websocket.Conn {
	t.Helper()
	conn, _, err := upgrade(within(t), h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetReadDeadline(time.Now().Add(patience))
	return conn
}

func expectEcho(t *testing.T, conn *websocket.Conn, text string) {
	t.Helper()
	if err := conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		t.Fatal(err)
	}
	if _, got, err := conn.ReadMessage(); err != nil || string(got) != text {
		t.Fatalf("echoed %q (%v), want %q", got, err, text)
	}
}
