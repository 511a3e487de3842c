package client

import (
	"context"
	"testing"
	"time"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// A publication that the dispatcher had taken when the session was lost is asked for again in the next one, so it
// must not be handed over as well.
func TestPublicationOfALostSession(t *testing.T) {
	c := New("http://127.0.0.1:1", Config{})
	n := 0
	c.subs["t"] = &Subscription{client: c, topic: "t", epoch: 1, offset: 5, on: func(Publication) { n++ }}
	j := job{core: c.core, seq: 1, msg: frame.Message{Kind: frame.Publication, Topic: "t", Epoch: 1, Offset: 6, Name: "e"}}
	c.core = newCore() // settle, between the dispatcher's unlock and publication's lock: recover asks from offset 5
	c.do(&j)
	if n != 0 {
		t.Error("offset 6 is handed over, and will be again")
	}
}

// A call that waited for a slot does not keep the end of the session from being told.
func TestEndIsToldThoughStarved(t *testing.T) {
	told := make(chan State, 4)
	c := New("http://127.0.0.1:1", Config{OnState: func(s State, _ transport.Kind) { told <- s }})
	c.mu.Lock()
	for range core.ClientDefaults.Slots {
		c.core.Start()
	}
	c.starved = true // the dispatcher rests on a call that waits
	c.inbox = append(c.inbox, job{core: c.core, seq: 1, msg: frame.Message{Kind: frame.Request, ID: 65, Name: "x"}})
	c.core.Abort(frame.Forbidden, "no") // as if the server had
	c.unlock()
	select {
	case <-told:
	case <-time.After(30 * time.Second):
		t.Error("OnState was not told of the end")
	}
}

// After a loss Ready waits for the next session.
func TestReadyAfterLoss(t *testing.T) {
	c := New("http://127.0.0.1:1", Config{})
	close(c.ready)
	c.mu.Lock()
	c.core.Abort(frame.Shed, "shed") // as if the server had
	c.unlock()
	defer c.Close(t.Context())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 { // of two that are ready select takes any
		if err := c.Ready(ctx); err == nil {
			t.Fatal("there is a session, it says")
		}
	}
}

// A connection that was left for another one, which then comes to nothing, is gone.
func TestLeftForNothing(t *testing.T) {
	c := New("http://127.0.0.1:1", Config{})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = Open
	c.link, c.attempt = c.newLink(transport.WebSocket), c.newLink(transport.SSE)
	c.lost(c.link, &Error{frame.Superseded, "superseded"})
	if c.state != Open {
		t.Errorf("%s, while READY is on its way", c.state)
	}
	c.dropAttempt(transport.SSE)
	if c.state != Detached {
		t.Errorf("%s, with nothing on its way", c.state)
	}
}

// lateDialer opens a link when it is not wanted any more.
type lateDialer struct{ closed chan struct{} }

type lateLink struct {
	transport.Link
	closed chan struct{}
}

func (d *lateDialer) Kind() transport.Kind { return transport.LongPoll }

func (d *lateDialer) Dial(ctx context.Context, _ transport.Target) (transport.Link, error) {
	<-ctx.Done()
	return &lateLink{closed: d.closed}, nil
}

func (l *lateLink) Close(frame.Code, string) { close(l.closed) }

// A link that opens when its attempt has been given up is closed before Close returns.
func TestLateLinkIsClosed(t *testing.T) {
	d := &lateDialer{make(chan struct{})}
	c := New("http://127.0.0.1:1", Config{Dialers: []transport.Dialer{d}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c.Connect(ctx)
	c.Close(ctx)
	select {
	case <-d.closed:
	default:
		t.Error("it is still open")
	}
}
