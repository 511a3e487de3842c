package websocket

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/internal/post"
)

// Dialer opens WebSocket links. The zero value works. It is safe for concurrent use and must not be changed after the
// first Dial.
type Dialer struct {
	// Encoding is the encoding to ask for: frame.Binary, the default, or frame.JSON.
	Encoding frame.Encoding
	// TLS is used for https mounts; default the system's. It must not offer h2 in NextProtos.
	TLS *tls.Config
	// NetDial opens the connection; default a net.Dialer.
	NetDial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Proxy finds the proxy for a request; default http.ProxyFromEnvironment.
	Proxy func(*http.Request) (*url.URL, error)
	// MaxBatch is the longest message in bytes that Receive takes; default 4 MiB. A server may fill it: it bounds what
	// each link can be made to hold.
	MaxBatch int
}

// clientStall is how long a pong may wait for a server that does not read.
const clientStall = 10 * time.Second

// clientBuffer is the size in bytes of the pooled buffers in which messages are masked. A longer message leaves in
// several fragments, so it is the size of a usual batch.
const clientBuffer = 32 << 10

var clientBuffers sync.Pool

// Kind implements transport.Dialer.
func (d *Dialer) Kind() transport.Kind { return transport.WebSocket }

// Dial implements transport.Dialer. When the server refuses before the upgrade and says why, the error is a
// *transport.Error.
func (d *Dialer) Dial(ctx context.Context, t transport.Target) (transport.Link, error) {
	var cut func() bool // stops watching ctx
	g := d.gorilla(func(c net.Conn) {
		cut = context.AfterFunc(ctx, func() { _ = c.Close() })
	})
	ws, resp, err := g.DialContext(ctx, mountURL(t.Mount), t.Header)
	if cut != nil {
		cut()
	}
	if over := ended(ctx); over != nil {
		if ws != nil {
			_ = ws.Close()
		}
		return nil, over
	}
	if err != nil {
		return nil, dialError(resp, err)
	}
	if ws.Subprotocol() != g.Subprotocols[0] {
		_ = ws.Close()
		return nil, fmt.Errorf("websocket: the server chose subprotocol %q", ws.Subprotocol())
	}
	return &link{conn: newConn(ws, d.maxBatch(), clientStall)}, nil
}

// ended is ctx's error, also when the connection's copy of its deadline fired a moment before its own.
func ended(ctx context.Context) error {
	if d, ok := ctx.Deadline(); ok && !time.Now().Before(d) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}

// gorilla returns the dialer for one dial, which tells opened about the connection. Gorilla heeds a context's deadline
// after the connection is open, but not its cancellation.
func (d *Dialer) gorilla(opened func(net.Conn)) *websocket.Dialer {
	netDial := d.NetDial
	if netDial == nil {
		netDial = new(net.Dialer).DialContext
	}
	g := &websocket.Dialer{
		NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := netDial(ctx, network, addr)
			if err == nil {
				opened(c)
			}
			return c, err
		},
		Proxy:           d.Proxy,
		TLSClientConfig: d.TLS,
		WriteBufferSize: clientBuffer,
		WriteBufferPool: &clientBuffers,
		Subprotocols:    []string{Binary},
	}
	if d.Encoding == frame.JSON {
		g.Subprotocols[0] = JSON
	}
	if g.Proxy == nil {
		g.Proxy = http.ProxyFromEnvironment
	}
	return g
}

func (d *Dialer) maxBatch() int {
	if d.MaxBatch > 0 {
		return d.MaxBatch
	}
	return 4 * frame.DefaultMaxFrame
}

func mountURL(mount *url.URL) string {
	u := mount.JoinPath("ws")
	switch u.Scheme {
	case "http":
		u.Scheme = "ws"
	case "https":
		u.Scheme = "wss"
	}
	return u.String()
}

// dialError finds the refusal in an answer that is not an upgrade.
func dialError(resp *http.Response, err error) error {
	if resp == nil || !errors.Is(err, websocket.ErrBadHandshake) {
		return err
	}
	if resp.Header.Get("Content-Type") == transport.MIME {
		batch, _ := io.ReadAll(resp.Body) // gorilla holds at most 1 KiB in memory: no error
		if refused := post.AsRefusal(batch); refused != nil {
			return refused
		}
	}
	return fmt.Errorf("websocket: the server answered %s", resp.Status)
}
