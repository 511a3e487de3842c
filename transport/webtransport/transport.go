// Package webtransport carries batches over WebTransport, which runs on HTTP/3 and so on UDP: one stream, opened by the
// client, carries the session's frames both ways; datagrams carry VOLATILE frames and nothing else (PROTOCOL 11.16).
//
// quic-go is linked only into programs that import this package. Server serves everything on one port.
package webtransport

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/quic-go/quic-go/http3"
	"github.com/quic-go/webtransport-go"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/internal/post"
)

// Transport serves WebTransport sessions that come through a Server. It is safe for concurrent use.
type Transport struct {
	// Quirks are what certain browsers need; of those that a client matches, the first counts. It must be set before the
	// Server listens. Default: those of KnownQuirks.
	Quirks []Quirk

	wt          webtransport.Server
	development development
	sessions    sync.WaitGroup // two goroutines for each

	mu      sync.Mutex
	serving bool // there is a Server
	selfish bool // whose certificates are those of development
}

// New returns a Transport. It is offered to clients once a Server serves it.
func New() *Transport {
	t := &Transport{Quirks: KnownQuirks(), development: development{now: time.Now}}
	t.wt.CheckOrigin = func(*http.Request) bool { return true } // the gate has decided
	// One stream is what a session needs. iOS Safari refuses a server that leaves any of these out.
	t.wt.Config = &webtransport.Config{MaxIncomingStreams: 1, MaxIncomingUniStreams: -1, MaxIncomingData: 1 << 60}
	t.wt.ReorderingTimeout = time.Second
	return t
}

func (*Transport) Kind() transport.Kind { return transport.WebTransport }
func (*Transport) Path() string         { return "wt" }
func (*Transport) Doors() []string      { return []string{"wt"} }

// serve is told by a Server that it begins.
func (t *Transport) serve(h3 *http3.Server, selfish bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wt.H3, t.serving, t.selfish = h3, true, selfish
}

// withdraw is told by a Server that it takes nobody any more.
func (t *Transport) withdraw() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.serving = false
}

// Describe implements transport.Describer: nobody is offered what no Server serves.
func (t *Transport) Describe(r *http.Request, o *transport.Offer) bool {
	o.Rotate = rotation(t.Quirks, r.UserAgent())
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.serving || !t.selfish {
		return t.serving
	}
	hashes, err := t.development.hashes()
	o.Hashes = hashes
	return err == nil
}

// Wait returns when no session has a goroutine any more. The gate must not admit anybody while it waits.
func (t *Transport) Wait() { t.sessions.Wait() }

var (
	errUpgrade = &transport.Error{Code: frame.BadProtocol, Reason: "not a WebTransport session"}
	errFirst   = &transport.Error{Code: frame.Timeout, Reason: "no first frame in time"}
	errClosed  = errors.New("webtransport: closed")
)

// Serve upgrades a request that the gate admits, and returns: the session has goroutines of its own.
func (t *Transport) Serve(w http.ResponseWriter, r *http.Request, g transport.Gate) {
	limits := g.Limits()
	opener, err := g.Admit(r)
	h3 := unwrap(w)
	if err == nil && (h3 == nil || r.Method != http.MethodConnect) {
		err = &post.Refusal{Status: http.StatusBadRequest, Err: errUpgrade}
	}
	if err != nil {
		post.Begin(w, r, limits).Refuse(err)
		return
	}
	t.sessions.Add(1)
	session, err := t.wt.Upgrade(h3, r)
	if err != nil {
		t.sessions.Done()
		post.Begin(w, r, limits).Refuse(&post.Refusal{Status: http.StatusBadRequest, Err: errUpgrade})
		return
	}
	c := &conn{session: session, limit: limits.MaxFrame}
	go t.read(c, opener, limits.FirstFrame)
}

// unwrap finds HTTP/3's own ResponseWriter beneath those of middleware, or returns nil.
func unwrap(w http.ResponseWriter) http.ResponseWriter {
	for {
		if _, ok := w.(http3.HTTPStreamer); ok {
			return w
		}
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return nil
		}
		w = u.Unwrap()
	}
}

// read is a session's goroutine. It owns the session's end: whoever calls Close only makes it come here.
func (t *Transport) read(c *conn, o transport.Opener, firstFrame time.Duration) {
	defer t.sessions.Done()
	att, err := c.open(o, firstFrame)
	if err == nil {
		t.sessions.Add(1)
		go t.datagrams(c, att)
		err = c.deliver(att)
	}
	if e, ok := errors.AsType[*transport.Error](err); ok {
		c.refuse(e)
	}
	if att != nil {
		att.Lost(err)
	}
	c.linger()
}

// datagrams delivers VOLATILE frames; it ends with the session.
func (t *Transport) datagrams(c *conn, att transport.Attachment) {
	defer t.sessions.Done()
	for {
		p, err := c.session.ReceiveDatagram(c.session.Context())
		if err != nil {
			return
		}
		if volatile(p) && att.Deliver(p, false) != nil {
			c.bear() // the session closes
			return
		}
	}
}

// volatile reports whether a datagram is one VOLATILE frame: everything else would be out of place, and out of order.
func volatile(p []byte) bool {
	if n, err := frame.Whole(p, len(p)); n == 0 || n < len(p) || err != nil {
		return false
	}
	before, frame, _ := frame.Split(p, len(p))
	return len(before) == 0 && len(frame) == len(p)
}
