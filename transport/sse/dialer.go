package sse

import (
	"context"
	"errors"
	"net/http"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/internal/post"
)

// Dialer opens event streams. The zero value works. It is safe for concurrent use and must not be changed after the
// first Dial.
type Dialer struct {
	// Client makes the requests. Default: one of the link's own, over HTTP/1.1, with the proxy of the environment.
	// Redirects are never followed. It must have no Timeout: a stream lives for long.
	Client *http.Client
	// MaxBatch is the longest event, and the longest answer, in bytes that is taken; default 4 MiB.
	MaxBatch int
}

var (
	errNoSession = errors.New("sse: there is no session yet, and a stream cannot open one")
	errNotOurs   = errors.New("sse: the stream does not begin with its id")
)

// Kind implements transport.Dialer.
func (d *Dialer) Kind() transport.Kind { return transport.SSE }

// Dial implements transport.Dialer. It returns when the beginning of the stream has arrived, which shows that nothing
// holds it back. The session must exist. When the server refuses and says why, the error is a *transport.Error.
func (d *Dialer) Dial(ctx context.Context, t transport.Target) (transport.Link, error) {
	as := t.Position()
	if as.SID == (frame.SID{}) {
		return nil, errNoSession
	}
	l := &link{client: post.NewClient(t, d.Client, d.MaxBatch)}
	if err := l.begin(ctx, as); err != nil {
		l.Close(frame.Done, "")
		return nil, err
	}
	return l, nil
}
