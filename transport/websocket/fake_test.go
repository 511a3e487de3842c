package websocket_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/weft-realtime/weft/internal/leak"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/websocket"
)

func TestMain(m *testing.M) { leak.Main(m) }

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

var defaults = transport.Limits{
	MaxFrame: 4 << 10, FirstFrame: 5 * time.Second, Body: 10 * time.Second,
	Write: 10 * time.Second, Hold: 25 * time.Second, Settle: 50 * time.Millisecond,
}

// gate is a Gate and an Opener with one attachment for every connection.
type gate struct {
	limits  transport.Limits
	admit   error
	refuse  error              // by Open
	deliver func([]byte) error // nil: takes everything
	bound   chan *attachment   // what Open has bound
	asked   chan *http.Request // what Admit has seen
}

func newGate() *gate {
	return &gate{limits: defaults, bound: make(chan *attachment, 100), asked: make(chan *http.Request, 100)}
}

func (g *gate) Limits() transport.Limits { return g.limits }

func (g *gate) Find(*http.Request) (transport.Attachment, error) { panic("never asked") }

func (g *gate) Admit(r *http.Request) (transport.Opener, error) {
	g.asked <- r
	return g, g.admit
}

func (*gate) Refuse(err error) error { return err }

func (g *gate) Open(first []byte, c transport.Conn) (transport.Attachment, error) {
	if g.refuse != nil {
		return nil, g.refuse
	}
	a := &attachment{gate: g, conn: c, got: make(chan string, 1000), lost: make(chan error, 10)}
	a.got <- string(first)
	g.bound <- a
	return a, nil
}

// attachment keeps what is delivered.
type attachment struct {
	transport.Attachment
	gate *gate
	conn transport.Conn
	got  chan string
	lost chan error
}

func (a *attachment) Deliver(batch []byte, post bool) error {
	if post {
		return errors.New("a message is no POST")
	}
	if a.gate.deliver != nil {
		return a.gate.deliver(batch)
	}
	a.got <- string(batch)
	return nil
}

func (a *attachment) Lost(err error) { a.lost <- err }

// server is a transport behind a real socket.
type server struct {
	*gate
	mount *url.URL
}

func serve(t *testing.T, g *gate) *server {
	t.Helper()
	tr := websocket.New(websocket.Config{})
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { tr.Serve(w, r, g) }))
	mount, err := url.Parse(h.URL + "/rt")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.Close()
		tr.Wait()
	})
	return &server{gate: g, mount: mount}
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

func dial(t *testing.T, d *websocket.Dialer, mount *url.URL) transport.Link {
	t.Helper()
	l, err := d.Dial(t.Context(), transport.Target{Mount: mount})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close(frame.Done, "") })
	return l
}
