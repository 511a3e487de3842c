package proxies

import (
	"testing"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport"
)

// way is a proxy as it is found: as documented, or with something missing.
type way struct {
	name   string
	proxy  *proxy
	edits  []edit
	passes []transport.Kind // best first: what a session is on in the end, and what else there is
}

const webSocketLines = `        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;
`

var (
	forgotten = edit{webSocketLines, ""}
	everyKind = []transport.Kind{transport.WebSocket, transport.SSE, transport.LongPoll}
	ways      = []way{
		{"nginx", nginx, nil, everyKind},
		{"haproxy", haproxy, nil, everyKind},
		{"nginx without the lines for WebSocket", nginx, []edit{forgotten}, everyKind[1:]},
		{"nginx that gathers streams, too", nginx, []edit{forgotten,
			{"client_max_body_size", "proxy_ignore_headers X-Accel-Buffering;\n        client_max_body_size"}}, everyKind[2:]},
		{"haproxy that denies WebSocket", haproxy, []edit{
			{"default_backend", "http-request deny if { req.hdr(Upgrade) -m found }\n\tdefault_backend"}}, everyKind[1:]},
	}
)

// open starts the way's proxy in front of a server, without TLS, and returns its host and port.
func (w way) open(t testing.TB, server string) string {
	t.Helper()
	return w.proxy.start(t, w.proxy.file, []string{server}, append(w.edits[:len(w.edits):len(w.edits)], w.proxy.http())...)
}

// TestExchange: 1,000 messages each way in one session, over each transport that a proxy passes, and over the one that a
// client without a preference is on in the end. PROTOCOL 14.2
func TestExchange(t *testing.T) {
	const n = 1000
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			s := listen(t, router.Config{})
			addr := w.open(t, s.Addr())
			for _, kind := range append(w.passes, 0) {
				t.Run(kind.String(), func(t *testing.T) {
					begun := time.Now()
					c := count(t, addr, n, client.Config{Force: kind})
					want := kind
					if kind == 0 {
						want = w.passes[0]
					}
					c.settle(t, want)
					settled := time.Since(begun)
					c.exchange(t, n, s)
					t.Logf("on %v after %v, all after %v", want, settled.Round(time.Millisecond), time.Since(begun).Round(time.Millisecond))
					if _, now := c.State(); now != want {
						t.Errorf("on %v: %v", now, c.Decisions())
					}
				})
			}
		})
	}
}
