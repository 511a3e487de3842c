package core

import (
	"errors"
	"testing"

	"github.com/weft-realtime/weft/transport/frame"
)

func wantCode(t *testing.T, err error, code frame.Code) {
	t.Helper()
	var refused *frame.Error
	if !errors.As(err, &refused) || refused.Code != code {
		t.Fatalf("got %v, want %d", err, code)
	}
}

// PROTOCOL 8.1, 8.2, 8.5
func TestHelloIsIdempotent(t *testing.T) {
	r := &rig{t: t, now: 1000, s: NewServer(small())}
	r.hello(false)
	first := r.b
	r.want(r.in(data(1, event("a"))), "deliver 1")
	r.send(event("mine"))
	r.wantOut("ready 1 1/0", "1 mine")

	if err := r.hello(false); err != nil {
		t.Fatal(err)
	}
	r.want(r.on(first, false, data(2, event("b"))), "stop")
	r.want(r.in(data(1, event("a")))) // the first messages rode along again
	r.wantOut("ready 1 1/0", "1 mine")

	r.in(ack(1, 0)) // only who has READY can say that
	wantCode(t, r.hello(false), frame.Superseded)
}

// PROTOCOL 8.2
func TestHelloAfterTheTokensUse(t *testing.T) {
	r := newServer(t, small())
	r.s.TokenUsed()
	wantCode(t, r.hello(false), frame.Superseded)

	r = newServer(t, small())
	r.attach(2, 0, 0)
	wantCode(t, r.hello(false), frame.Superseded)
}

// HELLO is retried with what it carried, under the same numbers.
//
// PROTOCOL 8.2, 8.6, 1.9
func TestHelloRetried(t *testing.T) {
	r := &rig{t: t, now: 1000, c: NewClient(ClientDefaults, frame.Nonce{}, nil)}
	r.send(event("a"))
	r.want(r.open(false), "hello", "1 a")
	lost := r.b
	r.send(event("b"))
	r.want(r.open(true), "hello", "1 a", "2 b")
	r.want(r.on(lost, false, ready(1, 0, 0)), "stop") // an attempt that was given up
	r.want(r.in(ready(1, 1, 0)), "attached 2")
	r.wantOut("2 b")
}

// PROTOCOL 8.3, 8.8, 1.5
func TestAttachIsChecked(t *testing.T) {
	tests := []struct {
		name          string
		att, rcv, ack uint64
		gen           uint64
		code          frame.Code
	}{
		{"greater", 2, 1, 0, 0, 0},
		{"much greater", 100, 0, 0, 0, 0},
		{"the same att", 1, 1, 0, 0, frame.Superseded},
		{"received what was not sent", 2, 2, 0, 0, frame.Diverged},
		{"consumed what was not received", 2, 0, 1, 0, frame.Diverged},
		{"another generation", 2, 1, 0, 1, frame.Diverged},
		{"att is looked at before divergence", 1, 9, 0, 0, frame.Superseded},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newServer(t, small())
			r.tagged("a")
			r.wantOut("1 a")
			f := attach(tt.att, tt.rcv, tt.ack)
			f.Open.Gen = tt.gen
			b, _, err := r.s.Attach(r.now, false, f, &frame.Opening{}, nil)
			if tt.code == 0 {
				if err != nil || b == r.b || r.s.Current() != b || r.s.Att() != tt.att {
					t.Fatalf("binding %d, %v", b, err)
				}
				return
			}
			wantCode(t, err, tt.code)
			if r.s.Current() != r.b || r.s.Att() != 1 {
				t.Error("a refused ATTACH changed the attachment")
			}
			if items, _ := r.s.Unconfirmed(); len(items) != 1 {
				t.Error("a refused ATTACH confirmed something")
			}
		})
	}
}

// PROTOCOL 8.3, 9.5
func TestAttachToWhatIsOver(t *testing.T) {
	r := newServer(t, small())
	r.s.Abort(frame.Done, "")
	wantCode(t, r.attach(2, 0, 0), frame.Unknown)
	wantCode(t, r.hello(false), frame.Unknown)
}

// PROTOCOL 8.4, 8.5, 5.5
func TestAttachTakesOver(t *testing.T) {
	r := newServer(t, small())
	r.tagged("a")
	r.tagged("b")
	r.tagged("c")
	r.wantOut("1 a", "2 b", "3 c")
	b, fx, err := r.s.Attach(r.now, false, attach(2, 2, 1), &frame.Opening{Version: frame.Version}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.b = b
	r.want(effects(fx), "confirmed a")
	r.wantOut("ready 2 0/0", "3 c")
}

// PROTOCOL 8.5
func TestReadyIsChecked(t *testing.T) {
	other := ready(2, 2, 1)
	other.Open.SID[0] = 1
	beyond := ready(2, 2, 1)
	beyond.Ack = 3
	tests := []struct {
		name  string
		f     *frame.Frame
		fails bool
	}{
		{"right", ready(2, 3, 1), false},
		{"una-1 is the least", ready(2, 1, 1), false},
		{"another att", ready(1, 2, 1), true},
		{"less than was confirmed", ready(2, 0, 0), true},
		{"more than was sent", ready(2, 4, 0), true},
		{"consumed beyond received", beyond, true},
		{"another session", other, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newClient(t)
			r.send(event("a"), event("b"), event("c"))
			r.wantOut("1 a", "2 b", "3 c")
			r.in(ack(1, 1))
			r.want(r.open(false), "attach 2 0/0")
			got := r.in(tt.f)
			if !tt.fails {
				r.want(got, "attached 2")
				return
			}
			r.want(got, "dead 2 4412", "stop")
			r.wantOver(frame.Diverged, false)
		})
	}
}

