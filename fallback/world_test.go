package fallback_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/weft-realtime/weft/fallback"
	"github.com/weft-realtime/weft/transport"
)

// world is a network and a server in virtual time, to which a plan answers.
type world struct {
	plan *fallback.Plan
	now  fallback.Time
	rtt  fallback.Time

	down  bool                             // nothing answers
	bad   map[transport.Kind]bool          // it cannot be dialled
	life  map[transport.Kind]fallback.Time // an attachment of a kind is killed at this age
	mute  map[transport.Kind]bool          // and nothing comes through on it before
	due   []*event
	tried map[transport.Kind]*event // what is under way, by kind
	alive *event                    // the end of the current attachment, if it is planned

	deaths map[transport.Kind]int
	log    []string
}

// event is something that happens unless it is called off.
type event struct {
	at   fallback.Time
	off  bool
	what func()
}

func newWorld(rnd *rand.Rand) *world {
	w := &world{
		now: 1_000, rtt: fallback.Time(5 + rnd.IntN(100)),
		bad: map[transport.Kind]bool{}, life: map[transport.Kind]fallback.Time{}, mute: map[transport.Kind]bool{},
		tried: map[transport.Kind]*event{}, deaths: map[transport.Kind]int{},
	}
	w.plan = fallback.NewPlan(all, false, fallback.Memory{}, rnd.Float64)
	return w
}

func (w *world) after(d fallback.Time, what func()) *event {
	e := &event{at: w.now + d, what: what}
	w.due = append(w.due, e)
	return e
}

// run lets time pass until a moment, or until done.
func (w *world) run(until fallback.Time, done func() bool) {
	for w.now < until && !done() {
		next := until
		var first *event
		for _, e := range w.due {
			if !e.off && e.at < next {
				next, first = e.at, e
			}
		}
		if at := w.plan.Deadline(); at != 0 && at <= next {
			w.now = max(w.now, at)
			w.do(w.plan.Tick(w.now, nil))
			continue
		}
		w.now = next
		if first != nil {
			first.off = true
			first.what()
		}
		w.clean()
	}
}

func (w *world) clean() {
	kept := w.due[:0]
	for _, e := range w.due {
		if !e.off {
			kept = append(kept, e)
		}
	}
	w.due = kept
}

func (w *world) do(actions []fallback.Action) {
	for _, a := range actions {
		w.log = append(w.log, fmt.Sprintf("%d %s %s", w.now, a.Act, a.Kind))
		k := a.Kind
		switch a.Act {
		case fallback.Create, fallback.Attach:
			w.try(k, w.rtt, func() { w.ready(k) })
		case fallback.Dial:
			w.try(k, 2*w.rtt, func() { w.do(w.plan.Opened(w.now, k, nil)) })
		case fallback.Drop:
			w.callOff(k)
		}
	}
}

// try makes something of a kind succeed, or fail, after d.
func (w *world) try(k transport.Kind, d fallback.Time, succeed func()) {
	w.tried[k] = w.after(d, func() {
		if w.down || w.bad[k] {
			w.do(w.plan.Failed(w.now, k, nil))
		} else {
			succeed()
		}
	})
}

func (w *world) callOff(k transport.Kind) {
	if e := w.tried[k]; e != nil {
		e.off = true
	}
}

func (w *world) ready(k transport.Kind) {
	if w.alive != nil {
		w.alive.off = true
		w.alive = nil
	}
	w.do(w.plan.Ready(w.now, k, nil))
	if d := w.life[k]; d != 0 {
		w.alive = w.after(d, func() { w.die() })
	}
}

func (w *world) die() {
	w.alive = nil
	if k := w.plan.Current(); k != 0 {
		w.deaths[k]++
		w.log = append(w.log, fmt.Sprintf("%d died %s", w.now, k))
		w.do(w.plan.Died(w.now, !w.mute[k], nil))
	}
}

func (w *world) on(k transport.Kind) func() bool { return func() bool { return w.plan.Current() == k } }

func never() bool { return false }

// decided reports whether the plan ever did something.
func (w *world) decided(act fallback.Act) bool {
	for _, line := range w.log {
		if strings.Contains(line, " "+act.String()+" ") {
			return true
		}
	}
	return false
}

const minute = fallback.Time(60_000)

