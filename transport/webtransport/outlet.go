package webtransport

import "context"

// outlet sends the datagrams of a conn. QUIC takes one when there is room in its queue, and neither a deadline nor the
// session's end ends the wait for that. So a goroutine waits, and whoever sends goes when the session ends.
type outlet struct {
	ended context.Context // the session's
	take  func(datagram []byte) error
	frame []byte // the sender's, and the goroutine's between ready and sent
	ready chan struct{}
	sent  chan error
}

func newOutlet(ended context.Context, take func([]byte) error) *outlet {
	return &outlet{ended, take, make([]byte, 0, maxDatagram), make(chan struct{}), make(chan error, 1)}
}

// run is the goroutine. It ends with the session, or as soon as QUIC lets it, at the latest with the QUIC connection.
func (o *outlet) run() {
	for {
		select {
		case <-o.ready:
			o.sent <- o.take(o.frame)
		case <-o.ended.Done():
			return
		}
	}
}

// send returns when QUIC has taken the datagram, or when the session has ended. It is not safe for concurrent use.
func (o *outlet) send(p []byte) error {
	if o.ended.Err() != nil {
		return errClosed // the frame may be the goroutine's, and stay so
	}
	o.frame = append(o.frame[:0], p...)
	select {
	case o.ready <- struct{}{}:
	case <-o.ended.Done():
		return errClosed
	}
	select {
	case err := <-o.sent:
		return err
	case <-o.ended.Done():
		return errClosed
	}
}
