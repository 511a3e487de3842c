package e2e

import (
	"crypto/tls"
	"maps"
	"net/http"
	"path"
	"sync"
	"testing"

	"github.com/weft-realtime/weft/conformance/chaos"
	"github.com/weft-realtime/weft/conformance/exchange"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport/webtransport"
)

// site is an exchange over all four transports, on a TCP port and the UDP port of the same number.
type site struct {
	scheme string // "http": as under development; "https": with a certificate, and HTTP/2
	server *exchange.Server
	addr   string
	tcp    *chaos.Proxy // of proxy
	udp    *chaos.UDP

	mu       sync.Mutex
	requests map[request]int
	peers    map[string]bool // connections of requests
	goaway   int             // every so many answers end their connection; 0: none
	answered int
}

// request is a kind of request.
type request struct{ door, proto string }

func newSite(t *testing.T, scheme string, cfg session.Config, quirks ...webtransport.Quirk) *site {
	t.Helper()
	s := &site{scheme: scheme, requests: map[request]int{}, peers: map[string]bool{}}
	all := exchange.All{Session: cfg, Quirks: quirks, Before: s.count}
	if scheme == "https" {
		all.TLS = &tls.Config{Certificates: []tls.Certificate{certificate()}}
	}
	var err error
	if s.server, err = all.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.server.Close)
	s.addr = s.server.Addr()
	return s
}

// proxy puts a proxy in front of each of the two ports. That of TCP forwards to target, which is the site, or forwards to
// it in turn.
func (s *site) proxy(t *testing.T, target string) {
	t.Helper()
	var err error
	if s.tcp, err = chaos.New(target); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.tcp.Close)
	if s.udp, err = chaos.NewUDP(s.tcp.Addr(), s.addr, *seed); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.udp.Close)
}

func (s *site) url() string { return s.scheme + "://" + s.tcp.Addr() }

// count remembers how requests came.
func (s *site) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests[request{path.Base(r.URL.Path), r.Proto}]++
		s.peers[r.RemoteAddr] = true
		s.answered++
		if s.goaway > 0 && s.answered%s.goaway == 0 {
			w.Header().Set("Connection", "close") // over HTTP/2 this is GOAWAY
		}
		s.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

// seen is what has come since the last call, and over how many connections.
func (s *site) seen() (requests map[request]int, connections int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests, connections = maps.Clone(s.requests), len(s.peers)
	clear(s.requests)
	clear(s.peers)
	return requests, connections
}
