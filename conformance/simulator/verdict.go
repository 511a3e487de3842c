package simulator

import (
	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// finale is the end of a run: faults and traffic cease, everything drains, a last burst must get through quickly, and
// the last session closes.
type finale struct {
	phase phase
	since core.Time
	att   uint64 // on which the last volatile messages were sent
}

type phase uint8

const (
	playing phase = iota
	draining
	probing
	closing
	lingering // sessions whose client has gone wait for their expiry
)

// How long each phase may take: two handlers that wait for each other, a path that must be found dead, a dial. A session
// that lingers expires.
const (
	bound      core.Time = 150_000
	probeBound core.Time = 12_000
	closeBound core.Time = 5_000
)

func (r *run) beginFinale() {
	r.calm = true
	r.weather.next, r.weather.dark = nil, 0
	r.enter(draining)
}

func (r *run) enter(p phase) {
	r.trace("finale: %d", p)
	r.finale = finale{phase: p, since: r.now}
}

// conclude moves the finale on, and holds each phase against its bound.
func (r *run) conclude() {
	f := &r.finale
	switch f.phase {
	case draining:
		if r.drained() && r.attached() {
			r.enter(probing)
			r.probe()
		}
		r.within(bound)
	case probing:
		// The client is told at once what the server's handlers are through with.
		if r.drained() && r.client.thread.up.outstanding.Messages == 0 && r.landed() {
			r.enter(closing)
			r.lastClose()
		}
		r.within(probeBound)
	case closing:
		t := r.client.thread
		if t.client.over != nil && t.server.over != nil {
			if t.server.over.Code != frame.Done {
				r.fail(Reset, "a quiet close ended at the server with %d", t.server.over.Code)
			}
			r.enter(lingering)
		}
		r.within(closeBound)
	case lingering:
		if r.allOver() {
			r.over = true
		}
		r.within(ttl + bound)
	}
}

func (r *run) within(limit core.Time) {
	if f := &r.finale; r.now > f.since+limit {
		t := r.client.thread
		r.fail(Stalled, "phase %d after %d ms: %s, %s", f.phase, limit, t.client.state(), t.server.state())
	}
}

// drained reports whether the applications have got everything.
func (r *run) drained() bool {
	t := r.client.thread
	if !t.up.drained() || !t.down.drained() || t.client.open > 0 || t.server.open > 0 {
		return false
	}
	for _, topic := range r.topics {
		s := &topic.sub
		if s.asked || s.on == t && s.active && !s.ended && s.position < topic.log.Last() {
			return false
		}
	}
	return true
}

func (l *lane) drained() bool {
	return l.through == len(l.messages) && l.inbox.Messages == 0 && l.repliesGot == l.repliesSent
}

// attached reports whether both ends use the same path and nothing is wrong with it.
func (r *run) attached() bool {
	p, h := r.client.current, r.server.newest
	if p == nil || h.thread != r.client.thread || h.core.Current() == 0 {
		return false
	}
	if p.link == nil {
		return p.polls.poll.healthy() && p.polls.send.healthy() && h.door.conn == nil && h.core.Att() == r.client.core.Att()
	}
	return p.link.healthy() && p.polls.send.healthy() && p.remote == h.door.conn
}

// probe sends a burst both ways over a path that works.
func (r *run) probe() {
	t := r.client.thread
	for _, s := range []*side{t.client, t.server} {
		for range 6 {
			s.call(ask, s.body(), deadline, func(frame.Message, frame.Code) {})
		}
		for range 40 {
			s.send(frame.Event, 0, plain, s.body())
		}
		s.send(frame.Event, 0, slow, s.body())
	}
	for range 20 {
		r.topics[r.rand.N(len(r.topics))].publish(r.size())
	}
	t.client.work()
	t.server.work()
	r.probeVolatile()
}

// lastClose closes gracefully, half the time while another attachment is being made.
func (r *run) lastClose() {
	t := r.client.thread
	t.plan = clientCloses + ending(r.rand.N(3))
	d := core.Time(0)
	if r.rand.OneIn(2) {
		r.client.dial(r.rand.OneIn(r.set.pulls))
		d = core.Time(r.rand.N(200))
	}
	r.after(d, func() { r.endSession(t) })
}

func (r *run) allOver() bool {
	for _, t := range r.threads {
		if t.client.over == nil || t.server != nil && t.server.over == nil {
			return false
		}
	}
	return true
}