// PROTOCOL 8.5
func TestFirstReadyHasAToken(t *testing.T) {
	r := &rig{t: t, now: 1000, c: NewClient(ClientDefaults, frame.Nonce{}, nil)}
	r.open(false)
	f := ready(1, 0, 0)
	f.Open.HasToken = false
	r.want(r.in(f), "dead 1 4412", "stop")
}

// PROTOCOL 8.6, 8.7
func TestCandidateBesideTheCurrent(t *testing.T) {
	r := newClient(t)
	old := r.b
	r.want(r.open(false), "attach 2 0/0")
	if r.c.Outstanding() != r.b || r.c.Current() != old {
		t.Fatalf("outstanding %d, current %d", r.c.Outstanding(), r.c.Current())
	}
	r.send(event("a"))
	r.want(frames(t, frame.Binary, r.c.Batch(r.now, old, frame.Binary, nil)), "1 a")
	r.want(r.on(old, false, data(1, event("x"))), "deliver 1")
	r.want(r.in(ready(2, 0, 0)), "attached 2")
	r.want(r.on(old, false, data(2, event("y"))), "stop")
	r.wantOut("ack 1/0", "1 a")
	r.want(r.in(data(1, event("x")), data(2, event("y"))), "deliver 2")
}

// PROTOCOL 8.6, 8.7, 12.2
func TestSupersededWhileACandidateIsOut(t *testing.T) {
	r := newClient(t)
	old := r.b
	r.open(false)
	r.want(r.on(old, false, abrupt(frame.Superseded)), "dead 1 4409", "stop")
	r.wantOver(0, false)
	r.want(r.in(ready(2, 0, 0)), "attached 2")
}

// An attempt without an answer is followed by one with a greater att.
//
// PROTOCOL 8.6
func TestAttemptsCountUp(t *testing.T) {
	r := newClient(t)
	r.c.Lost(r.now, r.b)
	for _, want := range []string{"attach 2 0/0", "attach 3 0/0", "attach 4 0/0"} {
		r.want(r.open(false), want)
	}
	r.c.Lost(r.now, r.b)
	if r.c.Outstanding() != 0 {
		t.Error("an attempt whose connection died is outstanding")
	}
	r.want(r.open(false), "attach 5 0/0")
	r.want(r.in(data(1, event("a"))), "dead 5 4400", "stop") // no READY
	r.wantOver(0, false)
}

// What CLOSE or RESET in answer to an attempt ends.
//
// PROTOCOL 8.6, 8.8, 9.5, 12.2
func TestRefusedAttempts(t *testing.T) {
	tests := []struct {
		code  frame.Code
		hello bool
		over  bool
	}{
		{frame.Timeout, false, false}, {frame.Internal, false, false}, {frame.Draining, true, false},
		{frame.AuthExpired, false, false}, {frame.RateLimited, true, false},
		{frame.Superseded, false, false}, {frame.Superseded, true, true},
		{frame.Forbidden, false, true}, {frame.BadProtocol, true, true}, {frame.BadVersion, true, true},
		{frame.Shed, false, true}, {frame.WindowBroken, false, true},
	}
	for _, tt := range tests {
		r := newClient(t)
		if tt.hello {
			r = &rig{t: t, now: 1000, c: NewClient(ClientDefaults, frame.Nonce{}, nil)}
		}
		r.open(false)
		r.in(abrupt(tt.code))
		if over := r.c.Over() != nil; over != tt.over {
			t.Errorf("%d in answer (HELLO: %t): over is %t, want %t", tt.code, tt.hello, over, tt.over)
		}
	}
}

// A 4409 may answer the copy of an ATTACH that something between the ends sent twice; three in a row mean that somebody
// else has the session.
//
// PROTOCOL 8.6, 12.2
func TestSupersededAttempts(t *testing.T) {
	r := newClient(t)
	r.c.Lost(r.now, r.b)
	refused := func(over frame.Code) {
		t.Helper()
		r.open(true)
		r.in(abrupt(frame.Superseded))
		r.wantOver(over, true)
	}
	refused(0)
	refused(0)
	r.open(true)
	r.in(ready(4, 0, 0)) // READY counts from the beginning
	r.c.Lost(r.now, r.b)
	refused(0)
	refused(0)
	refused(frame.Superseded)
}

// PROTOCOL 8.4, 12.2, 9.7
func TestTakenOver(t *testing.T) {
	r := newClient(t)
	r.open(false)
	r.in(ready(2, 0, 0))
	r.want(r.in(abrupt(frame.Superseded)), "dead 2 4409", "stop")
	r.wantOver(frame.Superseded, true)
}

// With att 1 it may be a late copy of our own HELLO that took over: the next ATTACH will tell.
//
// PROTOCOL 8.2, 8.6
func TestSupersededByOurOwnHello(t *testing.T) {
	r := newClient(t)
	r.want(r.in(abrupt(frame.Superseded)), "dead 1 4409", "stop")
	r.wantOver(0, false)
	r.want(r.open(false), "attach 2 0/0")
}

// PROTOCOL 9.5, 9.7
func TestReset(t *testing.T) {
	for _, post := range []bool{false, true} { // in answer to ATTACH, and to a POST of the current attachment
		r := newClient(t)
		r.tagged("a")
		r.tagged("b")
		r.wantOut("1 a", "2 b")
		if !post {
			r.open(false)
		}
		got := r.in(&frame.Frame{Type: frame.Reset, Code: frame.Unknown, Consumed: 1})
		if len(got) != 3 || got[0] != "confirmed a" || got[2] != "stop" {
			t.Errorf("got %q", got)
		}
		r.wantOver(frame.Unknown, true)
		if items, sent := r.c.Unconfirmed(); len(items) != 1 || sent != 1 || items[0].Tag != "b" {
			t.Errorf("unconfirmed: %v", items)
		}
	}
}
