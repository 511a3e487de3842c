package longpoll

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// Dialer opens links that poll. The zero value works. It is safe for concurrent use and must not be changed after the
// first Dial.
type Dialer struct {
	// Client makes the requests. Default: one of the link's own, over HTTP/1.1, with the proxy of the environment.
	// Redirects are never followed. A Timeout must be longer than the server's hold, 25 s by default.
	Client *http.Client
	// MaxBatch is the longest answer in bytes that is taken; default 4 MiB.
	MaxBatch int
}

// Kind implements transport.Dialer.
func (d *Dialer) Kind() transport.Kind { return transport.LongPoll }

// Dial implements transport.Dialer. It touches no network: the first Send does.
func (d *Dialer) Dial(ctx context.Context, t transport.Target) (transport.Link, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l := &link{target: t, maxBatch: d.MaxBatch}
	if l.maxBatch <= 0 {
		l.maxBatch = 4 * frame.DefaultMaxFrame
	}
	if d.Client == nil {
		l.client.Transport = ownTransport()
		l.closeIdle = l.client.CloseIdleConnections
	} else {
		l.client = *d.Client
	}
	l.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	l.ctx, l.cancel = context.WithCancel(context.Background())
	return l, nil
}

// ownTransport holds the two connections that a link uses, a poll and a POST beside it.
func ownTransport() *http.Transport {
	dialer := net.Dialer{Timeout: 10 * time.Second}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConnsPerHost: 2,
		IdleConnTimeout:     90 * time.Second,
		DisableCompression:  true, // answers say no-transform
	}
}
