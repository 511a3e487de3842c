package core

import (
	"errors"
	"fmt"
	"testing"

	"github.com/weft-realtime/weft/transport/frame"
)

// PROTOCOL 5.1, 5.9, 10.8
func TestWindowOfMessages(t *testing.T) {
	r := newServer(t, small())
	for i := range 10 {
		r.send(event(fmt.Sprint(i)))
	}
	r.wantOut("1 0", "2 1", "3 2", "4 3", "5 4", "6 5", "7 6", "8 7")
	r.want(r.in(ack(8, 0))) // received is not consumed
	r.wantOut()
	r.want(r.in(ack(8, 1)))
	r.wantOut("9 8")
	if q := r.s.Queued(); q.Messages != 1 {
		t.Errorf("%+v queued, want 1 message", q)
	}
}

// PROTOCOL 3.6, 5.1
func TestWindowOfBytes(t *testing.T) {
	r := newServer(t, small())
	r.send(sized("a", 600), sized("b", 400), event("c"))
	r.wantOut("1 a", "2 b")
	r.in(ack(2, 1))
	r.wantOut("3 c")
}

// A message beyond the whole window goes alone.
//
// PROTOCOL 5.1
func TestOversizePassesAlone(t *testing.T) {
	r := newServer(t, small())
	r.send(sized("a", 100), sized("huge", 5000), event("b"))
	r.wantOut("1 a")
	r.wantOut("ping 1 0/0") // nothing else would make the peer speak
	r.in(pong(1, 1, 1))
	r.wantOut("2 huge")
	r.wantOut()
	r.in(ack(2, 2))
	r.wantOut("3 b")
}

// A sender that waits for a window of which so little is used that its peer has no reason to speak asks it, once.
//
// PROTOCOL 7.3
func TestHeldUpSenderAsks(t *testing.T) {
	r := newServer(t, small())
	r.send(sized("a", 100), sized("b", 950))
	r.wantOut("1 a")
	r.wantOut("ping 1 0/0")
	r.want(r.in(pong(1, 1, 0)))
	r.wantOut() // the peer knows; it has not consumed it yet
	r.want(r.in(ack(1, 1)))
	r.wantOut("2 b")
}

// With a quarter used the peer speaks by itself.
//
// PROTOCOL 7.3
func TestFullWindowDoesNotAsk(t *testing.T) {
	r := newServer(t, small())
	r.send(sized("a", 250), sized("b", 950))
	r.wantOut("1 a")
	r.wantOut()
}

// What was asked with a PING before it was consumed is answered when it is.
//
// PROTOCOL 7.3
func TestAskedReceiverSpeaks(t *testing.T) {
	r := newClient(t)
	r.want(r.in(data(1, event("a")), data(2, event("b")), ping(1, 0, 0)), "deliver 1", "deliver 2")
	r.wantOut("pong 1 2/0")
	r.c.Consumed(1)
	r.wantOut()
	r.c.Consumed(2)
	r.wantOut("ack 2/2")
}

// PROTOCOL 5.2, 6.5
func TestExemptPassesTheWindow(t *testing.T) {
	r := newServer(t, small())
	r.in(data(1, frame.Message{Kind: frame.Request, ID: 1, Name: "ask"}))
	r.s.Start()
	r.s.Consumed(1)
	for i := range 9 {
		r.send(event(fmt.Sprint(i)))
	}
	r.send(reply(1))
	r.wantOut("ack 1/1", "1 reply", "2 0", "3 1", "4 2", "5 3", "6 4", "7 5", "8 6", "9 7")
}

// PROTOCOL 5.3
func TestIdsWaitForTheirRequest(t *testing.T) {
	r := newClient(t)
	first, second := r.request("first"), r.request("second")
	r.send(frame.Message{Kind: frame.Credit, ID: second, Credit: 10})
	if it := r.c.Cancel(first); it == nil || it.Message.ID != first {
		t.Errorf("Cancel returned %+v, want the request that has no number", it)
	}
	r.wantOut("1 request second", "2 credit")
	if it := r.c.Cancel(second); it != nil {
		t.Errorf("Cancel took %+v back, which has a number", it)
	}
	r.wantOut("3 cancel")
}