// worlds runs a test in many of them.
func worlds(t *testing.T, n int, test func(t *testing.T, w *world, rnd *rand.Rand)) {
	from := walkSeed()
	t.Logf("-plan.seed=%d", from)
	for i := range n {
		rnd := rand.New(rand.NewPCG(from, uint64(i)))
		w := newWorld(rnd)
		if test(t, w, rnd); t.Failed() {
			t.Fatalf("world %d:\n%s", i, strings.Join(w.log, "\n"))
		}
	}
}

// A middlebox kills every WebSocket after 5 s. The client settles on an event stream within 3 deaths, and is back within
// 10 minutes of the middlebox's going. PROTOCOL 14.9
func TestMiddlebox(t *testing.T) {
	worst := fallback.Time(0)
	worlds(t, 300, func(t *testing.T, w *world, rnd *rand.Rand) {
		w.life[ws] = 5_000
		settled := sse
		if rnd.IntN(3) == 0 {
			w.bad[sse], settled = true, polls
		}
		w.do(w.plan.Start(w.now, nil))
		w.run(w.now+minute, never)
		if w.deaths[ws] > 3 || w.plan.Current() != settled {
			t.Fatalf("after a minute %d WebSockets have died, and the client is on %s", w.deaths[ws], w.plan.Current())
		}
		w.run(w.now+fallback.Time(rnd.Int64N(int64(60*minute))), never)
		delete(w.life, ws)
		if w.plan.Current() == ws && w.alive != nil { // the middlebox is gone before it struck
			w.alive.off = true
		}
		gone := w.now
		w.run(gone+20*minute, w.on(ws))
		worst = max(worst, w.now-gone)
		if w.now-gone > 10*minute {
			t.Fatalf("back after %d ms", w.now-gone)
		}
		w.run(w.now+60*minute, never)
		if w.plan.Current() != ws {
			t.Fatalf("an hour later it is on %s", w.plan.Current())
		}
	})
	t.Logf("the slowest was back %.1f s after the middlebox had gone", float64(worst)/1000)
}

// Something cuts every connection after 10 s: no transport is to blame. PROTOCOL 14.9
func TestEverythingIsCut(t *testing.T) {
	worlds(t, 100, func(t *testing.T, w *world, rnd *rand.Rand) {
		w.life[ws], w.life[sse], w.life[polls] = 10_000, 10_000, 10_000
		w.do(w.plan.Start(w.now, nil))
		w.run(w.now+30*minute, never)
		if w.decided(fallback.Demote) || w.decided(fallback.Blame) {
			t.Fatal("somebody was blamed")
		}
		if w.deaths[ws] < w.deaths[sse] {
			t.Fatalf("%d WebSockets and %d event streams", w.deaths[ws], w.deaths[sse])
		}
	})
}

// Something ends WebSockets and event streams as soon as they carry anything. Neither excuses the other: the client is on
// polls within a minute. PROTOCOL 14.9, 14.11
func TestStreamsAreBarren(t *testing.T) {
	worlds(t, 100, func(t *testing.T, w *world, rnd *rand.Rand) {
		for _, k := range []transport.Kind{ws, sse} {
			w.life[k], w.mute[k] = fallback.Time(1+rnd.IntN(100)), true
		}
		w.do(w.plan.Start(w.now, nil))
		w.run(w.now+minute, never)
		if w.plan.Current() != polls || w.deaths[ws] > 3 || w.deaths[sse] > 3 {
			t.Fatalf("after a minute it is on %s, and deaths are %v", w.plan.Current(), w.deaths)
		}
	})
}

// What is barren is tried again and again beside what works, and that does not wait for it. PROTOCOL 14.11
func TestBarrenBesideWhatWorks(t *testing.T) {
	worlds(t, 30, func(t *testing.T, w *world, rnd *rand.Rand) {
		for _, k := range []transport.Kind{ws, sse}[:1+rnd.IntN(2)] {
			w.life[k], w.mute[k] = fallback.Time(1+rnd.IntN(100)), true
		}
		w.do(w.plan.Start(w.now, nil))
		w.run(w.now+2*minute, never)
		for range 12 {
			w.run(w.now+15*minute, func() bool { return w.plan.Current() == 0 })
			gone := w.now
			w.run(w.now+15*minute, func() bool { return w.plan.Current() != 0 })
			if w.now-gone > 1_500 {
				t.Fatalf("without a connection for %d ms", w.now-gone)
			}
		}
	})
}

