package core

import (
	"testing"

	"github.com/weft-realtime/weft/transport/frame"
)

// PROTOCOL 5.4, 7.1, 1.8
func TestOnlyThePeersWordFrees(t *testing.T) {
	r := newServer(t, small())
	r.start(1, 1)
	r.tagged("a")
	r.tagged("b")
	r.send(reply(1))
	r.wantOut("ack 1/1", "1 reply", "2 a", "3 b")
	held := func(want int) {
		t.Helper()
		if items, sent := r.s.Unconfirmed(); len(items) != want || sent != want {
			t.Fatalf("%d messages unconfirmed, %d of them sent, want %d", len(items), sent, want)
		}
	}
	held(2)
	r.want(r.in(ack(3, 0)))
	held(2)
	r.want(r.in(ack(3, 2)), "confirmed a")
	held(1)
	r.want(r.in(ack(2, 1))) // smaller than before: ignored
	held(1)
	r.want(r.in(ping(1, 3, 3)), "confirmed b")
	held(0)
}

// PROTOCOL 7.2
func TestAckRidesInFront(t *testing.T) {
	r := newClient(t)
	r.in(data(1, event("a")))
	r.wantOut() // nothing is due
	r.send(event("b"))
	r.wantOut("ack 1/0", "1 b")
	r.send(event("c"))
	r.wantOut("2 c") // nothing new to tell
}

// PROTOCOL 7.3, 7.4
func TestAcksThatGoAlone(t *testing.T) {
	request := frame.Message{Kind: frame.Request, ID: 1, Name: "ask"}
	tests := []struct {
		name   string
		server bool
		frames []*frame.Frame
		eat    []uint64
		want   []string
	}{
		{"server: event consumed, inbox empty", true, []*frame.Frame{data(1, event("a"))}, []uint64{1}, []string{"ack 1/1"}},
		{"server: event consumed, another waits", true, []*frame.Frame{data(1, event("a")), data(2, event("b"))}, []uint64{1}, nil},
		{"server: a request that started", true, []*frame.Frame{data(1, request)}, []uint64{1}, nil},
		{"server: a quarter of the messages", true, []*frame.Frame{data(1, event("a")), data(2, event("a")), data(3, event("a")),
			data(4, event("a")), data(5, event("a"))}, []uint64{1, 2, 3, 4}, []string{"ack 5/4"}},
		{"client: event consumed, inbox empty", false, []*frame.Frame{data(1, event("a"))}, []uint64{1}, nil},
		{"client: a quarter of the messages", false, []*frame.Frame{data(1, event("a")), data(2, event("b"))}, []uint64{1, 2},
			[]string{"ack 2/2"}},
		{"client: a quarter of the bytes", false, []*frame.Frame{data(1, sized("a", 250))}, []uint64{1}, []string{"ack 1/1"}},
		{"a duplicate", false, []*frame.Frame{data(1, reply(1)), data(1, reply(1))}, nil, []string{"ack 1/1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newClient(t)
			if tt.server {
				r = newServer(t, small())
			}
			r.in(tt.frames...)
			for _, seq := range tt.eat {
				r.end().Consumed(seq)
			}
			r.wantOut(tt.want...)
			r.wantOut()
		})
	}
}

// PROTOCOL 7.3
func TestManyExemptAreReported(t *testing.T) {
	r := newClient(t)
	for seq := range uint64(maxExempt) {
		r.wantOut()
		r.in(data(seq+1, reply(seq+1)))
	}
	r.wantOut("ack 16/16")
}

// PROTOCOL 7.3
func TestServerReportsAReceiptInTime(t *testing.T) {
	r := newServer(t, small())
	r.in(data(1, event("a")))
	if got, want := r.deadline(), r.now+200; got != want {
		t.Fatalf("deadline %d, want %d", got, want)
	}
	r.now += 199
	r.tick()
	r.wantOut()
	r.now++
	r.tick()
	r.wantOut("ack 1/0")
}

// PROTOCOL 7.6
func TestClientReportsFromTheCallback(t *testing.T) {
	r := newClient(t)
	r.in(data(1, event("a")))
	before := r.deadline()
	r.in(data(2, event("b")))
	if got := r.deadline(); got != before {
		t.Errorf("a receipt moved the client's deadline from %d to %d", before, got)
	}
}

