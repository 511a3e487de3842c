package core

import (
	"testing"

	"github.com/weft-realtime/weft/transport/frame"
)

// PROTOCOL 9.1, 9.7
func TestGracefulClose(t *testing.T) {
	for _, server := range []bool{true, false} {
		r := newClient(t)
		if server {
			r = newServer(t, small())
		}
		r.tagged("a")
		r.end().Close(frame.Done, "bye")
		if err := r.end().Send(NewItem(event("b"), nil)); err != ErrClosed {
			t.Errorf("Send after Close: %v", err)
		}
		r.wantOut("1 a", "close 1000 final 1")
		r.wantOut()
		r.want(r.in(data(1, event("x"))), "deliver 1") // it still receives
		r.want(r.in(ack(1, 0)))
		r.wantOver(0, false)
		got := r.in(ack(1, 1))
		if len(got) == 0 || got[0] != "confirmed a" {
			t.Errorf("got %q", got)
		}
		r.wantOver(frame.Done, false)
	}
}

// CLOSE waits for the window, like all that is queued.
//
// PROTOCOL 9.1, 5.1
func TestCloseWaitsForWhatIsQueued(t *testing.T) {
	cfg := small()
	cfg.Send.Messages = 1
	r := newServer(t, cfg)
	r.send(event("a"), event("b"))
	r.s.Close(frame.Done, "")
	r.wantOut("1 a")
	r.in(ack(1, 1))
	r.wantOut("2 b", "close 1000 final 2")
}

// PROTOCOL 9.2
func TestCloseIsSaidAgain(t *testing.T) {
	r := newServer(t, small())
	r.tagged("a")
	r.s.Close(frame.Draining, "")
	r.wantOut("1 a", "close 4503 final 1")
	r.s.Lost(r.now, r.b)
	r.attach(2, 0, 0)
	r.wantOut("ready 2 0/0", "1 a", "close 4503 final 1")
	r.in(ack(1, 1))
	r.wantOver(frame.Draining, false)
}

// PROTOCOL 9.3
func TestPeerCloses(t *testing.T) {
	r := newClient(t)
	r.tagged("unconfirmed")
	r.wantOut("1 unconfirmed")
	r.in(data(1, event("x")), data(2, event("y")), final(frame.Done, 3))
	if err := r.c.Send(NewItem(event("new"), nil)); err != ErrClosed {
		t.Errorf("Send after the peer's CLOSE: %v", err)
	}
	r.in(data(3, event("z")))
	for _, seq := range []uint64{1, 2, 3} {
		r.wantOver(0, false)
		r.c.Consumed(seq)
	}
	r.wantOver(0, false) // not before it is told
	r.wantOut("ack 3/3")
	r.wantOver(frame.Done, true)
	if items, sent := r.c.Unconfirmed(); len(items) != 1 || sent != 1 {
		t.Errorf("%d unconfirmed, %d of them sent", len(items), sent)
	}
}

// The last ACK is one that is said after CLOSE, whatever was told before.
//
// PROTOCOL 9.3
func TestPeerClosesWhenAllIsTold(t *testing.T) {
	r := newClient(t)
	r.in(final(frame.Done, 0))
	r.in(ack(0, 0))
	r.wantOver(0, false)
	r.wantOut("ack 0/0")
	r.wantOver(frame.Done, true)
}

// PROTOCOL 9.3, 5.9
func TestPeerClosesBeforeWhatIsQueuedIsSent(t *testing.T) {
	r := newClient(t)
	r.request("queued")
	r.in(final(frame.Done, 0))
	r.wantOut("ack 0/0")
	if items, sent := r.c.Unconfirmed(); len(items) != 1 || sent != 0 {
		t.Errorf("%d unconfirmed, %d of them sent", len(items), sent)
	}
}

// Each says its own code, on every attachment; the session ends with the peer's.
//
// PROTOCOL 9.1, 9.2, 12.3
func TestBothClose(t *testing.T) {
	r := newServer(t, small())
	r.tagged("a")
	r.s.Close(frame.Draining, "")
	r.wantOut("1 a", "close 4503 final 1")
	r.in(data(1, event("x")), final(frame.Done, 1))
	r.s.Lost(r.now, r.b)
	r.attach(2, 0, 0)
	r.wantOut("ready 2 1/0", "1 a", "close 4503 final 1")
	r.in(final(frame.Done, 1), ack(1, 1))
	r.wantOver(0, false) // theirs is not consumed
	r.s.Consumed(1)
	r.wantOut("ack 1/1")
	r.wantOver(frame.Done, true)
}

// After CLOSE nothing may get a number, neither what a topic publishes nor what a new cursor would find.
//
// PROTOCOL 9.1, 10.4
func TestPublishAfterClose(t *testing.T) {
	r := newServer(t, small())
	log := newLog(100)
	c := r.s.Subscribe("t", 1, log, 0, 0, false)
	log.Append(r.now, "before", frame.CodecBytes, nil)
	r.s.Mark(c, 1)
	r.s.Close(frame.Done, "")
	log.Append(r.now, "after", frame.CodecBytes, nil)
	r.s.Mark(c, 2)
	r.s.Subscribe("t", 1, log, 0, 2, false)
	r.wantOut("1 before", "close 1000 final 1")
	r.wantOut()
}

// No reply can be sent on the way out, so that no slot becomes free: a request that waits for one would hold the close up
// for ever.
//
// PROTOCOL 5.8, 9.3
func TestCloseWithAllSlotsTaken(t *testing.T) {
	r := newServer(t, small())
	r.start(1, 1)
	r.start(2, 2)
	r.in(data(3, frame.Message{Kind: frame.Request, ID: 3, Name: "waits"}))
	if r.s.CanStart() {
		t.Fatal("a third request may start, of 2")
	}
	r.in(final(frame.Done, 3))
	if !r.s.CanStart() {
		t.Fatal("the last request can never start")
	}
	r.s.Start()
	r.s.Consumed(3)
	r.check()
	r.wantOut("ack 3/3")
	r.wantOver(frame.Done, true)
}

