package sse

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/internal/post"
)

// grace is how long the last bytes of a stream may take to write.
const grace = time.Second

// outcome is what became of a stream's ATTACH. With neither field set nobody is told anything.
type outcome struct {
	att transport.Attachment
	err error
}

// conn is the server's end of a stream. Its handler owns it, waits for its end, and returns when no Send runs any more:
// nothing of the request is used after that.
type conn struct {
	id, sid string       // the stream's, the session's
	out     *post.Stream // set before anybody else can know the id

	outcome chan outcome  // of the ATTACH; one is sent, by who has claimed the stream
	done    chan struct{} // closed by Close
	closed  atomic.Bool
	writing sync.Mutex // held while writing
}

func (c *conn) Kind() transport.Kind     { return transport.SSE }
func (c *conn) Encoding() frame.Encoding { return frame.JSON }

// Send implements transport.Conn. It has no deadline.
func (c *conn) Send(batch []byte) error {
	b := post.NewBuffer()
	defer b.Free()
	b.B = appendEvents(b.B, batch)
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.closed.Load() {
		return errClosed
	}
	return c.out.Write(b.B)
}

// Close implements transport.Conn. What the client is told was sent in band: a stream has no place for a code. While a
// Send runs the stream is cut off, else it ends as an answer does.
func (c *conn) Close(frame.Code, string) {
	if c.closed.Swap(true) {
		return
	}
	if c.writing.TryLock() {
		c.writing.Unlock()
	} else {
		c.out.Cut()
	}
	close(c.done)
}

// write is the handler's Send, with a deadline. The client may attach before its first call has returned.
func (c *conn) write(d time.Duration, p []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.out.Within(d, p)
}

// refuse says in band why a stream ends that has no attachment (PROTOCOL 11.10).
func (c *conn) refuse(err error) {
	if e, ok := errors.AsType[*transport.Error](err); ok {
		_ = c.write(grace, appendEvents(nil, transport.AppendRefusal(nil, frame.JSON, e)))
	}
}

// end is the handler's last act. A client that is gone, or does not read, must not hold it up.
func (c *conn) end() {
	c.closed.Store(true)
	if !c.writing.TryLock() {
		c.out.Cut()
		c.writing.Lock()
	}
	c.out.End(grace)
	c.writing.Unlock()
}