// PROTOCOL 7.5, 11.6
func TestAnswerOfAPost(t *testing.T) {
	r := &rig{t: t, now: 1000, s: NewServer(small())}
	r.hello(true)
	r.wantOut("ready 1 0/0")
	r.want(r.post(data(1, event("a")), data(2, event("b"))), "deliver 1", "deliver 2")
	r.s.Consumed(1)
	r.s.Consumed(2)
	if rcv, ack := r.s.Answer(); rcv != 2 || ack != 2 {
		t.Fatalf("the answer says %d/%d, want 2/2", rcv, ack)
	}
	r.wantOut() // no poll needs to say it again
}

// A POST that was stuck and arrives after it was retried has nobody who reads its answer: what it says does not count as
// told.
//
// PROTOCOL 7.5, 11.6, 6.2
func TestAnswerOfALatePost(t *testing.T) {
	r := &rig{t: t, now: 1000, s: NewServer(small())}
	r.hello(true)
	r.wantOut("ready 1 0/0")
	r.post(data(1, event("a")))
	r.s.Answer()
	r.s.Consumed(1)
	r.want(r.post(data(1, event("a"))))
	if rcv, ack := r.s.Answer(); rcv != 1 || ack != 1 {
		t.Fatalf("the answer says %d/%d, want 1/1", rcv, ack)
	}
	r.wantOut("ack 1/1")
}

// Nor does the answer to a POST that a new attachment overtook.
//
// PROTOCOL 6.1, 7.5
func TestAnswerAfterMigration(t *testing.T) {
	r := &rig{t: t, now: 1000, s: NewServer(small())}
	r.hello(true)
	r.wantOut("ready 1 0/0")
	r.post(data(1, event("a")))
	r.attach(2, 0, 0)
	r.wantOut("ready 2 1/0")
	r.s.Consumed(1)
	r.s.Answer()
	r.wantOut("ack 1/1")
}

// PROTOCOL 11.5
func TestPollRewinds(t *testing.T) {
	r := &rig{t: t, now: 1000, s: NewServer(small())}
	r.hello(true)
	r.send(event("a"))
	r.wantOut("ready 1 0/0", "1 a")
	poll := func(rcv, ack uint64, again bool) {
		t.Helper()
		if _, ok := r.s.Poll(r.now, r.b, rcv, ack, again, nil); !ok {
			t.Fatal("the poll is refused")
		}
	}
	poll(1, 0, false)
	r.wantOut()
	r.send(event("b"))
	r.in(data(1, event("up")))
	r.wantOut("ack 1/0", "2 b")
	r.s.PollDone(r.now, r.b)
	poll(1, 0, true) // the answer was lost: what it told is told again
	r.wantOut("ack 1/0", "2 b")
}

// When HELLO came again, nobody knows which READY the client has got: its first poll is told once more.
//
// PROTOCOL 8.2, 11.5
func TestPollAfterRepeatedHello(t *testing.T) {
	r := &rig{t: t, now: 1000, s: NewServer(small())}
	r.hello(true)
	r.in(data(1, event("a")))
	r.wantOut("ready 1 1/0")
	r.s.Consumed(1)
	r.hello(true) // a late copy
	r.wantOut("ready 1 1/1")
	r.s.Poll(r.now, r.b, 0, 0, false, nil)
	r.wantOut("ack 1/1")
	r.s.Poll(r.now, r.b, 0, 0, false, nil)
	r.wantOut()
}

// What a client told on its old connection while ATTACH was under way may not have been heard.
//
// PROTOCOL 8.7, 7.3
func TestToldOnTheOldConnection(t *testing.T) {
	r := newClient(t)
	r.in(data(1, event("a")), data(2, event("b")))
	old := r.b
	r.want(r.open(false), "attach 2 2/0")
	r.c.Consumed(1)
	r.c.Consumed(2)
	r.want(frames(t, frame.Binary, r.c.Batch(r.now, old, frame.Binary, nil)), "ack 2/2")
	r.in(ready(2, 0, 0))
	r.wantOut("ack 2/2")
}
