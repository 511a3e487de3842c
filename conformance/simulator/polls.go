package simulator

import (
	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// polls is a path that pulls with one POST and sends with another, each retried until it is answered. An event stream
// only sends.
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
	p.polls.open = p.post(true, patience, func(_ *exchange, reply func(answer)) { s.pollOpen(batch, reply) }, func(a answer) {
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

// askStream POSTs the ATTACH of an event stream. READY comes down the stream, perhaps before the answer.
func (p *path) askStream(batch []byte) {
	p.c.run.traceBatch("POST", frame.Binary, batch)
	serve := func(_ *exchange, reply func(answer)) { p.remote.attach(batch, reply) }
	p.polls.open = p.post(true, patience, serve, func(a answer) {
		switch {
		case p.state == closed:
		case a.status != 0:
			p.answered(a.body)
		case p.state == asked:
			p.lost()
		}
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
	p.polls.poll = p.post(false, r.set.client.Hold+patience, serve, p.polled)
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
		p.core.Posted(p.c.run.now, p.binding)
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
	p.polls.send = p.post(false, patience, serve, p.sent)
}

func (p *path) sent(a answer) {
	r := p.c.run
	if p.state != current {
		return
	}
	if p.side.over != nil { // it was the last word
		p.polls.sending = nil
		p.close(false)
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
	p.core.Answered(p.binding)
	p.answered(a.body)
}

// answered takes the answer to a POST beside a stream or polls.
func (p *path) answered(body []byte) {
	if p.state != closed && p.side.over == nil {
		p.side.take(body, frame.Binary, p.binding, true)
	}
}

func (p *polls) abandon() {
	p.open.abandon()
	p.poll.abandon()
	p.send.abandon()
}
