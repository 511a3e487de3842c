package sse

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/internal/post"
)

// chunk is how many bytes of a stream are read at once.
const chunk = 4 << 10

// link is the client's end.
type link struct {
	client *post.Client
	id     string // of the stream

	att      atomic.Uint64 // of this link, which is not always the session's newest
	answered post.Buffer   // Send: the last answer

	body   io.ReadCloser // Receive, and Dial before it
	parser parser
	chunk  [chunk]byte
	batch  []byte // what has come
	taken  bool   // Receive has returned it
}

func (l *link) Kind() transport.Kind     { return transport.SSE }
func (l *link) Encoding() frame.Encoding { return frame.JSON }

// begin opens the stream and waits for its id. The comment before it is not looked at: it has shown that it flows.
func (l *link) begin(ctx context.Context, as transport.Position) error {
	l.parser.limit = l.client.MaxBatch
	resp, err := l.client.Open(ctx, post.Request{Door: "sse", As: as})
	if err != nil {
		return err
	}
	l.body = resp.Body
	for l.id == "" {
		if err := l.read(ctx, l.opened); err != nil {
			return err
		}
	}
	return nil
}

// opened takes the first event, which must be the stream's id.
func (l *link) opened(name, data []byte) error {
	switch {
	case l.id != "":
		return l.received(name, data)
	case string(name) != opening || len(data) < 2:
		return errNotOurs
	}
	l.id = string(data[:len(data)-1])
	return nil
}

// received takes a batch. Events with a name are not for us.
func (l *link) received(name, data []byte) error {
	if len(name) == 0 {
		l.batch = append(l.batch, data...)
	}
	return nil
}

// read reads what there is, and hands over the events that have become complete.
func (l *link) read(ctx context.Context, event func(name, data []byte) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, l.client.Close)
	n, err := l.body.Read(l.chunk[:])
	if !stop() {
		return ctx.Err()
	}
	if perr := l.parser.feed(l.chunk[:n], event); perr != nil {
		return perr
	}
	if err != nil && n == 0 {
		return fmt.Errorf("sse: the stream ended: %w", err)
	}
	return nil
}

// Send implements transport.Link. The first batch is the ATTACH for the stream. The answer is valid until the next Send.
func (l *link) Send(ctx context.Context, batch []byte) ([]byte, error) {
	if att := l.att.Load(); att != 0 {
		return l.client.Do(ctx, l.client.Send(att, batch), &l.answered)
	}
	f, err := post.ParseOpening(batch)
	if err != nil {
		return nil, err
	}
	r := post.Request{
		Door: "sse", Query: "stream=" + l.id, Body: batch,
		As: transport.Position{SID: f.Open.SID, Token: f.Open.Token},
	}
	if f.Type == frame.Hello {
		r.As = l.client.Target.Position() // the server will refuse it
	}
	answer, err := l.client.Do(ctx, r, &l.answered)
	if err == nil {
		l.att.Store(f.Open.Att)
	}
	return answer, err
}

// Receive implements transport.Link. When ctx ends during the wait the link is dead.
func (l *link) Receive(ctx context.Context) ([]byte, error) {
	if l.taken && cap(l.batch) > maxKept {
		l.batch = nil
	}
	if l.taken {
		l.batch, l.taken = l.batch[:0], false
	}
	for len(l.batch) == 0 {
		if err := l.read(ctx, l.received); err != nil {
			return nil, err
		}
	}
	l.taken = true
	return l.batch, nil
}

// maxKept is the largest batch in bytes whose memory is kept for the next one.
const maxKept = 64 << 10

// Close implements transport.Link. The server notices that the stream's reader is gone.
func (l *link) Close(frame.Code, string) { l.client.Close() }
