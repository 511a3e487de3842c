package longpoll_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/weft-realtime/weft/internal/leak"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/longpoll"
)

func TestMain(m *testing.M) { leak.Main(m) }

var _ transport.Transport = (*longpoll.Transport)(nil)
var _ transport.Dialer = (*longpoll.Dialer)(nil)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

var defaults = transport.Limits{
	MaxFrame: 4 << 10, FirstFrame: 5 * time.Second, Body: 10 * time.Second,
	Write: 10 * time.Second, Hold: 25 * time.Second, Settle: 50 * time.Millisecond,
}

// gate is a Gate, an Opener and an Attachment in one. What it is asked it remembers; what it answers a test can set.
type gate struct {
	limits transport.Limits

	admitErr, openErr, findErr, deliverErr, pullErr error

	state  func(net.Conn, http.ConnState) // of the server's connections; may be nil
	calls  chan string                    // the calls in order, with what they were given
	conn   transport.Conn
	down   chan string // what Pull says, one batch each
	waited chan error  // why a Pull that said nothing ended
}

func newGate() *gate {
	return &gate{limits: defaults, calls: make(chan string, 100), down: make(chan string, 100), waited: make(chan error, 100)}
}

func (g *gate) Limits() transport.Limits { return g.limits }

func (g *gate) Admit(r *http.Request) (transport.Opener, error) {
	g.calls <- "admit " + r.URL.Path
	return g, g.admitErr
}

func (g *gate) Find(r *http.Request) (transport.Attachment, error) {
	g.calls <- "find " + r.URL.Path + " att " + r.URL.Query().Get("att") + " " + r.Header.Get("Authorization")
	return g, g.findErr
}

func (*gate) Refuse(err error) error { return err }

func (g *gate) Open(first []byte, c transport.Conn) (transport.Attachment, error) {
	g.calls <- "open " + string(first)
	g.conn = c
	return g, g.openErr
}

func (g *gate) Deliver(batch []byte, post bool) error {
	if !post {
		return errors.New("not said to be a POST")
	}
	g.calls <- "deliver " + string(batch)
	return g.deliverErr
}

func (g *gate) Handled(ctx context.Context) transport.Progress {
	if _, ok := ctx.Deadline(); !ok {
		panic("no deadline")
	}
	g.calls <- "handled"
	return transport.Progress{Received: 7, Consumed: 5}
}

func (g *gate) Pull(ctx context.Context, poll, rcv, ack uint64, buf []byte) ([]byte, error) {
	g.calls <- "pull " + number(poll, rcv, ack)
	if g.pullErr != nil {
		return buf, g.pullErr
	}
	select {
	case batch := <-g.down:
		return append(buf, batch...), nil
	case <-ctx.Done():
		g.waited <- ctx.Err()
		return buf, nil
	}
}

func (g *gate) Lost(error)            { panic("polls are not lost") }
func (g *gate) Done() <-chan struct{} { return nil }

// server is a transport behind a real socket.
type server struct {
	*gate
	*httptest.Server
	mount *url.URL
}

func serve(t testing.TB, g *gate) *server {
	t.Helper()
	tr := longpoll.New(longpoll.Config{})
	h := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { tr.Serve(w, r, g) }))
	h.Config.ConnState = g.state
	h.Start()
	mount, err := url.Parse(h.URL + "/rt")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.Client().CloseIdleConnections()
		h.Close()
		tr.Wait()
	})
	return &server{g, h, mount}
}

func (g *gate) expect(t *testing.T, want ...string) {
	t.Helper()
	for _, w := range want {
		if got := receive(t, g.calls); got != w {
			t.Errorf("call %q, want %q", got, w)
		}
	}
	if len(g.calls) > 0 {
		t.Errorf("call %q that nobody expects", <-g.calls)
	}
}

func receive[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func wantClose(t *testing.T, batch []byte, code frame.Code) {
	t.Helper()
	var d frame.Decoder
	var f frame.Frame
	d.Reset(frame.Binary, batch, 4<<10)
	ok, err := d.Next(&f)
	if !ok || err != nil || f.Type != frame.Close && f.Type != frame.Reset || f.Code != code {
		t.Errorf("got %q = %+v, %v, want code %d", batch, f, err, code)
	}
	if more, _ := d.Next(&f); more {
		t.Errorf("another frame %+v", f)
	}
}
