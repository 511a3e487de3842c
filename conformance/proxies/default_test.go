package proxies

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport"
)

// The tests here show what the lines are for that docs/proxies.md adds to nginx's defaults.

// knock asks for a session as a page of an origin would, and returns the status.
func knock(t testing.TB, addr, origin string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(minute(t), "POST", "http://"+addr+"/rt/session", bytes.NewReader([]byte{0}))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", transport.MIME)
	r.Header.Set("Origin", origin)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	return resp.StatusCode
}

const hostLine = "proxy_set_header Host $host:$server_port;"

// TestHost: a proxy must say which host the page asked for, or the application which origins may come. PROTOCOL 11.9
func TestHost(t *testing.T) {
	for name, c := range map[string]struct {
		proxy   *proxy
		edits   []edit
		listed  bool
		allowed bool
	}{
		"nginx":                        {nginx, nil, false, true},
		"nginx without the line":       {nginx, []edit{{hostLine, ""}}, false, false},
		"nginx without the port":       {nginx, []edit{{hostLine, "proxy_set_header Host $host;"}}, false, false},
		"nginx, and a list of origins": {nginx, []edit{{hostLine, ""}}, true, true},
		"haproxy":                      {haproxy, nil, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			var cfg router.Config
			if c.listed {
				cfg.Origins = []string{"http://chat.example.com"}
			}
			addr := c.proxy.start(t, c.proxy.file, []string{listen(t, cfg).Addr()}, append(c.edits, c.proxy.http())...)
			origin := "http://" + addr
			if c.listed {
				origin = cfg.Origins[0]
			}
			if status := knock(t, addr, origin); (status == http.StatusForbidden) == c.allowed {
				t.Errorf("a page of the proxy's host is answered %d", status)
			}
			if status := knock(t, addr, "http://elsewhere.example.com"); status != http.StatusForbidden {
				t.Errorf("a page of another host is answered %d", status)
			}
		})
	}
}

// TestLargest: a message for which nginx's own limit is too low passes over each transport. PROTOCOL 5.7, 11.2
func TestLargest(t *testing.T) {
	const maxFrame = 3 << 19                    // nginx passes 1 MiB
	const longest = maxFrame - len("size") - 12 // of JSON; the rest of the frame's body is the message's head and its seq
	for _, p := range proxies {
		t.Run(p.name, func(t *testing.T) {
			s := listen(t, router.Config{Session: session.Config{MaxFrame: maxFrame}})
			router.Handle(s.Router, "size", func(_ *router.Context, in string) (int, error) { return len(in), nil })
			addr := p.start(t, p.file, []string{s.Addr()}, p.http())
			for _, kind := range everyKind {
				t.Run(kind.String(), func(t *testing.T) {
					c := count(t, addr, 0, client.Config{Force: kind})
					c.settle(t, kind)
					text := strings.Repeat("x", longest-len(`""`))
					var n int
					if err := c.Call(minute(t), "size", text, &n); err != nil || n != len(text) {
						t.Fatalf("%d of %d, %v: %v", n, len(text), err, c.Decisions())
					}
				})
			}
		})
	}
}
