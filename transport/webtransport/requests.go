package webtransport

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

// quiet is how long no handler must have run before HTTP/3 connections are closed: an answer is still being sent when its
// handler has returned, and nobody says when it has arrived.
const quiet = 250 * time.Millisecond

// requests are those over HTTP/3 that are being served. webtransport-go hands them to HTTP/3's server one at a time, so
// that the Shutdown of that knows of none.
type requests struct {
	mu      sync.Mutex
	n       int
	ended   time.Time // the last one
	closing bool      // there are to be no more
}

// first is the key of the timer that a connection's first request must stop.
type first struct{}

// await gives a connection as long to ask for something as it has on TCP: HTTP/3 has no deadline for headers, and one byte
// of them keeps it open.
func (q *requests) await(ctx context.Context, c *quic.Conn) context.Context {
	late := time.AfterFunc(headerTimeout, func() {
		_ = c.CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeRequestIncomplete), "no request")
	})
	context.AfterFunc(c.Context(), func() { late.Stop() })
	return context.WithValue(ctx, first{}, late)
}

// count wraps a handler. It is not asked any more when wait has begun.
func (q *requests) count(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Context().Value(first{}).(*time.Timer).Stop()
		if !q.begin() {
			http.Error(w, "weft: the server is shutting down", http.StatusServiceUnavailable)
			return
		}
		defer q.end()
		h.ServeHTTP(w, r)
	})
}

func (q *requests) begin() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closing {
		q.n++
	}
	return !q.closing
}

func (q *requests) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.n--
	q.ended = time.Now()
}

// over reports whether wait has begun.
func (q *requests) over() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closing
}

// wait lets no more begin, and returns when it is quiet, or with the context's error.
func (q *requests) wait(ctx context.Context) error {
	q.mu.Lock()
	q.closing = true
	q.mu.Unlock()
	for left := q.left(); left > 0; left = q.left() {
		select {
		case <-time.After(left):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// left is how long it is not quiet at least.
func (q *requests) left() time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.n > 0 {
		return 10 * time.Millisecond // ask again
	}
	return quiet - time.Since(q.ended)
}
