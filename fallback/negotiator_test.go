package fallback

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/weft-realtime/weft/internal/leak"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/longpoll"
	"github.com/weft-realtime/weft/transport/sse"
	"github.com/weft-realtime/weft/transport/websocket"
)

func TestMain(m *testing.M) { leak.Main(m) }

// READY offers the transports best first, relative to the mount, wherever that is. PROTOCOL 8.9
func TestOffer(t *testing.T) {
	ws, lp := websocket.New(websocket.Config{}), longpoll.New(longpoll.Config{})
	for want, transports := range map[string][]transport.Transport{
		`[{"kind":"websocket","url":"ws"},{"kind":"longpoll","url":"poll"}]`:    {ws, lp},
		`[{"kind":"sse","url":"s/{sid}/sse"},{"kind":"longpoll","url":"poll"}]`: {sse.New(sse.Config{}), lp},
		`[{"kind":"longpoll","url":"poll"}]`:                                    {lp},
		`[]`:                                                                    nil,
	} {
		n := New(Config{Transports: transports}, session.NewRegistry(session.Config{}, nil))
		g := &gate{n: n}
		got := g.extras(&http.Request{RemoteAddr: "@"})
		if len(got) != 1 || got[0] != (frame.Extra{Name: "offer", Value: want}) {
			t.Errorf("offers %v, want %s", got, want)
		}
	}
}

// A mount is found by the end of the path alone. PROTOCOL 11.1
func TestParse(t *testing.T) {
	sid := base64.RawURLEncoding.EncodeToString(make([]byte, 16))
	for path, want := range map[string]struct {
		door  string
		named bool
	}{
		"/rt/session":             {"session", false},
		"/session":                {"session", false},
		"session":                 {"session", false},
		"/rt/s/" + sid + "/poll":  {"poll", true},
		"/rt/s/" + sid + "/sse":   {"sse", true},
		"/s/" + sid + "/poll":     {"poll", true},
		"/a/b/s/" + sid + "/ws":   {"ws", true},
		"/s/rt/ws":                {"ws", false}, // a mount whose path looks like one
		"/s/" + sid + "x/ws":      {"ws", false},
		"/s/" + sid[:21] + "_/ws": {"ws", false}, // bits left over
		"/" + sid + "/ws":         {"ws", false},
		"/s//ws":                  {"ws", false},
		"/s/" + sid + "/":         {"", true},
		"/":                       {"", false},
		"":                        {"", false},
	} {
		if door, sid := parse(path); door != want.door || (sid != nil) != want.named {
			t.Errorf("%q is door %q with sid %v", path, door, sid)
		}
	}
}

// A transport that is not configured has no doors.
func TestDoorsOfTransports(t *testing.T) {
	r := session.NewRegistry(session.Config{}, nil)
	n := New(Config{Transports: []transport.Transport{longpoll.New(longpoll.Config{})}}, r)
	w := httptest.NewRecorder()
	n.ServeHTTP(w, httptest.NewRequest("GET", "/rt/ws", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("GET ws: %d", w.Code)
	}
}

// Tokens are read one way only: another spelling is another token. PROTOCOL 11.3
func TestBearer(t *testing.T) {
	good := base64.RawURLEncoding.EncodeToString(make([]byte, 32))
	for value, want := range map[string]bool{
		"Bearer " + good:            true,
		"bearer " + good:            false,
		"Basic " + good:             false,
		"Bearer  " + good:           false,
		"Bearer " + good + "=":      false,
		"Bearer " + good[:42] + "B": false, // bits left over
		"Bearer " + good[:42]:       false,
		"Bearer " + good + "AA":     false,
		"Bearer " + good[:42] + "+": false,
		"Bearer ":                   false,
		"":                          false,
	} {
		r := httptest.NewRequest("POST", "/", nil)
		r.Header.Set("Authorization", value)
		if _, ok := bearer(r); ok != want {
			t.Errorf("%q: %v", value, ok)
		}
	}
}
