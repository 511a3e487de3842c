package webtransport

import (
	"context"
	"errors"
	"time"

	"github.com/quic-go/webtransport-go"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// link is the client's end. Receive is its reader.
type link struct{ *conn }

// Send implements transport.Link. It returns no batch. When ctx ends during the write the link is dead.
func (l *link) Send(ctx context.Context, batch []byte) ([]byte, error) {
	return nil, during(ctx, func() { l.cut(frame.Done, "") }, func() error { return l.conn.Send(batch) })
}

// Receive implements transport.Link. When ctx ends during the wait the link is closed.
func (l *link) Receive(ctx context.Context) (batch []byte, err error) {
	err = during(ctx, func() { l.Close(frame.Done, "") }, func() (err error) {
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

// during runs f, and end when ctx ends first.
func during(ctx context.Context, end func(), f func() error) error {
	if ctx.Done() == nil {
		return f()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, end)
	err := f()
	if !stop() && err != nil {
		return ctx.Err()
	}
	return err
}

// Close implements transport.Link. It does not wait for the server. The stream ends behind what was sent, which a close of
// the session would take with it, and the server closes the session; one that has not after grace is cut. A Send that
// runs has as long.
func (l *link) Close(code frame.Code, reason string) {
	if !l.closes(code, reason) {
		return
	}
	late := time.AfterFunc(grace, func() { l.cut(code, reason) })
	context.AfterFunc(l.session.Context(), func() { late.Stop() })
	_ = l.stream.SetReadDeadline(time.Now()) // Receive ends
	if l.writing.TryLock() {
		_ = l.stream.Close()
		l.writing.Unlock()
	}
}

// peerError is the refusal in the session's close, where the server's CLOSE in band did not come through.
func peerError(err error) error {
	e, ok := errors.AsType[*webtransport.SessionError](err)
	if !ok || !e.Remote || e.ErrorCode != webtransport.SessionErrorCode(frame.Done) && (e.ErrorCode < 4400 || e.ErrorCode > 4599) {
		return err
	}
	return &transport.Error{Code: frame.Code(e.ErrorCode), Reason: e.Message}
}
