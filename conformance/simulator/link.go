package simulator

import "github.com/weft-realtime/weft/internal/core"

// link is a stream connection: two pipes that carry batches in order.
type link struct {
	up, down pipe
	broken   bool // a fault was done to it
}

// pipe is one direction of a link. What is in flight arrives in order, or not at all.
type pipe struct {
	run     *run
	lag     core.Time
	flight  []packet
	head    int
	blocked core.Time // nothing arrives before
	hole    bool      // what is written from now on vanishes
	cut     bool      // nothing arrives any more
	swallow bool      // the next batch vanishes, and those behind it arrive
	moving  bool      // the arrival of the first packet is planned
	next    func()    // step, bound once
	arrive  func(batch []byte)
	ended   func()
}

// packet is a batch in flight; nil is the end of the stream.
type packet struct {
	at   core.Time
	data []byte
}

func (r *run) newLink() *link {
	lag := core.Time(r.rand.Between(1, 40))
	l := &link{up: pipe{run: r, lag: lag}, down: pipe{run: r, lag: lag}}
	l.up.next, l.down.next = l.up.step, l.down.step
	return l
}

// write sends a batch, which belongs to the pipe from now on.
func (p *pipe) write(data []byte) {
	if p.hole || p.cut {
		return
	}
	if p.swallow && data != nil {
		p.swallow = false
		return
	}
	at := p.run.now + p.lag + core.Time(p.run.rand.N(4))
	if n := len(p.flight); n > p.head {
		at = max(at, p.flight[n-1].at)
	}
	p.flight = append(p.flight, packet{at, data})
	p.move()
}

// end is what closing the writing side sends.
func (p *pipe) end() { p.write(nil) }

// move plans the next arrival.
func (p *pipe) move() {
	if p.moving || p.head == len(p.flight) {
		return
	}
	p.moving = true
	p.run.at(max(p.flight[p.head].at, p.blocked), p.next)
}

func (p *pipe) step() {
	p.moving = false
	if p.cut || p.run.stopped() {
		p.flight = nil
		p.head = 0
		return
	}
	if p.run.now < p.blocked {
		p.move()
		return
	}
	data := p.flight[p.head].data
	p.flight[p.head].data = nil
	if p.head++; p.head == len(p.flight) {
		p.flight, p.head = p.flight[:0], 0
	}
	if data == nil {
		p.ended()
	} else {
		p.arrive(data)
	}
	p.move()
}

// freeze holds up what is in flight and what follows.
func (p *pipe) freeze(d core.Time) { p.blocked = max(p.blocked, p.run.now+d) }

// healthy reports whether nothing was done to the link that its ends may not have noticed yet.
func (l *link) healthy() bool {
	now := l.up.run.now
	return !l.broken && l.up.blocked < now && l.down.blocked < now
}