// What is said on the old connection may not be heard while an ATTACH is outstanding.
//
// PROTOCOL 9.3, 8.7
func TestCloseDuringMigration(t *testing.T) {
	r := newClient(t)
	old := r.b
	r.open(false)
	r.on(old, false, final(frame.Done, 0))
	r.want(frames(t, frame.Binary, r.c.Batch(r.now, old, frame.Binary, nil)), "ack 0/0")
	r.wantOver(0, false)
	r.want(r.in(ready(2, 0, 0), final(frame.Done, 0)), "attached 2")
	r.wantOut("ack 0/0")
	r.wantOver(frame.Done, true)

	r = newClient(t)
	old = r.b
	r.open(false)
	r.on(old, false, final(frame.Done, 0))
	r.c.Batch(r.now, old, frame.Binary, nil)
	r.c.Lost(r.now, r.b) // the attempt came to nothing
	r.wantOver(frame.Done, true)
}

// A server that has said CLOSE and knows that all was consumed does not wait for a client that has gone.
//
// PROTOCOL 9.1, 9.6
func TestClosingServerLosesItsClient(t *testing.T) {
	r := newServer(t, small())
	r.s.Close(frame.Done, "")
	r.wantOut("close 1000 final 0")
	r.s.Lost(r.now, r.b)
	r.wantOver(frame.Done, false)

	r = newServer(t, small())
	r.s.Close(frame.Done, "")
	r.s.Lost(r.now, r.b) // before CLOSE was written
	r.wantOver(0, false)
}

// The poll after a lost answer is no word about the CLOSE that was in it.
//
// PROTOCOL 9.2, 11.5
func TestCloseInALostPollAnswer(t *testing.T) {
	r := &rig{t: t, now: 1000, s: NewServer(small())}
	r.hello(true)
	r.wantOut("ready 1 0/0")
	r.s.Close(frame.Done, "")
	r.wantOut("close 1000 final 0")
	r.s.Poll(r.now, r.b, 0, 0, true, nil)
	r.wantOver(0, false)
	r.wantOut("ack 0/0", "close 1000 final 0")
	r.s.Poll(r.now, r.b, 0, 0, false, nil)
	r.wantOver(frame.Done, false)
}

// PROTOCOL 9.4, 12.2
func TestCloseWithoutFinal(t *testing.T) {
	tests := []struct {
		code frame.Code
		over bool
	}{
		{frame.Timeout, false}, {frame.Internal, false}, {frame.Draining, false}, {frame.AuthExpired, false},
		{frame.RateLimited, false}, {frame.Done, true}, {frame.BadProtocol, true}, {frame.Shed, true}, {3000, true},
	}
	for _, tt := range tests {
		for _, server := range []bool{true, false} {
			r := newClient(t)
			if server {
				r = newServer(t, small())
			}
			r.in(abrupt(tt.code))
			if r.end().Current() != 0 && !tt.over {
				t.Errorf("%d left the attachment", tt.code)
			}
			if over := r.end().Over() != nil; over != tt.over {
				t.Errorf("%d: over is %t, want %t", tt.code, over, tt.over)
			}
		}
	}
}

// PROTOCOL 9.4, 9.7
func TestAbort(t *testing.T) {
	r := newServer(t, small())
	r.tagged("a")
	r.s.Abort(3000, "enough")
	r.wantOver(3000, false)
	r.wantOut("close 3000")
	r.wantOut()
	r.s.Abort(frame.Done, "")
	r.wantOver(3000, false) // there is one end
	if items, sent := r.s.Unconfirmed(); len(items) != 1 || sent != 0 {
		t.Errorf("%d unconfirmed, %d of them sent", len(items), sent)
	}
}

// PROTOCOL 9.1
func TestCloseBeforeReady(t *testing.T) {
	r := &rig{t: t, now: 1000, c: NewClient(ClientDefaults, frame.Nonce{}, nil)}
	r.open(false)
	r.c.Close(frame.Done, "")
	r.wantOver(frame.Done, false) // nobody to tell, and nothing to send

	r = &rig{t: t, now: 1000, c: NewClient(ClientDefaults, frame.Nonce{}, nil)}
	r.send(event("a"))
	r.c.Close(frame.Done, "")
	r.wantOver(0, false)
	r.want(r.open(false), "hello", "1 a")
	r.in(ready(1, 1, 0))
	r.wantOut("close 1000 final 1")
}

// PROTOCOL 9.9, 9.2
func TestExpiry(t *testing.T) {
	r := newServer(t, small())
	r.s.Lost(r.now, r.b)
	if got, want := r.deadline(), r.now+ServerDefaults.TTL; got != want {
		t.Fatalf("deadline %d, want %d", got, want)
	}
	r.now = r.deadline() - 1
	r.tick()
	r.wantOver(0, false)
	r.now++
	r.tick()
	r.wantOver(frame.Unknown, false)
	if r.deadline() != 0 {
		t.Error("a session that is over has a deadline")
	}

	r = newServer(t, small())
	r.s.Lost(r.now, r.b)
	r.s.Close(frame.Draining, "")
	r.now = r.deadline()
	r.tick()
	r.wantOver(frame.Draining, false)

	r = newClient(t)
	r.tagged("a")
	r.c.Close(frame.Done, "")
	r.c.Lost(r.now, r.b)
	r.now = r.deadline()
	r.tick()
	r.wantOver(frame.Done, false)
}
