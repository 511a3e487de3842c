package chaos

import (
	"net/http"
	"testing"

	"github.com/gorilla/websocket"
)

func TestHTTPIsTransparent(t *testing.T) {
	h, o, client := newSite(t)
	post(t, client, h.URL()+"/a?b=c", "hello")
	if got := <-o.heard; got.host != h.Addr() {
		t.Errorf("Host is %s, want what the client sent, %s", got.host, h.Addr())
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

func TestHealRemovesRules(t *testing.T) {
	h, _, client := newSite(t)
	h.RefuseUpgrade(http.StatusForbidden)
	h.DropRequest(Any)
	h.TruncateAnswer(Any, 1)
	h.Heal()
	post(t, client, h.URL(), "passes whole")
	expectEcho(t, mustUpgrade(t, h), "passes too")
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
