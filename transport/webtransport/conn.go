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

	stream  *webtransport.Stream // set before anybody may call Send or Close
	closed  atomic.Bool
	refused atomic.Bool // the peer has refusedGrace to close
	writing sync.Mutex  // held while writing; Close takes it only if it is free
	failed  error       // writing: of the write after which none is possible

	in input // reader
}

func (c *conn) Kind() transport.Kind     { return transport.WebTransport }
func (c *conn) Encoding() frame.Encoding { return frame.Binary }

// Send implements transport.Conn. It has no deadline. VOLATILE frames leave the order of the stream: a lost one is not
// sent again, and holds nothing up.
func (c *conn) Send(batch []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.closed.Load() {
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
	err := c.session.SendDatagram(p)
	if _, tooLarge := errors.AsType[*quic.DatagramTooLargeError](err); tooLarge {
		return c.write(p) // the path is narrower than any should be
	}
	return err
}

// Close implements transport.Conn. A code would not reach a browser, and would take what is on its way with it: so the
// stream ends, the peer has a moment to read it and to close, for which the reader waits. While a Send runs the session
// is cut.
func (c *conn) Close(code frame.Code, reason string) {
	if c.closed.Swap(true) {
		return
	}
	if !c.writing.TryLock() {
		c.cut(code, reason)
		return
	}
	defer c.writing.Unlock()
	c.end(code, reason)
}

// end ends the stream, or the session where a part of a frame is all that would come before. c.writing is held, and
// c.closed set.
func (c *conn) end(code frame.Code, reason string) {
	if c.failed != nil {
		c.cut(code, reason)
		return
	}
	_ = c.stream.Close()
	d := grace
	if c.refused.Load() {
		d = refusedGrace
	}
	_ = c.stream.SetReadDeadline(time.Now().Add(d))
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
	if c.closed.Swap(true) { // before a Send that runs can end, whose error closes, too
		return
	}
	c.refused.Store(true)
	_ = c.stream.SetWriteDeadline(time.Now().Add(grace))
	c.writing.Lock()
	defer c.writing.Unlock()
	_ = c.write(transport.AppendRefusal(nil, frame.Binary, e))
	c.end(e.Code, e.Reason)
}

// linger gives a peer that was told to close the time to do so, throws away what it still sends, and ends the session.
func (c *conn) linger() {
	if c.closed.Load() && c.stream != nil {
		c.in.discard(c.stream)
	}
	c.cut(frame.Done, "")
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
		case c.closed.Load():
			return errClosed
		}
		if err := att.Deliver(batch, false); err != nil {
			c.refused.Store(true)
			_ = c.stream.SetReadDeadline(time.Now().Add(refusedGrace))
			c.in.discard(c.stream)
			return err
		}
	}
}
