package chaos

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

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

func TestKillUpgraded(t *testing.T) {
	h, o, client := newSite(t)
	h.KillUpgraded(moment)
	start := time.Now()
	for range 2 {
		conn := mustUpgrade(t, h)
		expectEcho(t, conn, "alive")
		expectReset(t, conn.NetConn())
	}
	if took := time.Since(start); took < 2*moment {
		t.Errorf("two connections lived for %v, want %v each", took, moment)
	}
	post(t, client, h.URL(), "passes")
	if n := o.requests.Load(); n != 3 {
		t.Errorf("the server saw %d requests, want 3", n)
	}
}

func TestHealSparesUpgraded(t *testing.T) {
	h, _, _ := newSite(t)
	h.KillUpgraded(2 * moment)
	conn := mustUpgrade(t, h)
	h.Heal()
	conn.SetReadDeadline(time.Now().Add(4 * moment))
	var timeout net.Error
	if _, _, err := conn.ReadMessage(); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("ended with %v after Heal", err)
	}
}

// TestMuteUpgraded: an echo of 5 bytes is a frame of 7.
func TestMuteUpgraded(t *testing.T) {
	for _, n := range []int64{0, 7, 10} {
		h, o, _ := newSite(t)
		h.MuteUpgraded(n)
		conn := mustUpgrade(t, h)
		o.expectHeard(t, "")
		if n > 0 {
			expectEcho(t, conn, "ready")
			o.expectHeard(t, "ready")
		}
		if n > 7 {
			write(t, conn, "again")
			o.expectHeard(t, "again")
			if _, err := io.ReadFull(conn.NetConn(), make([]byte, n-7)); err != nil {
				t.Fatal(err)
			}
		}
		write(t, conn, "anybody?")
		expectSilence(t, conn.NetConn())
		o.expectDeaf(t)
		conn.Close()
		if err := o.upgraded.wait(within(t), func(n int64) bool { return n == 0 }); err != nil {
			t.Errorf("%v: the server does not learn that the client is gone", err)
		}
	}
}

// TestMutedHearsNoEnd: what the server does to its connection does not reach a client that is muted.
func TestMutedHearsNoEnd(t *testing.T) {
	for _, end := range []func(*net.TCPConn){reset, func(conn *net.TCPConn) { conn.Close() }} {
		h, o, _ := newSite(t)
		h.MuteUpgraded(7)
		conn := mustUpgrade(t, h)
		expectEcho(t, conn, "ready")
		end((<-o.conns).NetConn().(*net.TCPConn))
		expectSilence(t, conn.NetConn())
		write(t, conn, "anybody?")
		expectSilence(t, conn.NetConn())
		h.Close()
		expectClosed(t, conn.NetConn())
	}
}

func write(t *testing.T, conn *websocket.Conn, text string) {
	t.Helper()
	if err := conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		t.Fatal(err)
	}
}
