package simulator

import (
	"slices"
	"testing"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// scene is a run in which nothing happens by itself: neither faults nor traffic.
type scene struct {
	*run
	t *testing.T
}

// newScene opens a session over streams (pulls 0) or polls (pulls 1).
func newScene(t *testing.T, pulls int) *scene {
	s := &scene{newRun(Config{Messages: 1 << 30, Seed: seed, Trace: t.Logf}, 1), t}
	s.calm = true
	s.set = settings{
		server: core.ServerDefaults, client: core.ClientDefaults, largest: 500, json: 2, pulls: 1 << 20, events: 1 << 20,
		topics: 1, keys: 4, flit: 2,
	}
	if pulls == 1 {
		s.set.pulls = 1
	}
	s.set.server.TTL, s.set.client.TTL = ttl, ttl
	s.set.log = core.LogLimits{Publications: 5, Bytes: 1 << 20, Age: 1 << 40}
	s.topics = s.topics[:1]
	s.topics[0].renew()
	return s
}

// open opens the session and waits for it.
func (s *scene) open() *scene {
	s.client.open()
	s.advance(3_000)
	if !s.attached() {
		s.t.Fatal("no session")
	}
	return s
}

// advance lets virtual time pass. A violation ends the test.
func (s *scene) advance(d core.Time) {
	s.t.Helper()
	end := s.now + d
	s.at(end, func() {})
	for s.now < end && !s.over {
		s.step()
	}
	for _, v := range s.tally.Violations {
		s.t.Fatal(v.What)
	}
}

// say sends n events from each end.
func (s *scene) say(n int) {
	th := s.client.thread
	for _, side := range []*side{th.client, th.server} {
		if side == nil {
			continue
		}
		for range n {
			if side.send(frame.Event, 0, plain, side.body()) == nil {
				s.t.Fatalf("%s: an event is not accepted", side.name)
			}
		}
		side.work()
	}
}

// wantAll waits until the applications have got everything.
func (s *scene) wantAll(within core.Time) {
	s.t.Helper()
	for end := s.now + within; !s.drained(); {
		if s.now >= end {
			s.t.Fatalf("not drained after %d ms: %s, %s", within, s.client.side.state(), s.server.newest.side.state())
		}
		s.advance(10)
	}
}

// Creating survives whatever is done to the POSTs, and makes one session.
//
// PROTOCOL 8.2
func TestLostCreation(t *testing.T) {
	faults := []postFault{requestLost, answerLost, requestStuck, requestTwice}
	for _, first := range faults {
		for _, second := range faults {
			s := newScene(t, 1)
			s.calm = false
			s.target = 1 << 30
			s.weather.next = []postFault{first, second}
			s.client.open()
			s.silence()
			s.say(5)
			for s.client.core.Session() == nil && s.now < 60_000 {
				s.advance(100)
				s.calm = len(s.weather.next) == 0
			}
			s.calm = true
			s.advance(20_000) // late copies
			s.say(5)
			s.wantAll(10_000)
			if n := len(s.server.sessions); n != 1 {
				t.Errorf("faults %d and %d: %d sessions", first, second, n)
			}
		}
	}
}

// silence keeps the sources of traffic quiet that a run starts.
func (s *scene) silence() {
	s.calm = true
	s.advance(100)
	s.calm = false
}

// A connection whose bytes arrive after the session has moved changes nothing.
//
// PROTOCOL 6.1, 8.4
func TestZombies(t *testing.T) {
	for _, harm := range []func(p *path){
		func(p *path) { p.link.up.freeze(5_000) },
		func(p *path) { p.link.down.freeze(5_000) },
	} {
		s := newScene(t, 0).open()
		old := s.client.current
		s.say(20)
		harm(old)
		s.advance(1)
		s.say(20)
		old.lost()
		s.advance(1_000)
		if s.client.current == old || !s.attached() {
			t.Fatal("the session did not move")
		}
		s.say(20)
		s.wantAll(2_000)
		s.advance(6_000)
		s.say(1)
		s.wantAll(2_000)
	}
}

// One direction dies without anybody being told.
//
// PROTOCOL 13.2, 13.4
func TestHalfOpen(t *testing.T) {
	for _, side := range []string{"up", "down"} {
		s := newScene(t, 0).open()
		old := s.client.current
		old.link.broken = true
		if side == "up" {
			old.link.up.hole = true
		} else {
			old.link.down.hole = true
		}
		s.say(50)
		s.wantAll(30_000)
		if s.client.current == old {
			t.Errorf("nothing goes %s, and nobody noticed", side)
		}
	}
}

// The session moves up and down while messages are on their way.
//
// PROTOCOL 8.7
func TestMigration(t *testing.T) {
	s := newScene(t, 1).open()
	for i := range 20 {
		s.say(30)
		s.client.dial(i%2 == 1)
		s.client.dial(i%2 == 1)
		s.advance(core.Time(1 + 7*i))
		s.say(30)
	}
	s.wantAll(5_000)
	if att := s.client.core.Att(); att < 10 {
		t.Errorf("only %d attachments", att)
	}
}

// Two handlers that wait for each other are ended by their deadlines.
//
// PROTOCOL 6.6, 6.7
func TestHandlersThatWaitForEachOther(t *testing.T) {
	s := newScene(t, 0).open()
	th := s.client.thread
	for _, side := range []*side{th.client, th.server} {
		side.send(frame.Event, 0, nest, side.body())
		side.work()
	}
	s.say(3)
	s.advance(deadline - 1_000)
	if s.drained() {
		t.Fatal("they did not wait")
	}
	s.wantAll(3_000)
}

// A client that is away for too long learns what was consumed, and begins anew.
//
// PROTOCOL 9.5, 9.6, 9.8, 9.9
func TestExpiry(t *testing.T) {
	s := newScene(t, 0).open()
	first := s.client.thread
	first.plan = expires
	s.say(10)
	s.wantAll(1_000)
	s.endSession(first)
	s.server.newest.forgotten = false
	s.say(3)
	confirmed := s.tally.Expected
	for range 3 {
		s.advance(ttl / 2)
		s.client.comeBack()
	}
	s.advance(5_000)
	if first.client.over == nil || first.client.over.Code != frame.Unknown || s.tally.Expected != confirmed+1 {
		t.Fatalf("the client's session ended as %+v", first.client.over)
	}
	items, _ := first.client.end.Unconfirmed()
	if n := len(slices.DeleteFunc(items, func(it *core.Item) bool { return it.Message.Name != plain })); n != 3 {
		t.Errorf("%d events unconfirmed, want the 3 that were never sent", n)
	}
}

// A subscriber that is cut off while a log moves on gets exactly one gap.
//
// PROTOCOL 10.3
func TestSlowSubscriber(t *testing.T) {
	s := newScene(t, 0).open()
	topic := s.topics[0]
	topic.subscribe(s.client.side)
	s.client.side.work()
	s.wantAll(1_000)
	s.client.away = true
	s.client.current.lost()
	s.advance(10)
	for range 12 {
		topic.publish(50)
	}
	s.client.away = false
	s.client.offer()
	before := s.tally.Messages
	s.advance(2_000)
	s.wantAll(1_000)
	if n := s.tally.Messages - before; n != 6 {
		t.Errorf("%d deliveries, want one gap and the 5 that the log holds", n)
	}
}

// onEvents moves the session to an event stream.
func (s *scene) onEvents() *scene {
	s.t.Helper()
	s.set.events = 1
	for range 3 { // what was dialled before comes first
		s.client.dial(false)
		s.advance(1_000)
		if p := s.client.current; p != nil && p.posts && s.attached() {
			return s
		}
	}
	s.t.Fatal("not on an event stream")
	return nil
}

// An event stream carries what goes down, POSTs what goes up; POSTs that are lost, late or sent twice change nothing.
//
// PROTOCOL 11.6, 11.12, 11.13
func TestEventStream(t *testing.T) {
	for _, fault := range []postFault{none, requestLost, answerLost, requestStuck, requestTwice} {
		s := newScene(t, 0).open().onEvents()
		s.calm = false
		s.target = 1 << 30
		for range 5 {
			if fault != none {
				s.weather.next = []postFault{fault}
			}
			s.say(20)
			s.wantAll(25_000)
		}
		if !s.client.current.posts {
			t.Errorf("fault %d: the session has left the stream", fault)
		}
		s.calm = true
		s.client.dial(true)
		s.say(20)
		s.wantAll(25_000)
	}
}

// A stream on which nothing arrives any more is left, though its POSTs are answered.
//
// PROTOCOL 13.3
func TestSilentEventStream(t *testing.T) {
	s := newScene(t, 0).open().onEvents()
	old := s.client.current
	old.link.broken, old.link.down.hole = true, true
	for range 30 {
		s.say(1)
		s.advance(1_000)
	}
	if s.client.current == old {
		t.Error("nobody noticed")
	}
	s.wantAll(5_000)
}
