// Package websocket carries batches over WebSocket: one message is one batch (PROTOCOL 11.8).
//
// An idle connection costs one goroutine, which reads, and no timer. Nothing here watches a peer that is silent or does
// not read: the session does, and calls Close.
package websocket

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/internal/post"
)

// The subprotocols, best first.
const (
	Binary = "weft.1"      // binary messages
	JSON   = "weft.1.json" // text messages
)

// Config adjusts a Transport. The zero value works.
type Config struct {
	// ReadBuffer is the size in bytes of each connection's read buffer; default 1024, at least 125. Each connection
	// keeps it for its whole life. Longer messages are read past it, so more gains only where clients send many tiny
	// messages that they could have batched.
	ReadBuffer int
	// WriteBuffer is the size in bytes of the pooled buffers through which batches are written; default 4096. A longer
	// batch is written without being copied. Idle connections hold none.
	WriteBuffer int
}

// Transport serves WebSocket connections. It is safe for concurrent use.
type Transport struct {
	upgrader websocket.Upgrader
	readers  sync.WaitGroup // one for each connection
}

// New returns a Transport. It starts nothing.
func New(c Config) *Transport {
	t := &Transport{upgrader: websocket.Upgrader{
		ReadBufferSize:  c.ReadBuffer,
		WriteBufferSize: c.WriteBuffer,
		WriteBufferPool: new(sync.Pool),
		Subprotocols:    []string{Binary, JSON},
		CheckOrigin:     func(*http.Request) bool { return true }, // the gate has decided
	}}
	if t.upgrader.ReadBufferSize <= 0 {
		t.upgrader.ReadBufferSize = 1024
	}
	if t.upgrader.WriteBufferSize <= 0 {
		t.upgrader.WriteBufferSize = 4096
	}
	return t
}

func (t *Transport) Kind() transport.Kind { return transport.WebSocket }
func (t *Transport) Path() string         { return "ws" }
func (t *Transport) Doors() []string      { return []string{"ws"} }

// Wait returns when no connection has a reader any more. The gate must not admit anybody while it waits.
func (t *Transport) Wait() { t.readers.Wait() }

// Serve upgrades a request that the gate admits. It returns right after the upgrade, so that net/http lets go of its
// buffers and its goroutine.
func (t *Transport) Serve(w http.ResponseWriter, r *http.Request, g transport.Gate) {
	x := post.Begin(w, r, g.Limits())
	opener, err := g.Admit(r)
	if err != nil {
		x.Refuse(err)
		return
	}
	t.readers.Add(1) // before the upgrade: once it is hijacked, no http.Server waits for this handler
	ws, err := t.upgrade(w, x)
	if err != nil {
		t.readers.Done()
		return // and answered
	}
	go t.read(newConn(ws, 2*x.Limits.MaxFrame, x.Limits.Write), opener, x.Limits.FirstFrame)
}

func (t *Transport) upgrade(w http.ResponseWriter, x *post.Exchange) (*websocket.Conn, error) {
	u := t.upgrader
	u.HandshakeTimeout = x.Limits.Write
	u.Error = func(_ http.ResponseWriter, _ *http.Request, status int, _ error) {
		x.Header().Set("Sec-WebSocket-Version", "13")
		x.Refuse(&post.Refusal{Status: status, Err: errUpgrade})
	}
	if websocket.IsWebSocketUpgrade(x.Request) && !knowsSubprotocol(x.Request) {
		u.Error(w, x.Request, http.StatusBadRequest, nil)
		return nil, errUpgrade
	}
	return u.Upgrade(hijacker{w}, x.Request, nil)
}

func knowsSubprotocol(r *http.Request) bool {
	for _, p := range websocket.Subprotocols(r) {
		if p == Binary || p == JSON {
			return true
		}
	}
	return false
}

// read is a connection's goroutine. It owns the connection's end: whoever calls Close only makes it come here.
func (t *Transport) read(c *conn, o transport.Opener, firstFrame time.Duration) {
	defer t.readers.Done()
	defer c.ws.Close()
	att, err := c.open(o, firstFrame)
	if err == nil {
		err = c.deliver(att)
	}
	if e, ok := errors.AsType[*transport.Error](err); ok {
		c.refuse(e)
	}
	if att != nil {
		att.Lost(err)
	}
	c.drain()
}

var errUpgrade = &transport.Error{Code: frame.BadProtocol, Reason: "not an upgrade to a known subprotocol"}
