package e2e

import (
	"context"
	"crypto/tls"
	"maps"
	"net/http"
	"path"
	"sync"
	"testing"
	"time"

	"github.com/weft-realtime/weft/conformance/chaos"
	"github.com/weft-realtime/weft/conformance/exchange"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/longpoll"
	"github.com/weft-realtime/weft/transport/sse"
	"github.com/weft-realtime/weft/transport/websocket"
	"github.com/weft-realtime/weft/transport/webtransport"
)

// site is an exchange over all four transports, on a TCP port and the UDP port of the same number.
type site struct {
	scheme string // "http": as under development; "https": with a certificate, and HTTP/2
	server *exchange.Server
	wt     *webtransport.Transport
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
	wt := webtransport.New()
	wt.Quirks = quirks
	server, err := exchange.Listen("", router.Config{Session: cfg, Transports: []transport.Transport{
		wt, websocket.New(websocket.Config{}), sse.New(sse.Config{}), longpoll.New(longpoll.Config{}),
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	s := &site{scheme: scheme, server: server, wt: wt, requests: map[request]int{}, peers: map[string]bool{}}
	h3 := &webtransport.Server{Addr: "127.0.0.1:0", Handler: http.HandlerFunc(s.count), Transport: wt}
	if scheme == "https" {
		h3.TLS = &tls.Config{Certificates: []tls.Certificate{certificate()}}
	}
	if err := h3.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		h3.Shutdown(ctx)
	})
	s.addr = h3.Address().String()
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

// count serves a request, and remembers how it came.
func (s *site) count(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests[request{path.Base(r.URL.Path), r.Proto}]++
	s.peers[r.RemoteAddr] = true
	s.answered++
	if s.goaway > 0 && s.answered%s.goaway == 0 {
		w.Header().Set("Connection", "close") // over HTTP/2 this is GOAWAY
	}
	s.mu.Unlock()
	s.server.Mux.ServeHTTP(w, r)
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
