package fallback

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/longpoll"
	"github.com/weft-realtime/weft/transport/sse"
	"github.com/weft-realtime/weft/transport/websocket"
)

// all are the transports of a server that has all.
func all() []transport.Transport {
	return []transport.Transport{websocket.New(websocket.Config{}), sse.New(sse.Config{}), longpoll.New(longpoll.Config{})}
}

// The application orders, bans and forces, for each client; a door that is not offered is not there, but the floor is.
// PROTOCOL 8.9, 8.11
func TestChoose(t *testing.T) {
	const path = "/rt/s/AAAAAAAAAAAAAAAAAAAAAA/"
	for client, want := range map[string]struct {
		kinds []transport.Kind // what the application says
		offer string
	}{
		"nothing":  {nil, ""},
		"order":    {[]transport.Kind{transport.SSE, transport.WebSocket, transport.LongPoll}, "sse websocket longpoll"},
		"ban":      {[]transport.Kind{transport.SSE, transport.LongPoll}, "sse longpoll"},
		"force":    {[]transport.Kind{transport.WebSocket}, "websocket"},
		"nonsense": {[]transport.Kind{0, transport.SSE, transport.WebTransport, transport.SSE}, "sse"},
	} {
		n := New(Config{Transports: all(), Choose: func(r *http.Request, kinds []transport.Kind) []transport.Kind {
			if !slices.Equal(kinds, []transport.Kind{transport.WebSocket, transport.SSE, transport.LongPoll}) {
				t.Errorf("asked about %v", kinds)
			}
			clear(kinds) // it may do what it likes with them
			if r.Header.Get("Client") != client {
				t.Errorf("asked for %q", r.Header.Get("Client"))
			}
			return want.kinds
		}}, session.NewRegistry(session.Config{}, nil))
		r := httptest.NewRequest("POST", "/rt/session", nil)
		r.Header.Set("Client", client)
		var got []string
		for _, e := range (&gate{n: n}).extras(r) {
			if e.Name == "offer" {
				for _, part := range strings.Split(e.Value, `"kind":"`)[1:] {
					kind, _, _ := strings.Cut(part, `"`)
					got = append(got, kind)
				}
			}
		}
		if strings.Join(got, " ") != want.offer {
			t.Errorf("%s: offers %v, want %s", client, got, want.offer)
		}
		for door, kind := range map[string]transport.Kind{
			"/rt/ws": transport.WebSocket, path + "ws": transport.WebSocket, path + "sse": transport.SSE,
			path + "poll": 0, path + "send": 0, "/rt/session": 0,
		} {
			r := httptest.NewRequest("PUT", door, nil) // which every door refuses by itself
			r.Header.Set("Client", client)
			w := httptest.NewRecorder()
			n.ServeHTTP(w, r)
			if there := kind == 0 || slices.Contains(want.kinds, kind); (w.Code != 404) != there {
				t.Errorf("%s: %s is answered %d", client, door, w.Code)
			}
		}
	}
}

// A transport whose clients POST has no use without the door that they POST to.
func TestPostsNeedTheirDoor(t *testing.T) {
	defer func() {
		if p := fmt.Sprint(recover()); !strings.HasPrefix(p, "weft:") || !strings.Contains(p, "sse") {
			t.Errorf("panics with %s", p)
		}
	}()
	New(Config{Transports: []transport.Transport{sse.New(sse.Config{})}}, session.NewRegistry(session.Config{}, nil))
}

// The same network has the same name, another has another, and only the key tells which it is. PROTOCOL 8.12
func TestNetwork(t *testing.T) {
	key, other := []byte("key"), []byte("other")
	for _, same := range [][]string{
		{"192.0.2.1:1234", "192.0.2.254:80", "192.0.2.7", "[::ffff:192.0.2.3]:1"},
		{"198.51.100.1:1", "198.51.100.200"},
		{"[2001:db8:1:2::3]:443", "2001:db8:1:ffff::", "[2001:db8:1::1%eth0]:9"},
		{"[2001:db8:2::1]:443"},
	} {
		want := networkOf(same[0], key)
		if len(want) != 16 {
			t.Errorf("%s: %q", same[0], want)
		}
		for _, addr := range same {
			if got := networkOf(addr, key); got != want || networkOf(addr, other) == want {
				t.Errorf("%s is in %q, %s in %q", addr, got, same[0], want)
			}
		}
	}
	if networkOf("192.0.2.1:1", key) == networkOf("192.0.3.1:1", key) {
		t.Error("two networks have one name")
	}
	for _, addr := range []string{"", "@", "192.0.2", "host:80", "/run/socket"} {
		if got := networkOf(addr, key); got != "" {
			t.Errorf("%q is in %q", addr, got)
		}
	}
	for _, cfg := range []Config{{}, {NetworkKey: key}} {
		a, b := New(cfg, nil), New(cfg, nil)
		extras := func(n *Negotiator) string {
			return (&gate{n: n}).extras(&http.Request{RemoteAddr: "192.0.2.1:1"})[0].Value
		}
		if extras(a) != extras(b) {
			t.Errorf("with key %q a server that is started again says %s, and not %s", cfg.NetworkKey, extras(b), extras(a))
		}
	}
}
