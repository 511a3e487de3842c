package webtransport

import (
	"context"
	"errors"

	"github.com/quic-go/webtransport-go"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// link is the client's end. Receive is its reader.
type link struct{ *conn }

// Send implements transport.Link. It returns no batch. When ctx ends during the write the link is dead.
func (l *link) Send(ctx context.Context, batch []byte) ([]byte, error) {
	return nil, l.during(ctx, func() error { return l.conn.Send(batch) })
}

// Receive implements transport.Link. When ctx ends during the wait the link is dead.
func (l *link) Receive(ctx context.Context) (batch []byte, err error) {
	err = l.during(ctx, func() (err error) {
		batch, err = l.in.next(l.stream, l.limit)
		return peerError(err)
	})
	return batch, err
}

// ReceiveVolatile implements transport.Unordered: it waits for the next datagram.
func (l *link) ReceiveVolatile(ctx context.Context) ([]byte, error) {
	for {
		p, err := l.session.ReceiveDatagram(ctx)
		if err != nil || volatile(p) {
			return p, err
		}
	}
}

// during runs f and cuts the session when ctx ends first.
func (l *link) during(ctx context.Context, f func() error) error {
	if ctx.Done() == nil {
		return f()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { l.cut(frame.Done, "") })
	err := f()
	if !stop() && err != nil {
		return ctx.Err()
	}
	return err
}

// Close implements transport.Link. It does not wait for the server.
func (l *link) Close(code frame.Code, reason string) {
	l.closed.Store(true)
	l.cut(code, reason)
}

// peerError is the refusal in the session's close, where the server's CLOSE in band did not come through.
func peerError(err error) error {
	e, ok := errors.AsType[*webtransport.SessionError](err)
	if !ok || !e.Remote || e.ErrorCode != webtransport.SessionErrorCode(frame.Done) && (e.ErrorCode < 4400 || e.ErrorCode > 4599) {
		return err
	}
	return &transport.Error{Code: frame.Code(e.ErrorCode), Reason: e.Message}
}
