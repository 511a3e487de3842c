package client

import (
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
	c.core = c.newCore() // settle, between the dispatcher's unlock and publication's lock: recover asks from offset 5
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
	case <-time.After(2 * time.Second):
		t.Error("OnState was not told of the end")
	}
}
