package session_test

import (
	"context"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	gorilla "github.com/gorilla/websocket"

	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport/frame"
)

// The client sits in the same process, so that goroutines are counted by what they run. The server's begin in these
// packages; net/http lets go of a connection at the upgrade.
var servers = []string{"created by net/http.(*Server).Serve", "weft/transport/websocket.", "weft/session.", "weft/fallback.", "weft/router."}

// serving are the stacks of the goroutines that serve somebody. The wheel is all sessions' together, and so are the few
// workers that have nothing to do.
func serving() (stacks []string) {
	buf := make([]byte, 4<<20)
	for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		mine := slices.ContainsFunc(servers, func(name string) bool { return strings.Contains(stack, name) })
		if _, top, _ := strings.Cut(stack, "\n"); strings.HasPrefix(top, "github.com/weft-realtime/weft/session.(*workers).work(") {
			continue
		}
		if mine && !strings.Contains(stack, "testing.tRunner(") && !strings.Contains(stack, "(*wheel).run") {
			stacks = append(stacks, stack)
		}
	}
	return stacks
}

// settled waits until n goroutines serve; what has just ended may take a moment to be gone.
func settled(t *testing.T, n int) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	stacks := serving()
	for ; len(stacks) != n && time.Now().Before(deadline); stacks = serving() {
		runtime.Gosched()
	}
	if len(stacks) != n {
		t.Fatalf("%d goroutines serve, want %d:\n%s", len(stacks), n, strings.Join(stacks, "\n\n"))
	}
}

// An idle WebSocket session is one goroutine, and none when it is detached.
func TestIdleSessionIsOneGoroutine(t *testing.T) {
	rt := router.New(router.Config{})
	srv := httptest.NewServer(rt)
	defer srv.Close()
	settled(t, 0)

	const sessions = 20
	var conns []*gorilla.Conn
	for i := range sessions {
		dialer := gorilla.Dialer{Subprotocols: []string{"weft.1"}}
		ws, _, err := dialer.Dial("ws"+strings.TrimPrefix(srv.URL, "http")+"/ws", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer ws.Close()
		hello := frame.Frame{Type: frame.Hello, Open: &frame.Opening{Version: frame.Version, Nonce: frame.Nonce{byte(i)}}}
		if err := ws.WriteMessage(gorilla.BinaryMessage, frame.Append(nil, frame.Binary, &hello)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := ws.ReadMessage(); err != nil {
			t.Fatal(err)
		}
		conns = append(conns, ws)
	}
	settled(t, sessions)
	for _, ws := range conns {
		ws.NetConn().Close()
	}
	settled(t, 0)
	if st := rt.Stats(); st.Sessions != sessions || st.Detached != sessions {
		t.Errorf("%d sessions, %d detached", st.Sessions, st.Detached)
	}

	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := rt.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}
