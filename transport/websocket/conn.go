package websocket

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

const (
	// grace is how long the peer has to close after a close frame, and how long the last CLOSE may take to write.
	grace = time.Second
	// refusedGrace is how long a peer has that was refused: it may still have megabytes to write before it reads why.
	refusedGrace = 5 * time.Second
	// closeWrite bounds Close where the peer does not read. A close frame needs a few bytes of the kernel's buffer.
	closeWrite = 50 * time.Millisecond
	// maxControls is how many control frames may come between two messages.
	maxControls = 256
)

var (
	errClosed   = errors.New("websocket: closed")
	errKind     = &transport.Error{Code: frame.BadProtocol, Reason: "message of the wrong type"}
	errControls = &transport.Error{Code: frame.RateLimited, Reason: "too many control frames"}
)

// conn is a connection's end, at the server and at the client. Fields are grouped by who may touch them.
type conn struct {
	ws      *websocket.Conn
	enc     frame.Encoding
	message int           // the type of every data message
	limit   int           // bytes of a message
	stall   time.Duration // how long a pong may wait for the peer to read

	closed  atomic.Bool
	refused atomic.Bool            // the peer has refusedGrace to close
	pong    atomic.Pointer[string] // the newest ping that is not answered
	writing sync.Mutex             // held while writing; Close takes it only if it is free

	controls int // reader: control frames since the last message
}

// newConn takes over ws. limit is for a binary batch, in bytes.
func newConn(ws *websocket.Conn, limit int, stall time.Duration) *conn {
	c := &conn{ws: ws, message: websocket.BinaryMessage, limit: limit, stall: stall}
	if ws.Subprotocol() == JSON {
		c.enc, c.message = frame.JSON, websocket.TextMessage
		c.limit *= 2 // PROTOCOL 4.8
	}
	ws.SetPingHandler(c.pinged)
	ws.SetPongHandler(c.ponged)
	ws.SetCloseHandler(c.peerCloses)
	return c
}

func (c *conn) Kind() transport.Kind     { return transport.WebSocket }
func (c *conn) Encoding() frame.Encoding { return c.enc }

// Send implements transport.Conn. It has no deadline.
func (c *conn) Send(batch []byte) error {
	err := c.send(batch)
	c.answerPing() // one that came meanwhile
	return err
}

func (c *conn) send(batch []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.closed.Load() {
		return errClosed
	}
	return c.ws.WriteMessage(c.message, batch)
}

// Close implements transport.Conn. While a Send runs, or when the close frame does not fit into the kernel's buffer,
// the connection is cut. Otherwise the peer has a moment to close, for which the reader waits.
func (c *conn) Close(code frame.Code, reason string) {
	if c.closed.Swap(true) {
		return
	}
	if !c.writing.TryLock() {
		_ = c.ws.Close()
		return
	}
	defer c.writing.Unlock()
	c.sayClose(code, reason)
}

// sayClose sends the close frame. c.writing is held, and c.closed set.
func (c *conn) sayClose(code frame.Code, reason string) {
	reason = strings.ToValidUTF8(reason[:min(len(reason), frame.MaxReason)], "")
	text := websocket.FormatCloseMessage(int(code), reason)
	if c.ws.WriteControl(websocket.CloseMessage, text, time.Now().Add(closeWrite)) != nil {
		_ = c.ws.Close()
		return
	}
	c.linger()
}

// linger lets the reader wait for the peer to close.
func (c *conn) linger() {
	d := grace
	if c.refused.Load() {
		d = refusedGrace
	}
	_ = c.ws.SetReadDeadline(time.Now().Add(d))
}

// refuse says in band why, and closes (PROTOCOL 11.10). Only the reader calls it, beside whoever uses Send: one that runs
// may end first, but must not take long.
func (c *conn) refuse(e *transport.Error) {
	c.refused.Store(true)
	_ = c.ws.NetConn().SetWriteDeadline(time.Now().Add(grace)) // of the Send that runs
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.closed.Swap(true) {
		return
	}
	_ = c.ws.SetWriteDeadline(time.Now().Add(grace))
	_ = c.ws.WriteMessage(c.message, transport.AppendRefusal(nil, c.enc, e))
	c.sayClose(e.Code, e.Reason)
}

// pinged runs on the reader. Whoever holds the lock for writing answers later: the reader must not wait for a peer that
// waits for the reader. Of several pings the newest is answered.
func (c *conn) pinged(data string) error {
	c.pong.Store(&data)
	c.answerPing()
	return c.control()
}

func (c *conn) ponged(string) error { return c.control() }

func (c *conn) control() error {
	if c.controls++; c.controls > maxControls {
		return errControls
	}
	return nil
}

// answerPing writes the pong that is due, unless somebody writes; who writes calls it after having unlocked, so that
// none is forgotten.
func (c *conn) answerPing() {
	for c.pong.Load() != nil && c.writing.TryLock() {
		if data := c.pong.Swap(nil); data != nil {
			_ = c.ws.WriteControl(websocket.PongMessage, []byte(*data), time.Now().Add(c.stall))
		}
		c.writing.Unlock()
	}
}

// peerCloses answers a close frame with the same code, unless ours was sent already.
func (c *conn) peerCloses(code int, _ string) error {
	if !c.closed.Swap(true) && c.writing.TryLock() {
		text := websocket.FormatCloseMessage(code, "")
		_ = c.ws.WriteControl(websocket.CloseMessage, text, time.Now().Add(closeWrite))
		c.writing.Unlock()
	}
	return nil
}
