package chaos

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
)

// HTTP is a reverse proxy with rules for single requests, whichever connection they come on. NewHTTP makes one. Else it
// is transparent: streams are flushed as they come, upgrades pass, and Host stays what the client sent, so
// that a page from it is of the same origin.
type HTTP struct {
	addr      string
	server    *http.Server
	transport *http.Transport
	forwards  *httputil.ReverseProxy

	over   context.Context // ends with Close
	cancel context.CancelFunc
	served sync.WaitGroup // the server's accept loop
	active sync.WaitGroup // requests, hijacked ones included, and those that are delivered later

	mu      sync.Mutex
	closed  bool          // no request may enter
	rules   []rule        // replaced, never changed
	answers []answerRule  // replaced, never changed
	healed  chan struct{} // closed and replaced by Heal
	seen    func(*http.Request)
}

// NewHTTP listens on a free port of 127.0.0.1 and forwards to target, a host:port: a server's, or a Proxy's. The caller
// owns the proxy and closes it.
func NewHTTP(target string) (*HTTP, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	quiet := log.New(io.Discard, "", 0) // errors are what this proxy is for
	h := &HTTP{addr: l.Addr().String(), transport: &http.Transport{DisableCompression: true}, healed: make(chan struct{})}
	h.over, h.cancel = context.WithCancel(context.Background())
	h.forwards = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: target})
			r.Out.Host = r.In.Host
		},
		ModifyResponse: h.modify,
		Transport:      h.transport, FlushInterval: -1, ErrorLog: quiet,
	}
	h.server = &http.Server{
		Handler: h, ErrorLog: quiet,
		BaseContext: func(net.Listener) context.Context { return h.over },
	}
	h.served.Add(1)
	go h.accept(l)
	return h, nil
}

// accept is joined by Close.
func (h *HTTP) accept(l net.Listener) {
	defer h.served.Done()
	h.server.Serve(l) // always an error: Close's
}

// Addr is the host:port that clients dial.
func (h *HTTP) Addr() string { return h.addr }

// URL is "http://" and Addr.
func (h *HTTP) URL() string { return "http://" + h.addr }

// Close ends all connections, upgraded ones included, and returns when no request is served any more.
func (h *HTTP) Close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.cancel()
	h.server.Close()
	h.served.Wait()
	h.active.Wait()
	h.transport.CloseIdleConnections()
}

// ServeHTTP applies the rules to one request.
func (h *HTTP) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !h.enter() {
		panic(http.ErrAbortHandler)
	}
	defer h.active.Done()
	h.choose(r)(w, r)
}

// enter counts a request, unless Close was called: it may not wait for what begins after it.
func (h *HTTP) enter() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.active.Add(1)
	}
	return !h.closed
}
