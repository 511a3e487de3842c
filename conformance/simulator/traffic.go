package simulator

import (
	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// source makes one side's traffic: bursts, with silences in which only acknowledgements would go this way.
type source struct {
	run    *run
	side   *side
	silent core.Time // until
}

// start keeps a side busy until it has ended, or the traffic is to cease.
func (r *run) startTraffic(s *side) {
	src := &source{run: r, side: s}
	if r.rand.OneIn(3) {
		src.silent = r.now + core.Time(r.rand.N(8_000))
	}
	src.plan()
}

func (src *source) plan() {
	src.run.after(core.Time(src.run.rand.Between(5, 80)), src.turn)
}

func (src *source) turn() {
	r := src.run
	if src.side.over != nil || r.stopped() || r.calm {
		return
	}
	src.plan()
	if r.now < src.silent {
		return
	}
	if r.rand.OneIn(30) {
		src.silent = r.now + core.Time(r.rand.Between(500, 8_000))
	}
	talk := r.set.talk[0]
	if src.side != r.client.side {
		talk = r.set.talk[1]
	}
	if r.rand.OneIn(talk) {
		src.burst(r.burst())
	}
}

// burst is how many messages an application sends at once.
func (r *run) burst() int {
	if r.rand.OneIn(25) {
		return r.rand.Between(20, 150)
	}
	return r.rand.Between(1, 14)
}

func (src *source) burst(n int) {
	s := src.side
	for range n {
		if !s.end.Room(src.run.set.largest + 64) {
			break
		}
		src.one()
		if src.run.rand.OneIn(src.run.set.flit) {
			s.flit()
		}
	}
	s.work()
	if h := src.run.server.newest; h != nil && h.side != s {
		h.side.work() // a session that lingers publishes too
	}
}

// one sends one message of a random kind.
func (src *source) one() {
	r, s := src.run, src.side
	switch k := r.rand.N(200); {
	case k < 25:
		src.ask()
	case k == 25 && (s.nested == nil || s.nested.consumed):
		s.nested = s.send(frame.Event, 0, nest, s.body())
	case k < 28 && s == r.client.side:
		r.topics[r.rand.N(len(r.topics))].subscribe(s)
	case k == 28 && s == r.client.side:
		r.topics[r.rand.N(len(r.topics))].unsubscribe(s)
	case k < 90 && s != r.client.side:
		r.topics[r.rand.N(len(r.topics))].publish(r.size())
	default:
		s.send(frame.Event, 0, plain, s.body())
	}
}

// ask makes a call that is sometimes cancelled: at once, before it can have a number, or on its way.
func (src *source) ask() {
	r, s := src.run, src.side
	c := s.call(ask, s.body(), deadline, func(frame.Message, frame.Code) {})
	if c == nil || !r.rand.OneIn(12) {
		return
	}
	r.after(core.Time(r.rand.N(3)*r.rand.N(100)), func() {
		if s.over == nil {
			s.giveUp(c, frame.Canceled)
		}
	})
}

// size is of a payload: mostly small, sometimes so large that windows of bytes matter.
func (r *run) size() int {
	switch {
	case r.rand.OneIn(100):
		return r.rand.Between(minPayload, r.set.largest)
	case r.rand.OneIn(10):
		return r.rand.Between(minPayload, min(1000, r.set.largest))
	}
	return r.rand.Between(minPayload, 60)
}

func (r *run) codec() frame.Codec { return frame.Codec(r.rand.N(2)) }

// stall is how long an event's handler or a listener takes.
func (r *run) stall() core.Time {
	switch {
	case r.calm || !r.rand.OneIn(30):
		return 0
	case r.rand.OneIn(25):
		return core.Time(r.rand.Between(100, 4_000))
	}
	return core.Time(r.rand.Between(1, 20))
}

// service is how long a request's handler takes. Some miss their deadline.
func (r *run) service() core.Time {
	switch {
	case r.rand.OneIn(2):
		return 0
	case r.calm || !r.rand.OneIn(40):
		return core.Time(r.rand.Between(1, 60))
	}
	return core.Time(r.rand.Between(500, 15_000))
}
