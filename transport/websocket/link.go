package websocket

import (
	"context"
	"errors"

	"github.com/gorilla/websocket"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/internal/post"
)

// link is the client's end. Receive is its reader.
type link struct {
	*conn
	received *post.Buffer // what the last Receive returned
}

// Send implements transport.Link. It returns no batch. When ctx ends during the write the link is dead.
func (l *link) Send(ctx context.Context, batch []byte) ([]byte, error) {
	return nil, l.during(ctx, func() error { return l.conn.Send(batch) })
}

// Receive implements transport.Link. When ctx ends during the wait the link is dead.
func (l *link) Receive(ctx context.Context) (batch []byte, err error) {
	if l.received != nil {
		l.received.Free()
		l.received = nil
	}
	err = l.during(ctx, func() error {
		b, err := l.next()
		if err != nil {
			return peerError(err)
		}
		l.received, batch = b, b.B
		return nil
	})
	return batch, err
}

// during runs f and cuts the connection when ctx ends first.
func (l *link) during(ctx context.Context, f func() error) error {
	if ctx.Done() == nil {
		return f()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, l.cut)
	err := f()
	if !stop() && err != nil {
		return ctx.Err()
	}
	return err
}

func (l *link) cut() { _ = l.ws.Close() }

// Close implements transport.Link. It does not wait for the server.
func (l *link) Close(code frame.Code, reason string) {
	l.conn.Close(code, reason)
	l.cut()
}

// peerError is the refusal in a close frame of the server, whose CLOSE in band did not come through.
func peerError(err error) error {
	if e, ok := errors.AsType[*websocket.CloseError](err); ok {
		if e.Code == int(frame.Done) || e.Code >= 4400 && e.Code <= 4599 {
			return &transport.Error{Code: frame.Code(e.Code), Reason: e.Text}
		}
	}
	return err
}