// A proxy refuses what the session has to say, whatever carries it: the client goes on with it, rarely. PROTOCOL 14.11
func TestEverythingIsBarren(t *testing.T) {
	worlds(t, 100, func(t *testing.T, w *world, rnd *rand.Rand) {
		w.bad[ws] = rnd.IntN(2) == 0
		for _, k := range all {
			w.life[k], w.mute[k] = fallback.Time(1+rnd.IntN(100)), true
		}
		w.do(w.plan.Start(w.now, nil))
		w.run(w.now+60*minute, never)
		if n := w.deaths[ws] + w.deaths[sse] + w.deaths[polls]; n < 120 || n > 720 {
			t.Fatalf("deaths in an hour: %v", w.deaths)
		}
		clear(w.mute)
		clear(w.life)
		passes := w.now
		w.run(w.now+minute, func() bool { return w.plan.Current() != 0 })
		if w.now-passes > 35_000 {
			t.Fatalf("back after %d ms", w.now-passes)
		}
	})
}

// A server that restarts demotes nobody, and everybody is back on WebSocket soon. PROTOCOL 14.3, 14.9
func TestRestarts(t *testing.T) {
	worlds(t, 300, func(t *testing.T, w *world, rnd *rand.Rand) {
		w.do(w.plan.Start(w.now, nil))
		w.run(w.now+minute, w.on(ws))
		for range 8 {
			for range 2 { // within a minute, and then there is peace
				w.run(w.now+fallback.Time(rnd.Int64N(int64(minute/2))), never)
				w.die()
				w.down = rnd.IntN(2) == 0
				w.run(w.now+fallback.Time(rnd.IntN(20_000)), func() bool { return !w.down })
				w.down = false
				back := w.now
				w.run(w.now+2*minute, w.on(ws))
				// The longest wait between rounds is 30 s; polls that came first are left after 3 s.
				if w.now-back > 35_000 {
					t.Fatalf("on WebSocket %d ms after the server was back", w.now-back)
				}
			}
			w.run(w.now+40_000, never)
		}
		for _, act := range []fallback.Act{fallback.Blame, fallback.Avoid, fallback.Demote} {
			if w.decided(act) {
				t.Fatalf("the restarts made it %s somebody", act)
			}
		}
	})
}

// While WebSocket is blocked, the client is on an event stream soon; when it is not any more, on WebSocket again.
// PROTOCOL 14.2, 14.4
func TestBlocked(t *testing.T) {
	worlds(t, 100, func(t *testing.T, w *world, rnd *rand.Rand) {
		w.bad[ws] = true
		w.do(w.plan.Start(w.now, nil))
		w.run(w.now+3_000, w.on(sse))
		if w.plan.Current() != sse {
			t.Fatal("not on an event stream")
		}
		w.run(w.now+fallback.Time(rnd.Int64N(int64(60*minute))), never)
		delete(w.bad, ws)
		open := w.now
		w.run(w.now+20*minute, w.on(ws))
		if w.now-open > 8*minute+1_000 {
			t.Fatalf("on WebSocket %d ms after it was possible", w.now-open)
		}
	})
}

// Connections wear out every few seconds, and every third time no other can be had: nobody is blamed, the client is never
// without one, nor on another transport, and tries at most once a second. PROTOCOL 14.10
func TestWearsOut(t *testing.T) {
	worlds(t, 100, func(t *testing.T, w *world, rnd *rand.Rand) {
		w.do(w.plan.Start(w.now, nil))
		w.run(w.now+minute, w.on(ws))
		w.log = w.log[:0]
		for range 100 {
			w.bad[ws] = rnd.IntN(3) == 0
			w.do(w.plan.Worn(w.now, nil))
			w.run(w.now+fallback.Time(rnd.IntN(10_000)), func() bool { return w.plan.Current() != ws })
		}
		if w.plan.Current() != ws {
			t.Fatalf("on %s", w.plan.Current())
		}
		rotations, dialled := 0, fallback.Time(0)
		for _, line := range w.log {
			var at fallback.Time
			var act, kind string
			fmt.Sscan(line, &at, &act, &kind)
			switch {
			case kind != "websocket" || act == "blame" || act == "avoid" || act == "demote":
				t.Fatalf("it was not to %s", line)
			case act == "rotate":
				rotations++
				dialled = 0
			case act == "dial" && dialled != 0 && at < dialled+1_000:
				t.Fatalf("dialled again after %d ms", at-dialled)
			case act == "dial":
				dialled = at
			}
		}
		if rotations < 20 {
			t.Fatalf("%d rotations", rotations)
		}
	})
}
