package websocket_test

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/websocket"
)

// pipes is a network without a kernel: what is written waits for its reader, and a bubble's clock drives deadlines.
type pipes struct {
	accept chan net.Conn
	once   sync.Once
	done   chan struct{}
}

func newPipes() *pipes { return &pipes{accept: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accept:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.accept <- there:
		return here, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// newPiped runs a transport on a network of pipes.
func newPiped(g *gate) (p *pipes, end func()) {
	p = newPipes()
	tr := websocket.New(websocket.Config{})
	h := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { tr.Serve(w, r, g) })}
	go h.Serve(p)
	return p, func() {
		h.Close()
		tr.Wait()
	}
}

// piped returns a link over a network of pipes.
func piped(t *testing.T, g *gate) (l transport.Link, end func()) {
	t.Helper()
	p, stop := newPiped(g)
	d := &websocket.Dialer{NetDial: p.dial}
	l, err := d.Dial(t.Context(), transport.Target{Mount: &url.URL{Scheme: "http", Host: "h", Path: "/rt"}})
	if err != nil {
		t.Fatal(err)
	}
	return l, func() {
		l.Close(frame.Done, "")
		stop()
	}
}
