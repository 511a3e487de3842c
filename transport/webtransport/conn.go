package webtransport

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/webtransport-go"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

const (
	// grace is how long the peer has to close after the stream's end, and how long the last CLOSE may take to write.
	grace = time.Second
	// refusedGrace is how long a peer has that was refused: it may still have megabytes to write before it reads why.
	refusedGrace = 5 * time.Second
	// maxDatagram is the longest VOLATILE frame, in bytes, that travels as a datagram: what fits any path.
	maxDatagram = 1100
)

// conn is a session's end, at the server and at the client. Fields are grouped by who may touch them.
type conn struct {
	session *webtransport.Session
	limit   int // bytes of a frame's body

	stream  *webtransport.Stream            // set before anybody may call Send or Close
	why     atomic.Pointer[transport.Error] // of the first to close; nil: it is not closed
	refused atomic.Bool                     // the peer has refusedGrace to close

	writing sync.Mutex // held while writing; Close takes it only if it is free
	failed  error      // of the write after which none is possible
	outlet  *outlet    // nil until there is a datagram

	in input // reader
}

func (c *conn) Kind() transport.Kind     { return transport.WebTransport }
func (c *conn) Encoding() frame.Encoding { return frame.Binary }

// closes notes why the conn is closed, and reports whether nobody has before.
func (c *conn) closes(code frame.Code, reason string) bool {
	return c.why.CompareAndSwap(nil, &transport.Error{Code: code, Reason: reason})
}

func (c *conn) closed() bool { return c.why.Load() != nil }

// Send implements transport.Conn. It has no deadline. VOLATILE frames leave the order of the stream: a lost one is not
// sent again, and holds nothing up.
func (c *conn) Send(batch []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.closed() {
		return errClosed
	}
	for len(batch) > 0 {
		before, volatile, after := frame.Split(batch, maxDatagram)
		if err := c.write(before); err != nil {
			return err
		}
		if err := c.sendDatagram(volatile); err != nil {
			return err
		}
		batch = after
	}
	return nil
}

// write writes to the stream, but not behind a write that failed: a part of a frame may be there.
func (c *conn) write(p []byte) error {
	if len(p) > 0 && c.failed == nil {
		_, c.failed = c.stream.Write(p)
	}
	return c.failed
}

func (c *conn) sendDatagram(p []byte) error {
	if p == nil {
		return nil
	}
	if c.outlet == nil {
		c.outlet = newOutlet(c.session.Context(), c.session.SendDatagram)
		go c.outlet.run()
	}
	err := c.outlet.send(p)
	if _, tooLarge := errors.AsType[*quic.DatagramTooLargeError](err); tooLarge {
		return c.write(p) // the path is narrower than any should be
	}
	return err
}

// Close implements transport.Conn. A code would not reach a browser, and would take what is on its way with it: so the
// stream ends, the peer has a moment to read it and to close, for which the reader waits. While a Send runs the session
// is cut.
func (c *conn) Close(code frame.Code, reason string) {
	if !c.closes(code, reason) {
		return
	}
	if !c.writing.TryLock() {
		c.cut(code, reason)
		return
	}
	defer c.writing.Unlock()
	c.end()
}

// end ends the stream, or the session where a part of a frame is all that would come before. c.writing is held, and the
// conn is closed.
func (c *conn) end() {
	if c.failed != nil {
		e := c.why.Load()
		c.cut(e.Code, e.Reason)
		return
	}
	_ = c.stream.Close()
	_ = c.stream.SetReadDeadline(time.Now().Add(grace))
	if c.refused.Load() { // whoever notes that later gives the time, too
		c.bear()
	}
}

// bear gives a peer that is refused the time to read why.
func (c *conn) bear() {
	c.refused.Store(true)
	_ = c.stream.SetReadDeadline(time.Now().Add(refusedGrace))
}

func (c *conn) cut(code frame.Code, reason string) {
	_ = c.session.CloseWithError(webtransport.SessionErrorCode(code), reason)
}

// refuse says in band why, and closes (PROTOCOL 11.10); where no stream is open, or nothing more fits, the session's close
// tells. Only the reader calls it, beside whoever uses Send: one that runs may end first, but must not take long.
func (c *conn) refuse(e *transport.Error) {
	if c.stream == nil {
		c.cut(e.Code, e.Reason)
		return
	}
	c.bear()
	if !c.closes(e.Code, e.Reason) { // before a Send that runs can end, whose error closes, too
		return
	}
	late := time.AfterFunc(grace, func() { c.cut(e.Code, e.Reason) })
	defer late.Stop()
	c.writing.Lock()
	defer c.writing.Unlock()
	_ = c.write(transport.AppendRefusal(nil, frame.Binary, e))
	c.end()
}

// linger gives a peer that was told to close the time to do so, throws away what it still sends, and ends the session.
func (c *conn) linger() {
	e := c.why.Load()
	switch {
	case e == nil:
		e = &transport.Error{Code: frame.Done}
	case c.stream != nil:
		c.in.discard(c.stream)
	}
	c.cut(e.Code, e.Reason)
}

// open waits for the client's stream and for the first frame on it, and binds the session.
func (c *conn) open(o transport.Opener, firstFrame time.Duration) (transport.Attachment, error) {
	until := time.Now().Add(firstFrame)
	ctx, cancel := context.WithDeadline(context.Background(), until)
	defer cancel()
	stream, err := c.session.AcceptStream(ctx)
	if err != nil {
		return nil, firstError(o, err)
	}
	c.stream = stream
	_ = stream.SetReadDeadline(until)
	batch, err := c.in.next(stream, frame.MaxFirstFrame)
	if err != nil {
		return nil, firstError(o, err)
	}
	// Before Open: from then on the session may call Close, which sets a deadline that has to stay.
	_ = stream.SetReadDeadline(time.Time{})
	att, err := o.Open(batch, c)
	if err != nil {
		return nil, transport.AsError(err)
	}
	return att, nil
}

// firstError is why there is no first frame. What the client is to blame for is noted.
func firstError(o transport.Opener, err error) error {
	if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() { // that of a context is one, too
		err = errFirst
	}
	if e, ok := errors.AsType[*transport.Error](err); ok {
		return o.Refuse(e)
	}
	return err
}

// deliver takes frames until the session is dead or closed, or refuses one. It returns why.
func (c *conn) deliver(att transport.Attachment) error {
	for {
		batch, err := c.in.next(c.stream, c.limit)
		switch {
		case err != nil:
			return err
		case c.closed():
			return errClosed
		}
		if err := att.Deliver(batch, false); err != nil {
			c.bear()
			c.in.discard(c.stream)
			return err
		}
	}
}
