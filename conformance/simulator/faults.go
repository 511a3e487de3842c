package simulator

import (
	"github.com/weft-realtime/weft/conformance/prng"
	"github.com/weft-realtime/weft/internal/core"
)

// weather is what the network does next.
type weather struct {
	storm bool
	until core.Time // when it changes
	dark  core.Time // there is no network until then
	twice bool      // an ATTACH was sent twice since the last READY
	next  []postFault
}

// postFault is what may happen to a POST.
type postFault uint8

const (
	none postFault = iota
	requestLost
	answerLost
	requestStuck
	requestTwice
)

// between faults, on the average, in milliseconds of a storm.
const between = 55

// count counts a fault.
func (r *run) count(format string, args ...any) {
	r.tally.Faults++
	r.trace("fault: "+format, args...)
}

// fault does one fault and plans the next. Storms alternate with calms, in which the traffic goes on.
func (r *run) fault() {
	if r.calm || r.stopped() {
		return
	}
	w := &r.weather
	if r.now >= w.until {
		w.storm = !w.storm
		w.until = r.now + core.Time(r.rand.Between(4_000, 10_000))
		if !w.storm {
			w.next = nil
		}
	}
	if w.storm {
		r.disturb()
	}
	r.after(core.Time(r.rand.N(2*between)), r.fault)
}

func (r *run) disturb() {
	c := r.client
	switch k := r.rand.N(40); {
	case r.offline():
	case k == 0:
		r.blackout(core.Time(r.rand.Between(50, 5_000)))
	case k < 5 && c.migrate():
		r.count("migration")
	case c.current != nil && c.current.link != nil && (!c.current.posts || r.rand.OneIn(2)):
		if k < 30 {
			r.harm(c.current)
		}
	case len(r.weather.next) < 2:
		r.weather.next = append(r.weather.next, prng.Pick(r.rand, requestLost, answerLost, requestStuck, requestTwice))
	}
}

// nextPost takes what is to happen to the next POST. Creating a session is disturbed more than anything else.
func (r *run) nextPost(opening bool) postFault {
	if r.offline() {
		return requestLost
	}
	w := &r.weather
	f := none
	switch {
	case r.calm:
	case len(w.next) > 0:
		f = w.next[0]
		w.next = w.next[1:]
	case r.client.core.Session() == nil && r.rand.OneIn(2):
		f = prng.Pick(r.rand, requestLost, answerLost, requestStuck, requestTwice)
	}
	if opening && f == requestTwice {
		if w.twice {
			f = answerLost // 4409 for one attempt after the other means that somebody else has the session
		}
		w.twice = true
	}
	if f != none {
		r.count("post %d", f)
	}
	return f
}

func (r *run) offline() bool { return r.now < r.weather.dark }

// blackout takes the network away. Streams survive it if nobody loses patience.
func (r *run) blackout(d core.Time) {
	r.count("no network for %d ms", d)
	r.weather.dark = max(r.weather.dark, r.now+d)
	for _, p := range r.client.paths {
		if p.link != nil {
			p.link.up.freeze(d)
			p.link.down.freeze(d)
		}
	}
	r.after(d, func() {
		if !r.offline() && r.client.side.over == nil {
			r.client.core.Wake(r.now)
			r.client.side.work()
		}
	})
}

// harm does something to a stream.
func (r *run) harm(p *path) {
	l := p.link
	switch k := r.rand.N(8); k {
	case 0: // both ends see it at once, and what was in flight is lost
		r.count("reset")
		l.up.cut, l.down.cut = true, true
		r.after(1, p.lost)
		r.after(1, p.remote.lost)
	case 1: // in order, at both ends
		r.count("closed in between")
		l.up.end()
		l.down.end()
		l.up.hole, l.down.hole = true, true
	case 2: // the client gives up; what it wrote arrives late, when the session has moved
		r.count("zombie")
		l.up.freeze(core.Time(r.rand.Between(100, 6_000)))
		r.after(1, p.lost)
	case 3: // the server gives up; what it wrote arrives late
		r.count("zombie down")
		l.down.freeze(core.Time(r.rand.Between(100, 6_000)))
		r.after(1, p.remote.lost)
	case 4:
		r.count("half open: nothing goes up")
		l.up.hole, l.broken = true, true
	case 5:
		r.count("half open: nothing goes down")
		l.down.hole, l.broken = true, true
	case 6:
		r.count("dead both ways")
		l.up.hole, l.down.hole, l.broken = true, true, true
	default:
		d := core.Time(r.rand.Between(50, 4_000))
		r.count("stuck for %d ms", d)
		prng.Pick(r.rand, &l.up, &l.down).freeze(d)
	}
}
