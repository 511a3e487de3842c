package simulator

import (
	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// serverConn is the server's end of a stream.
type serverConn struct {
	run     *run
	link    *link
	enc     frame.Encoding
	posts   bool    // an event stream: what the client sends comes in POSTs
	hosted  *hosted // nil before HELLO or ATTACH
	binding core.Binding
	closed  bool
	idle    core.Time // a write is under way until then
	waiting bool
}

// firstFrame is how long the server waits for it (PROTOCOL 2.13).
const firstFrame core.Time = 5_000

// accept makes the server's end of a link.
func (s *server) accept(l *link, enc frame.Encoding, posts bool) *serverConn {
	c := &serverConn{run: s.run, link: l, enc: enc, posts: posts}
	l.up.arrive, l.up.ended = c.receive, c.lost
	s.run.after(firstFrame+patience, func() {
		if c.hosted == nil {
			c.close()
		}
	})
	return c
}

func (c *serverConn) receive(batch []byte) {
	switch {
	case c.closed:
	case c.hosted == nil:
		c.open(batch, c.enc)
	default:
		c.hosted.side.take(batch, c.enc, c.binding, false)
	}
}

// open takes the first batch. A refusal is returned, and told on the stream.
func (c *serverConn) open(batch []byte, enc frame.Encoding) *frame.Frame {
	var d frame.Decoder
	var f frame.Frame
	d.Reset(enc, batch, frame.DefaultMaxFrame)
	if ok, err := d.Next(&f); !ok || err != nil {
		c.run.fail(Broken, "the first batch on a stream does not decode: %v", err)
		return nil
	}
	h, b, refused := c.run.server.admit(&f, false)
	if refused != nil {
		c.run.trace("server: refused: %d", refused.Code)
		c.link.down.write(frame.Append(nil, c.enc, refused))
		c.close()
		return refused
	}
	c.hosted, c.binding = h, b
	h.enter(door{binding: b, conn: c})
	h.side.rest(&d, b, c.posts)
	return nil
}

// attach takes the POST that brings the ATTACH of an event stream (PROTOCOL 11.12).
func (c *serverConn) attach(body []byte, reply func(answer)) {
	refused := refusal(frame.Timeout) // another copy was here, or the stream has ended
	if !c.closed && c.hosted == nil {
		refused = c.open(body, frame.Binary)
	}
	if refused == nil {
		reply(answer{status: 204})
		return
	}
	reply(answer{refused.Code.HTTPStatus(), frame.Append(nil, frame.Binary, refused)})
}

// pending reports whether there is something to write that no POST's answer will tell (PROTOCOL 7.5).
func (h *hosted) pending() bool { return h.core.Content() || h.settling == 0 && h.core.Pending() }

// flush writes what is pending, one batch at a time.
func (c *serverConn) flush() {
	for !c.closed && !c.waiting && c.hosted.pending() {
		if now := c.run.now; now < c.idle {
			c.waiting = true
			c.run.at(c.idle, c.resume)
			return
		}
		batch := c.hosted.core.Batch(c.run.now, c.binding, c.enc, nil)
		if len(batch) == 0 {
			return
		}
		c.idle = c.run.now + core.Time(c.run.rand.N(3))
		c.run.traceBatch("down", c.enc, batch)
		c.link.down.write(batch)
	}
}

func (c *serverConn) resume() {
	c.waiting = false
	if c.hosted.side.over != nil {
		c.finish()
		return
	}
	c.hosted.side.work()
}

// finish writes a last word and closes.
func (c *serverConn) finish() {
	if c.flush(); !c.waiting {
		c.close()
	}
}

// farewell tells a superseded connection, and closes it when the client has not (PROTOCOL 8.4).
func (c *serverConn) farewell() {
	if c.closed {
		return
	}
	c.link.down.write(frame.Append(nil, c.enc, refusal(frame.Superseded)))
	c.run.after(1_000, c.close)
}

// lost is the end of the connection as the server sees it.
func (c *serverConn) lost() {
	if c.closed {
		return
	}
	c.close()
	if h := c.hosted; h != nil {
		h.core.Lost(c.run.now, c.binding)
		h.side.work()
	}
}

func (c *serverConn) close() {
	if !c.closed {
		c.closed = true
		c.link.down.end()
	}
}
