package longpoll

import (
	"context"
	"net/http"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/internal/post"
)

// Dialer opens links that poll. The zero value works. It is safe for concurrent use and must not be changed after the
// first Dial.
type Dialer struct {
	// Client makes the requests. Default: one of the link's own, over HTTP/1.1, with the proxy of the environment.
	// Redirects are never followed. A Timeout must be longer than the server's hold, 25 s by default.
	Client *http.Client
	// MaxBatch is the longest answer in bytes that is taken; default 4 MiB.
	MaxBatch int

	hold hold // of all links: they go the same way
}

// Kind implements transport.Dialer.
func (d *Dialer) Kind() transport.Kind { return transport.LongPoll }

// Dial implements transport.Dialer. It touches no network: the first Send does.
func (d *Dialer) Dial(ctx context.Context, t transport.Target) (transport.Link, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return &link{client: post.NewClient(t, d.Client, d.MaxBatch), hold: &d.hold}, nil
}
