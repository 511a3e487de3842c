package longpoll

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/internal/post"
)

// minPoll is how long a poll that is answered with nothing takes at least. It keeps a server, or something before it,
// that does not hold polls from being polled in a loop.
const minPoll = 50 * time.Millisecond

var (
	errClosed = errors.New("longpoll: closed")
	errFirst  = errors.New("longpoll: the first batch begins with neither HELLO nor ATTACH")
)

// link is the client's end.
type link struct {
	target    transport.Target
	client    http.Client
	closeIdle func() // nil if the client is somebody else's
	maxBatch  int    // bytes

	ctx    context.Context // ends with Close, and every request with it
	cancel context.CancelFunc

	att      atomic.Uint64 // of this link, which is not always the session's newest
	answered post.Buffer   // Send: the last answer
	received post.Buffer   // Receive: the last batch
	poll     uint64        // Receive: the number of the last poll
}

func (l *link) Kind() transport.Kind     { return transport.LongPoll }
func (l *link) Encoding() frame.Encoding { return frame.Binary }

// Send implements transport.Link. The answer is valid until the next Send.
func (l *link) Send(ctx context.Context, batch []byte) ([]byte, error) {
	if l.att.Load() == 0 {
		return l.open(ctx, batch)
	}
	query := "att=" + number(l.att.Load())
	return l.do(ctx, request{door: "send", query: query, body: batch, as: l.target.Position()}, &l.answered)
}

// open sends the first batch to the door that its first frame belongs to. It may be tried again after an error.
func (l *link) open(ctx context.Context, batch []byte) ([]byte, error) {
	var d frame.Decoder
	var f frame.Frame
	d.Reset(frame.Binary, batch, frame.MaxFirstFrame)
	if _, err := d.Next(&f); err != nil {
		return nil, err
	}
	var r request
	switch f.Type {
	case frame.Hello:
		r = request{door: "session", body: batch}
		f.Open.Att = 1 // PROTOCOL 8.1
	case frame.Attach:
		r = request{door: "poll", body: batch, as: transport.Position{SID: f.Open.SID, Token: f.Open.Token}}
	default:
		return nil, errFirst
	}
	answer, err := l.do(ctx, r, &l.answered)
	if err == nil {
		l.att.Store(f.Open.Att)
	}
	return answer, err
}

// Receive implements transport.Link. Every poll has a number of its own, also one that is tried again: the server
// cannot know which of two it has answered.
func (l *link) Receive(ctx context.Context) ([]byte, error) {
	for {
		begun := time.Now()
		batch, err := l.do(ctx, l.nextPoll(), &l.received)
		if err != nil || len(batch) > 0 {
			return batch, err
		}
		if err := l.pause(ctx, minPoll-time.Since(begun)); err != nil {
			return nil, err
		}
	}
}

func (l *link) nextPoll() request {
	l.poll++
	p := l.target.Position()
	query := "att=" + number(l.att.Load()) + "&poll=" + number(l.poll) + "&rcv=" + number(p.Rcv) + "&ack=" + number(p.Ack)
	return request{door: "poll", query: query, as: p}
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

// pause waits for d, or for the end of ctx or of the link.
func (l *link) pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-l.ctx.Done():
		return errClosed
	}
}

// Close implements transport.Link. The server is not told: it notices that nobody polls.
func (l *link) Close(frame.Code, string) {
	l.cancel()
	if l.closeIdle != nil {
		l.closeIdle()
	}
}
