package longpoll

import (
	"context"
	"errors"
	"net"
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

// link is the client's end.
type link struct {
	client *post.Client

	att      atomic.Uint64 // of this link, which is not always the session's newest
	answered post.Buffer   // Send: the last answer
	received post.Buffer   // Receive: the last batch
	poll     uint64        // Receive: the number of the last poll
	hold     *hold
}

func (l *link) Kind() transport.Kind     { return transport.LongPoll }
func (l *link) Encoding() frame.Encoding { return frame.Binary }

// Send implements transport.Link. The answer is valid until the next Send.
func (l *link) Send(ctx context.Context, batch []byte) ([]byte, error) {
	if l.att.Load() == 0 {
		return l.open(ctx, batch)
	}
	return l.client.Do(ctx, l.client.Send(l.att.Load(), batch), &l.answered)
}

// open sends the first batch to the door that its first frame belongs to. It may be tried again after an error.
func (l *link) open(ctx context.Context, batch []byte) ([]byte, error) {
	f, err := post.ParseOpening(batch)
	if err != nil {
		return nil, err
	}
	r := post.Request{Door: "session", Body: batch}
	if f.Type == frame.Attach {
		r.Door, r.As = "poll", transport.Position{SID: f.Open.SID, Token: f.Open.Token}
	}
	answer, err := l.client.Do(ctx, r, &l.answered)
	if err == nil {
		l.att.Store(f.Open.Att)
	}
	return answer, err
}

// Receive implements transport.Link. Every poll has a number of its own, also one that is tried again: the server
// cannot know which of two it has answered. A poll that was cut while it was held is followed by another at once; what
// else goes wrong is an error. One that is answered with nothing is an empty batch: a sign of life.
func (l *link) Receive(ctx context.Context) ([]byte, error) {
	for step := uint64(1); ; step = 2 {
		begun := time.Now()
		batch, err := l.client.Do(ctx, l.nextPoll(step), &l.received)
		took := time.Since(begun)
		if err == nil {
			l.hold.answered(took)
			if len(batch) == 0 {
				err = l.client.Pause(ctx, minPoll-took)
			}
			return batch, err
		}
		if ctx.Err() != nil || err == post.ErrClosed || !cuts(err) || !l.hold.failed(took) {
			return nil, err
		}
	}
}

// cuts reports whether a poll may have failed because it was held: not so when nobody could be reached, or a proxy
// answered with something else than that it had waited for too long.
func cuts(err error) bool {
	if e, ok := errors.AsType[*post.Foreign](err); ok {
		return e.Code == http.StatusGatewayTimeout
	}
	e, ok := errors.AsType[*net.OpError](err)
	return !ok || e.Op != "dial"
}

// nextPoll is the next poll. step is 1 when the one before was answered, else 2 (PROTOCOL 11.4).
func (l *link) nextPoll(step uint64) post.Request {
	l.poll += step
	p := l.client.Target.Position()
	query := "att=" + number(l.att.Load()) + "&poll=" + number(l.poll) + "&rcv=" + number(p.Rcv) + "&ack=" + number(p.Ack)
	if ask := l.hold.ask(); ask > 0 {
		query += "&hold=" + number(uint64(ask.Milliseconds()))
	}
	return post.Request{Door: "poll", Query: query, As: p}
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

// Close implements transport.Link. The server is not told: it notices that nobody polls.
func (l *link) Close(frame.Code, string) { l.client.Close() }
