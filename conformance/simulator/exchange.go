package simulator

import (
	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// exchange is a POST and its answer, as the client sees it. Exchanges know nothing of each other: they may overtake.
type exchange struct {
	run     *run
	settled bool
	harmed  bool
	done    func(answer)
	gone    func() // the server's: the client has given up
}

// answer is a status and a batch. Status 0 means that none came.
type answer struct {
	status int
	body   []byte
}

// post sends a request. serve runs at the server, perhaps more than once or long after; what it replies to is the copy
// it was called for. done runs once. What goes wrong with the way up of an event stream befalls its POSTs, too.
func (p *path) post(opening bool, patience core.Time, serve func(x *exchange, reply func(answer)), done func(answer)) *exchange {
	r, lag := p.c.run, p.lag
	x := &exchange{run: r, done: done}
	r.after(patience, func() { x.settle(answer{}) })
	fault := r.nextPost(opening)
	if l := p.link; l != nil && l.up.hole {
		fault = requestLost
	} else if l != nil {
		lag += max(0, l.up.blocked-r.now)
	}
	x.harmed = fault != none
	switch fault {
	case requestLost:
		x.fail()
	case answerLost:
		x.copy(lag, serve, func(answer) { x.fail() })
	case requestStuck:
		x.copy(core.Time(r.rand.Between(500, 15_000)), serve, x.carry(lag))
	case requestTwice:
		// A proxy sends it again. The client sees one of the answers.
		first, second := x.carry(lag), func(answer) {}
		if r.rand.OneIn(2) {
			first, second = second, first
		}
		x.copy(lag, serve, first)
		x.copy(lag+core.Time(r.rand.N(2_000)), serve, second)
	default:
		x.copy(lag+core.Time(r.rand.N(10)), serve, x.carry(lag))
	}
	return x
}

func (x *exchange) copy(d core.Time, serve func(*exchange, func(answer)), reply func(answer)) {
	x.run.after(d, func() {
		if !x.run.stopped() {
			serve(x, reply)
		}
	})
}

func (x *exchange) carry(lag core.Time) func(answer) {
	return func(a answer) {
		x.run.trace("answer %d", a.status)
		x.run.traceBatch("down", frame.Binary, a.body)
		if x.run.offline() {
			x.harmed = true
			x.fail()
			return
		}
		x.run.after(lag+core.Time(x.run.rand.N(10)), func() { x.settle(a) })
	}
}

// fail lets the client see an error soon, or nothing but its own timeout.
func (x *exchange) fail() {
	if x.run.rand.OneIn(2) {
		x.run.after(core.Time(x.run.rand.Between(5, 300)), func() { x.settle(answer{}) })
	}
}

func (x *exchange) settle(a answer) {
	if !x.settled && !x.run.stopped() {
		x.settled = true
		x.done(a)
	}
}

// healthy reports whether nothing was done to an exchange that the client may not have noticed yet.
func (x *exchange) healthy() bool { return x == nil || x.settled || !x.harmed }

// abandon is the client giving up. The server sees it, or does not.
func (x *exchange) abandon() {
	if x == nil || x.settled {
		return
	}
	x.settled = true
	if x.gone != nil && x.run.rand.OneIn(2) {
		x.run.after(core.Time(x.run.rand.Between(1, 40)), x.gone)
	}
}
