package core

import (
	"testing"

	"github.com/weft-realtime/weft/transport/frame"
)

// PROTOCOL 13.1, 13.2, 9.9
func TestServerPings(t *testing.T) {
	r := newServer(t, small())
	wrote := r.now
	if got, want := r.deadline(), wrote+15_000; got != want {
		t.Fatalf("deadline %d, want %d", got, want)
	}
	r.now = wrote + 14_999
	r.tick()
	r.wantOut()
	r.now++
	r.tick()
	r.wantOut("ping 1 0/0")

	r.now += 50
	r.in(pong(1, 0, 0))
	if r.s.RTT() != 50 {
		t.Errorf("round trip %d ms, want 50", r.s.RTT())
	}
	r.now = r.deadline()
	r.tick()
	r.wantOut("ping 2 0/0")
	r.now = r.deadline()
	r.want(r.tick(), "dead 1 4408")
	if r.s.Current() != 0 {
		t.Error("the session is not detached")
	}
	r.wantOver(0, false)
}

// A frame of any type is an answer.
//
// PROTOCOL 13.2
func TestAnyFrameAnswersPing(t *testing.T) {
	r := newServer(t, small())
	r.now = r.deadline()
	r.tick()
	r.out()
	r.now += 9_999
	r.in(&frame.Frame{Type: frame.Pad})
	r.now += 10_000
	r.want(r.tick())
	if r.s.Current() != r.b {
		t.Error("given up although the client is there")
	}
}

// A server that writes all the time must still notice that nothing comes back.
//
// PROTOCOL 13.1, 13.2
func TestServerNoticesSilenceWhileItWrites(t *testing.T) {
	r := newServer(t, small())
	for range 15 {
		r.send(reply(1))
		r.out()
		r.now += 1_000
		r.want(r.tick())
	}
	r.wantOut("ping 1 0/0")
}

// PROTOCOL 13.1
func TestPingIsAnswered(t *testing.T) {
	for _, server := range []bool{true, false} {
		r := newClient(t)
		if server {
			r = newServer(t, small())
		}
		r.want(r.in(data(1, event("a")), ping(77, 0, 0)), "deliver 1")
		r.wantOut("pong 77 1/0")
		r.wantOut()
	}
}

// PROTOCOL 13.1, 13.2
func TestPollsHaveNoPing(t *testing.T) {
	r := &rig{t: t, now: 1000, s: NewServer(small())}
	r.hello(true)
	r.out()
	r.s.Poll(r.now, r.b, 0, 0, false, nil)
	if r.deadline() != 0 {
		t.Error("an open poll has a deadline")
	}
	r.now += 100_000
	r.want(r.tick())
	r.wantOut()
	r.s.PollDone(r.now, r.b)
	if got, want := r.deadline(), r.now+35_000; got != want {
		t.Fatalf("deadline %d, want %d", got, want)
	}
	r.now += 34_999
	r.want(r.tick())
	r.now++
	r.want(r.tick(), "dead 1 4408")
}

// PROTOCOL 13.3
func TestClientGivesUp(t *testing.T) {
	tests := []struct {
		pulled   bool
		patience Time
	}{{false, 25_000}, {true, 35_000}}
	for _, tt := range tests {
		r := &rig{t: t, now: 1000, c: NewClient(ClientDefaults, frame.Nonce{}, nil)}
		r.open(tt.pulled)
		r.in(ready(1, 0, 0))
		r.now += 5_000
		r.c.Heard(r.now, r.b) // an empty poll
		if got, want := r.deadline(), r.now+tt.patience; got != want {
			t.Fatalf("pulled %t: deadline %d, want %d", tt.pulled, got, want)
		}
		r.now = r.deadline()
		r.want(r.tick(), "dead 1 4408")
		if r.deadline() != 0 || r.c.Current() != 0 {
			t.Error("the client is not detached")
		}
	}
}

// PROTOCOL 13.4
func TestClientSuspects(t *testing.T) {
	r := newClient(t)
	r.send(event("a"))
	r.wantOut("1 a")
	r.now += 1_999
	r.want(r.tick())
	r.wantOut()
	r.now++
	r.want(r.tick())
	r.wantOut("ping 1 0/0")
	r.now += 999
	r.want(r.tick())
	r.now++
	r.want(r.tick(), "suspect 1")
	r.want(r.tick()) // once
	if r.c.Current() != r.b {
		t.Error("a suspicious path is still the current one")
	}

	r.now = r.deadline() // and again, as long as nothing is received
	r.want(r.tick())
	r.wantOut("ping 2 0/0")
	r.now += 500
	r.in(pong(2, 0, 0))
	r.now += 500
	r.want(r.tick()) // a frame: not suspicious any more

	r.in(ack(1, 0))
	if got, want := r.deadline(), r.now+25_000; got != want {
		t.Errorf("with everything received the deadline is %d, want %d", got, want)
	}
}

// What a new attachment has to send again is waited for, too.
//
// PROTOCOL 13.4, 8.5
func TestClientSuspectsANewPath(t *testing.T) {
	r := newClient(t)
	r.send(event("a"))
	r.out()
	r.open(false)
	r.now += 10_000
	r.in(ready(2, 0, 0))
	if got, want := r.deadline(), r.now+2_000; got != want {
		t.Errorf("deadline %d, want %d", got, want)
	}
}

// PROTOCOL 13.5
func TestWake(t *testing.T) {
	r := newClient(t)
	r.c.Wake(r.now)
	r.wantOut("ping 1 0/0")
	r.now += 2_000
	r.want(r.tick(), "suspect 1")

	r.c.Lost(r.now, r.b)
	r.c.Wake(r.now)
	r.wantOut()
}

// PROTOCOL 13.6
func TestClientAsksASilentStream(t *testing.T) {
	r := newClient(t)
	if got, want := r.deadline(), r.now+5_000; got != want {
		t.Fatalf("deadline %d, want %d", got, want)
	}
	r.now = r.deadline()
	r.want(r.tick())
	r.wantOut("ping 1 0/0")
	r.now += 2_000
	r.want(r.tick(), "suspect 1")
	r.want(r.tick()) // once
	r.wantOut()
	if r.c.Current() != r.b {
		t.Error("a suspicious path is still the current one")
	}
}
