package core

import (
	"fmt"
	"testing"

	"github.com/weft-realtime/weft/transport/frame"
)

// PROTOCOL 6.2, 6.3, 6.5, 1.10
func TestReceiverRule(t *testing.T) {
	first := []*frame.Frame{data(1, event("a")), data(2, event("b"))}
	tests := []struct {
		name   string
		post   bool
		frames []*frame.Frame
		want   []string
		out    []string
	}{
		{"in order", false, []*frame.Frame{data(3, event("c"))}, []string{"deliver 3"}, nil},
		{"duplicate", false, []*frame.Frame{data(2, event("b"))}, nil, []string{"ack 2/0"}},
		{"duplicates, then new", false, []*frame.Frame{data(1, event("a")), data(2, event("b")), data(3, event("c"))},
			[]string{"deliver 3"}, []string{"ack 3/0"}},
		{"gap on a stream", false, []*frame.Frame{data(4, event("d"))}, []string{"dead 1 4400", "stop"}, []string{"close 4400"}},
		{"gap in a POST", true, []*frame.Frame{data(4, event("d")), data(3, event("c"))}, []string{"stop"}, nil},
		{"duplicates in a POST", true, []*frame.Frame{data(2, event("b")), data(3, event("c"))}, []string{"deliver 3"},
			[]string{"ack 3/0"}},
		{"exempt takes effect before what waits", false, []*frame.Frame{data(3, reply(1))}, []string{"resolve 3"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newServer(t, small())
			r.want(r.in(first...), "deliver 1", "deliver 2")
			r.want(r.on(r.b, tt.post, tt.frames...), tt.want...)
			r.wantOut(tt.out...)
		})
	}
}

// PROTOCOL 6.4, 5.1
func TestReceiverRefusesBeyondItsWindow(t *testing.T) {
	many := make([]*frame.Frame, 17)
	for i := range many {
		many[i] = data(uint64(i+1), event("a"))
	}
	tests := []struct {
		name   string
		frames []*frame.Frame
		broken bool
	}{
		{"as many as granted", many[:16], false},
		{"one more", many, true},
		{"one of any size alone", []*frame.Frame{data(1, sized("huge", 30<<10))}, false},
		{"a second one beyond the bytes", []*frame.Frame{data(1, event("a")), data(2, sized("b", 16<<10))}, true},
		{"exempt is not counted", append(many[:16:16], data(17, reply(1))), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newServer(t, small())
			r.in(tt.frames...)
			if !tt.broken {
				r.wantOver(0, false)
				return
			}
			r.wantOver(frame.WindowBroken, false)
			r.wantOut("close 4430")
		})
	}
}

// PROTOCOL 6.6, 1.7
func TestConsumption(t *testing.T) {
	r := newServer(t, small())
	r.in(data(1, event("a")), data(2, frame.Message{Kind: frame.Request, ID: 1, Name: "b"}), data(3, reply(1)), data(4, event("c")))
	steps := []struct{ seq, ack uint64 }{{2, 0}, {2, 0}, {9, 0}, {1, 3}, {4, 4}}
	for _, step := range steps {
		r.s.Consumed(step.seq)
		if rcv, ack := r.s.Progress(); rcv != 4 || ack != step.ack {
			t.Errorf("after %d: received %d, consumed %d, want 4 and %d", step.seq, rcv, ack, step.ack)
		}
		r.check()
	}
}

// Exempt messages behind what is consumed are consumed on receipt.
//
// PROTOCOL 6.6
func TestExemptIsConsumedOnReceipt(t *testing.T) {
	r := newClient(t)
	r.want(r.in(data(1, reply(1)), data(2, frame.Message{Kind: frame.Cancel, ID: 7})), "resolve 1", "resolve 2")
	if rcv, ack := r.c.Progress(); rcv != 2 || ack != 2 {
		t.Errorf("received %d, consumed %d, want 2 and 2", rcv, ack)
	}
}