// PROTOCOL 5.6
func TestWindowBeforeReady(t *testing.T) {
	r := &rig{t: t, now: 1000, c: NewClient(ClientDefaults, frame.Nonce{}, nil)}
	for range 20 {
		r.send(event("a"))
	}
	if got := r.open(false); len(got) != 1+16 {
		t.Fatalf("HELLO with %d frames, want 16", len(got)-1)
	}
	r.in(ready(1, 16, 0))
	r.wantOut("17 a", "18 a") // READY grants 18
}

// Before READY not even one larger message passes: no server must take it.
//
// PROTOCOL 5.6, 5.7
func TestLargeMessageWaitsForReady(t *testing.T) {
	r := &rig{t: t, now: 1000, c: NewClient(ClientDefaults, frame.Nonce{}, nil)}
	r.send(sized("a", 16<<10+1))
	if err := r.c.Send(NewItem(sized("huge", 40<<10), "huge")); err != nil {
		t.Fatal(err)
	}
	r.want(r.open(false), "hello")
	r.want(r.in(ready(1, 0, 0)), "attached 1", "refused huge 4413")
	r.wantOut("1 a")
	var refused *frame.Error
	if err := r.c.Send(NewItem(sized("huge", 40<<10), nil)); !errors.As(err, &refused) || refused.Code != frame.TooLarge {
		t.Errorf("Send of a message that is too long: %v", err)
	}
}

// PROTOCOL 5.9
func TestQueueIsBounded(t *testing.T) {
	cfg := small()
	cfg.Queue = frame.Window{Messages: 3, Bytes: 1000}
	r := newServer(t, cfg)
	r.send(sized("a", 2000)) // one always fits an empty queue
	if err := r.s.Send(NewItem(event("b"), nil)); !errors.Is(err, ErrQueueFull) {
		t.Errorf("Send beyond the bytes: %v", err)
	}
	r.wantOut("1 a")
	r.send(event("b"), event("c"), event("d"))
	if err := r.s.Send(NewItem(event("e"), nil)); !errors.Is(err, ErrQueueFull) {
		t.Errorf("Send beyond the messages: %v", err)
	}
	if err := r.s.Send(NewItem(reply(1), nil)); err != nil {
		t.Errorf("Send of a reply: %v", err)
	}
}

// start takes a request in and starts it.
func (r *rig) start(seq, id uint64) {
	r.t.Helper()
	r.want(r.in(data(seq, frame.Message{Kind: frame.Request, ID: id, Name: "ask"})), fmt.Sprint("deliver ", seq))
	r.end().Start()
	r.end().Consumed(seq)
}

// PROTOCOL 5.8
func TestSlots(t *testing.T) {
	r := newServer(t, small())
	r.start(1, 1)
	r.start(2, 2)
	if r.s.CanStart() {
		t.Fatal("a third request may start, of 2")
	}
	r.s.Starved()
	r.wantOut() // the replies are not even sent: there is nothing to ask for
	r.send(reply(1))
	r.s.Starved()
	r.wantOut("ping 1 2/2", "1 reply")
	if r.s.Starved(); r.s.CanStart() {
		t.Fatal("a reply that was written freed its slot")
	}
	r.wantOut() // one PING is enough
	r.in(pong(1, 1, 1))
	if !r.s.CanStart() {
		t.Fatal("the reply was received, and no request may start")
	}
}

// PROTOCOL 5.8
func TestUnreceivedRepliesHoldRequestsUp(t *testing.T) {
	cfg := small()
	cfg.Slots = 64
	r := newServer(t, cfg)
	r.start(1, 1)
	r.s.Lost(r.now, r.b)
	large := reply(1)
	large.Payload = make([]byte, 1001)
	r.send(large)
	if r.s.CanStart() {
		t.Error("a request may start although more than a window of replies waits to be written")
	}
	r.attach(2, 0, 0)
	r.wantOut("ready 2 1/1", "1 reply")
	if r.s.CanStart() {
		t.Error("a request may start although more than a window of replies is unreceived")
	}
	r.in(ack(1, 1))
	if !r.s.CanStart() {
		t.Error("no request may start although all replies were received")
	}
}
