package chaos

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// origin is a server that echoes bodies and WebSocket messages, and counts requests.
type origin struct {
	*httptest.Server
	requests atomic.Int64
	hosts    chan string
	upgrader websocket.Upgrader
}

// newSite is an origin behind a new HTTP proxy, and a client with a pool of its own.
func newSite(t *testing.T) (*HTTP, *origin, *http.Client) {
	t.Helper()
	o := &origin{hosts: make(chan string, 100), upgrader: websocket.Upgrader{Subprotocols: []string{"echo"}}}
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
	o.hosts <- r.Host
	if !upgrades(r) {
		w.Header().Set("Echo", r.Method)
		io.Copy(w, r.Body)
		return
	}
	conn, err := o.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	for {
		kind, message, err := conn.ReadMessage()
		if err != nil || conn.WriteMessage(kind, message) != nil {
			return
		}
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

func TestHTTPIsTransparent(t *testing.T) {
	h, o, client := newSite(t)
	post(t, client, h.URL()+"/a?b=c", "hello")
	if host := <-o.hosts; host != h.Addr() {
		t.Errorf("Host is %s, want what the client sent, %s", host, h.Addr())
	}
	conn := mustUpgrade(t, h)
	if p := conn.Subprotocol(); p != "echo" {
		t.Errorf("subprotocol %q", p)
	}
	expectEcho(t, conn, "over")
}

func TestHTTPCloseEndsUpgradedConnections(t *testing.T) {
	h, _, _ := newSite(t)
	conn := mustUpgrade(t, h)
	expectEcho(t, conn, "alive")
	h.Close()
	if _, _, err := conn.ReadMessage(); err == nil {
		t.Error("still connected after Close")
	}
}

// TestRefuseUpgradeOnReusedConnection sends the handshake on a connection that served a request before.
func TestRefuseUpgradeOnReusedConnection(t *testing.T) {
	for _, status := range []int{http.StatusForbidden, http.StatusBadGateway} {
		h, o, client := newSite(t)
		h.RefuseUpgrade(status)
		post(t, client, h.URL(), "first")
		r, err := http.NewRequest("GET", h.URL(), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Connection", "Upgrade")
		r.Header.Set("Upgrade", "websocket")
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != status || !resp.Close {
			t.Errorf("status %d, close %v; want %d, true", resp.StatusCode, resp.Close, status)
		}
		post(t, client, h.URL(), "after")
		if n := o.requests.Load(); n != 2 {
			t.Errorf("the server saw %d requests, want 2", n)
		}
		h.Heal()
		expectEcho(t, mustUpgrade(t, h), "healed")
	}
}

func TestHangUpgrade(t *testing.T) {
	h, o, client := newSite(t)
	h.HangUpgrade()
	ctx, cancel := context.WithTimeout(within(t), moment)
	defer cancel()
	var timeout net.Error
	if _, _, err := upgrade(ctx, h); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("the handshake ended with %v, want no answer", err)
	}
	post(t, client, h.URL(), "passes")
	if n := o.requests.Load(); n != 1 {
		t.Errorf("the server saw %d requests, want 1", n)
	}
}

func TestSilentUpgrade(t *testing.T) {
	h, o, _ := newSite(t)
	h.SilentUpgrade()
	conn := mustUpgrade(t, h)
	if p := conn.Subprotocol(); p != "echo" {
		t.Errorf("subprotocol %q, want the first that is offered", p)
	}
	if err := conn.WriteMessage(websocket.TextMessage, []byte("anybody?")); err != nil {
		t.Fatal(err)
	}
	expectSilence(t, conn.NetConn())
	if n := o.requests.Load(); n != 0 {
		t.Errorf("the server saw %d requests", n)
	}
	h.Close()
	expectClosed(t, conn.NetConn())
}

func TestDropAnswer(t *testing.T) {
	h, o, client := newSite(t)
	h.DropAnswer(First(1, Path("/send")))
	post(t, client, h.URL()+"/other", "passes")
	_, err := client.Post(h.URL()+"/send", "text/plain", strings.NewReader("lost"))
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v, want a reset", err)
	}
	if n := o.requests.Load(); n != 2 {
		t.Errorf("the server saw %d requests, want 2", n)
	}
	post(t, client, h.URL()+"/send", "once only")
}

func TestDuplicateRequest(t *testing.T) {
	h, o, client := newSite(t)
	h.DuplicateRequest(Path("/send"))
	post(t, client, h.URL()+"/send", "twice")
	post(t, client, h.URL()+"/other", "once")
	if n := o.requests.Load(); n != 3 {
		t.Errorf("the server saw %d requests, want 3", n)
	}
}

func TestLatestRuleWins(t *testing.T) {
	h, _, _ := newSite(t)
	seen := make(chan string, 1)
	h.OnRequest(func(r *http.Request) { seen <- r.URL.Path })
	h.RefuseUpgrade(http.StatusForbidden)
	h.RefuseUpgrade(http.StatusBadGateway)
	_, resp, err := upgrade(within(t), h)
	if err == nil || resp == nil || resp.StatusCode != http.StatusBadGateway {
		t.Errorf("answered %v (%v), want 502", resp, err)
	}
	if path := <-seen; path != "/ws" {
		t.Errorf("OnRequest saw %q", path)
	}
}

// TestHTTPBehindProxy composes the two: rules for requests, and faults below them.
func TestHTTPBehindProxy(t *testing.T) {
	h, _, _ := newSite(t)
	p := newProxy(t, h.Addr())
	conn, _, err := websocket.DefaultDialer.DialContext(within(t), "ws://"+p.Addr(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	expectEcho(t, conn, "through both")
	p.CutRST()
	expectReset(t, conn.NetConn())
}