// PROTOCOL 6.1, 1.4
func TestStaleBindingChangesNothing(t *testing.T) {
	r := newServer(t, small())
	old := r.b
	r.tagged("mine")
	r.wantOut("1 mine")
	if err := r.attach(2, 0, 0); err != nil {
		t.Fatal(err)
	}
	stale := []*frame.Frame{
		data(1, event("a")), ack(1, 1), ack(9, 9), ping(1, 1, 1), pong(0, 1, 1), abrupt(frame.Done), final(frame.Done, 0),
		attach(3, 0, 0),
	}
	for _, f := range stale {
		r.want(r.on(old, false, f), "stop")
	}
	r.s.Lost(r.now, old)
	if batch := r.s.Batch(r.now, old, frame.Binary, nil); len(batch) > 0 {
		t.Error("something is written to a connection that was superseded")
	}
	r.wantOver(0, false)
	r.wantOut("ready 2 0/0", "1 mine")
}

// What a peer may not say ends the session.
//
// PROTOCOL 2.13, 7.1, 9.1, 9.4
func TestMisbehavingPeers(t *testing.T) {
	tests := []struct {
		name   string
		server bool
		frames []*frame.Frame
	}{
		{"received what was not sent", true, []*frame.Frame{ack(3, 0)}},
		{"in PING", true, []*frame.Frame{ping(1, 3, 0)}},
		{"in PONG", true, []*frame.Frame{pong(1, 3, 3)}},
		{"consumed what was not received", true, []*frame.Frame{ack(1, 2)}},
		{"HELLO in mid-stream", true, []*frame.Frame{{Type: frame.Hello, Open: &frame.Opening{}}}},
		{"ATTACH in mid-stream", true, []*frame.Frame{attach(2, 0, 0)}},
		{"READY from a client", true, []*frame.Frame{ready(2, 0, 0)}},
		{"RESET from a client", true, []*frame.Frame{{Type: frame.Reset, Code: frame.Unknown}}},
		{"READY in mid-stream", false, []*frame.Frame{ready(1, 0, 0)}},
		{"DATA after finalSeq", true, []*frame.Frame{final(frame.Done, 0), data(1, event("a"))}},
		{"finalSeq before what was sent", true, []*frame.Frame{data(1, event("a")), final(frame.Done, 0)}},
		{"two finalSeqs", true, []*frame.Frame{final(frame.Done, 1), final(frame.Done, 2)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newClient(t)
			if tt.server {
				r = newServer(t, small())
			}
			r.send(event("one"), event("two"))
			r.wantOut("1 one", "2 two")
			got := r.in(tt.frames...)
			if n := len(got); n < 2 || got[n-2] != "dead 1 4400" || got[n-1] != "stop" {
				t.Fatalf("got %q, want the end with 4400", got)
			}
			r.wantOver(frame.BadProtocol, false)
			r.wantOut("close 4400")
			r.wantOut()
			if err := r.end().Send(NewItem(event("three"), nil)); err != ErrClosed {
				t.Errorf("Send after the end: %v", err)
			}
		})
	}
}

// Frames that mean nothing yet.
//
// PROTOCOL 15.2, 18.1
func TestIgnoredFrames(t *testing.T) {
	r := newClient(t)
	for _, typ := range []frame.Type{frame.Pad, frame.Auth, frame.Goaway, frame.FirstExtension} {
		r.want(r.in(&frame.Frame{Type: typ}))
	}
	r.wantOver(0, false)
	r.wantOut()
}

// A message keeps its number in both encodings and on every attachment.
//
// PROTOCOL 1.6, 1.9, 5.5
func TestNumbersStay(t *testing.T) {
	r := newServer(t, small())
	for i := range 3 {
		r.send(event(fmt.Sprint("e", i)))
	}
	if _, _, top := r.s.Confirmed(); top != 0 {
		t.Errorf("top is %d before anything was written", top)
	}
	r.wantOut("1 e0", "2 e1", "3 e2")
	r.in(ack(1, 0))
	for att := uint64(2); att < 5; att++ {
		if err := r.attach(att, 1, 0); err != nil {
			t.Fatal(err)
		}
		r.send(event(fmt.Sprint("a", att)))
		enc := frame.Encoding(att % 2)
		got := frames(t, enc, r.s.Batch(r.now, r.b, enc, nil))
		want := []string{fmt.Sprintf("ready %d 0/0", att), "2 e1", "3 e2"}
		for a := uint64(2); a <= att; a++ {
			want = append(want, fmt.Sprintf("%d a%d", a+2, a))
		}
		r.want(got, want...)
	}
}
