package simulator

import (
	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// polls is a path that pulls with one POST and sends with another, each retried until it is answered.
type polls struct {
	open, poll, send *exchange
	number           uint64
	failures         int // polls in a row
	sending          []byte
	att              uint64
}

// ask POSTs HELLO or ATTACH.
func (p *path) ask(batch []byte) {
	s := p.c.run.server
	p.c.run.traceBatch("POST", p.enc, batch)
	p.polls.open = p.c.run.post(true, p.lag, patience, func(_ *exchange, reply func(answer)) { s.pollOpen(batch, reply) }, func(a answer) {
		if p.state == closed {
			return
		}
		if len(a.body) == 0 {
			p.lost()
			return
		}
		p.receive(a.body)
		p.nextPoll(1)
	})
}

// nextPoll polls. step is 1 after an answer and 2 when the last one was lost.
func (p *path) nextPoll(step uint64) {
	if p.state != current || p.side.over != nil {
		return
	}
	r, o := p.c.run, p.core.Session()
	p.polls.att = p.core.Att()
	p.polls.number += step
	n, att := p.polls.number, p.polls.att
	rcv, ack := p.core.Progress()
	serve := func(x *exchange, reply func(answer)) {
		if h := r.server.session(o.SID, o.Token, att, reply); h != nil {
			r.server.poll(h, x, n, rcv, ack, reply)
		}
	}
	r.trace("poll %d of att %d (rcv %d, ack %d)", n, att, rcv, ack)
	p.polls.poll = r.post(false, p.lag, r.set.client.Hold+patience, serve, p.polled)
}

func (p *path) polled(a answer) {
	if p.state != current {
		return
	}
	switch {
	case a.status == 0 || a.status == 409 && len(a.body) == 0:
		p.pollLost()
		return
	case len(a.body) > 0:
		p.receive(a.body)
	default:
		p.core.Heard(p.c.run.now, p.binding)
	}
	p.polls.failures = 0
	p.nextPoll(1)
}

// pollLost tries again, a few times.
func (p *path) pollLost() {
	if p.polls.failures++; p.polls.failures > 3 {
		p.lost()
		return
	}
	r := p.c.run
	r.after(core.Time(r.rand.N(200*p.polls.failures)), func() {
		if !r.stopped() {
			p.nextPoll(2)
		}
	})
}

// flushSend begins a POST when none is in flight.
func (p *path) flushSend() {
	if p.state != current || p.polls.sending != nil || !p.core.Pending() {
		return
	}
	if p.polls.sending = p.core.Batch(p.c.run.now, p.binding, frame.Binary, nil); len(p.polls.sending) > 0 {
		p.sendAgain()
	}
}

// sendAgain POSTs the same frames until they are answered (PROTOCOL 11.6).
func (p *path) sendAgain() {
	r, o, att, body := p.c.run, p.core.Session(), p.core.Att(), p.polls.sending
	r.traceBatch("POST", frame.Binary, body)
	serve := func(_ *exchange, reply func(answer)) {
		if h := r.server.session(o.SID, o.Token, att, reply); h != nil {
			r.server.send(h, body, reply)
		}
	}
	p.polls.send = r.post(false, p.lag, patience, serve, p.sent)
}

func (p *path) sent(a answer) {
	r := p.c.run
	if p.state != current {
		return
	}
	if a.status == 0 {
		r.after(core.Time(r.rand.N(300)), func() {
			if p.state == current && !r.stopped() {
				p.sendAgain()
			}
		})
		return
	}
	p.polls.sending = nil
	p.receive(a.body)
}

func (p *polls) abandon() {
	p.open.abandon()
	p.poll.abandon()
	p.send.abandon()
}
