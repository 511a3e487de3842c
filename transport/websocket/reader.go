package websocket

import (
	"errors"
	"net"
	"time"

	"github.com/gorilla/websocket"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/internal/post"
)

var errFirst = &transport.Error{Code: frame.Timeout, Reason: "no first frame in time"}

// open waits for the first message and binds the connection to a session.
func (c *conn) open(o transport.Opener, firstFrame time.Duration) (transport.Attachment, error) {
	_ = c.ws.SetReadDeadline(time.Now().Add(firstFrame))
	b, err := c.next()
	if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
		return nil, o.Refuse(errFirst)
	}
	if err != nil {
		return nil, err
	}
	defer b.Free()
	// Before Open: from then on the session may call Close, which sets a deadline that has to stay.
	_ = c.ws.SetReadDeadline(time.Time{})
	att, err := o.Open(b.B, c)
	if err != nil {
		return nil, transport.AsError(err)
	}
	return att, nil
}

// deliver takes messages until the connection is dead or closed, or the session refuses one. It returns why. After a
// refusal the session closes: it still has to say in band why, which must not be overtaken.
func (c *conn) deliver(att transport.Attachment) error {
	for {
		b, err := c.next()
		if err != nil {
			return err
		}
		if c.closed.Load() {
			b.Free()
			return errClosed
		}
		err = att.Deliver(b.B, false)
		b.Free()
		if err != nil {
			c.refused.Store(true)
			c.linger()
			c.discard()
			return err
		}
	}
}

// next reads one message. It holds no buffer while it waits for one.
func (c *conn) next() (*post.Buffer, error) {
	kind, r, err := c.ws.NextReader()
	if err != nil {
		return nil, refusal(err)
	}
	if kind != c.message {
		return nil, errKind
	}
	c.controls = 0
	b := post.NewBuffer()
	if err := b.Fill(r, c.limit); err != nil {
		b.Free()
		return nil, refusal(err)
	}
	return b, nil
}

// refusal turns gorilla's own limit, which is a length that no integer holds, into ours.
func refusal(err error) error {
	if errors.Is(err, websocket.ErrReadLimit) {
		return post.ErrTooLarge
	}
	return err
}

// discard reads and throws away until the connection is closed, or dead, or its deadline is over.
func (c *conn) discard() {
	for {
		if _, _, err := c.ws.NextReader(); err != nil {
			return
		}
	}
}

// drain gives a peer that was told to close the time to do so, and throws away what it still sends.
func (c *conn) drain() {
	if c.closed.Load() {
		c.discard()
	}
}
