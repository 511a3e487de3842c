package fallback

import (
	"slices"

	"github.com/weft-realtime/weft/transport"
)

// The life of an attachment: it is tried, READY, suspected, worn, and dies.

// Opened says that a dialled connection is open.
func (p *Plan) Opened(now Time, kind transport.Kind, out []Action) []Action {
	l := &p.lanes[kind]
	if l.stage != dialing {
		return out
	}
	l.stage, l.until = open, 0
	if p.created && p.current != transport.LongPoll && p.attempt.kind == transport.LongPoll { // on what is dead, perhaps
		p.attempt.until = min(p.attempt.until, now+hedgeDelay)
	}
	return p.attachOpen(now, out)
}

// Ready says that the outstanding attempt is the current attachment now.
func (p *Plan) Ready(now Time, kind transport.Kind, out []Action) []Action {
	if p.current != 0 && now >= p.since+infancy {
		p.barren = 0
	}
	rotated := kind == p.worn // it is as old as the one before
	lost := p.suspect && !rotated && !slices.Contains(p.better(), kind)
	if lost {
		out = p.fell(now, out)
	}
	if !p.created {
		p.begun = now
	}
	if !rotated {
		if lost || p.current == 0 {
			p.landed = now
		}
		p.since = now
	}
	p.created, p.current, p.suspect, p.worn, p.rotateAt = true, kind, false, 0, 0
	p.failures, p.attempt = 0, attempt{}
	p.polling, p.polls = false, false
	p.pollAt, p.retryAt, p.hedgeAt, p.provenAt = 0, 0, 0, 0
	l := &p.lanes[kind]
	*l = lane{proven: true, deaths: l.deaths, demoted: l.demoted}
	if kind != transport.LongPoll {
		p.memory.works(now, kind, p.place)
	}
	better := p.better()
	for _, k := range p.kinds {
		switch l := &p.lanes[k]; {
		case k == kind:
		case !slices.Contains(better, k):
			out = p.drop(k, out)
			l.next, l.failed = 0, false
		case l.shunned():
			p.provenAt = p.since + youth
		case l.failed:
			out = p.blame(now, k, out)
		}
	}
	return p.stay(now, out)
}

// Failed says that a creation, a dial or an attempt came to nothing.
func (p *Plan) Failed(now Time, kind transport.Kind, out []Action) []Action {
	l := &p.lanes[kind]
	// One that was open and waited for its turn did what it could. So did polls when there is nothing else: they are what
	// everything is measured by.
	fault := (kind != transport.LongPoll || p.current != 0) && (l.stage == dialing || p.attempt.kind == kind)
	if p.attempt.kind == kind {
		p.attempt = attempt{}
	}
	waited := l.stage == open
	l.stage, l.until = idle, 0
	if p.current != 0 {
		l.failed = false
		if kind == p.worn { // that is nobody's fault, and the current one is used on
			p.failures++
			p.rotateAt = p.backoff(now + provenDelay)
		}
		switch {
		case !slices.Contains(p.better(), kind):
		case fault:
			out = p.blame(now, kind, out)
		case waited:
			l.next = p.soon(now)
		}
		out = p.stay(now, out)
		switch {
		case !p.suspect || p.attempt.kind != 0 || p.hedgeAt != 0:
		case p.polls && p.may(transport.LongPoll) && now >= p.notBefore: // they were due when something attached
			return p.attach(now, transport.LongPoll, out)
		case !p.dialing():
			p.failures++
			p.retryAt = p.backoff(now)
		}
		return out
	}
	l.failed = l.failed || fault
	if kind == p.worn {
		p.worn = 0
	}
	out = p.attachOpen(now, out)
	if p.attempt.kind == 0 && p.polls && p.created && p.may(transport.LongPoll) && now >= p.notBefore {
		return p.hedge(now, out)
	}
	if p.attempt.kind != 0 || p.created && p.dialing() || p.retryAt != 0 {
		return out
	}
	if k := p.other(now); k != 0 {
		return p.dial(now, k, out)
	}
	p.failures++
	p.retryAt, p.hedgeAt = p.backoff(now), 0
	return p.absolve(out)
}

func (p *Plan) dialing() bool {
	return slices.ContainsFunc(p.lanes[:], func(l lane) bool { return l.stage == dialing })
}

// Died says that the current attachment is gone, though the session is not; carried, that a message, or word of one, came
// through on it. When more than maxBarren in a row die at once without that, the next is waited for longer and longer.
func (p *Plan) Died(now Time, carried bool, out []Action) []Action {
	p.worn = 0
	if carried || now >= p.since+infancy {
		p.barren = 0
	} else {
		p.barren++
	}
	wait := Time(reconnectMax)
	if p.barren > maxBarren {
		wait = ceiling(p.barren - maxBarren)
	}
	return p.detach(now, wait, p.fell(now, out))
}

// Left says that the server has closed the current attachment because it has heard of a newer one of ours: the READY of
// that is on its way.
func (p *Plan) Left(now Time, out []Action) []Action { return p.detach(now, reconnectMax, out) }

// detach goes on without an attachment, after random(0, wait) if nothing is on its way.
func (p *Plan) detach(now, wait Time, out []Action) []Action {
	p.current, p.suspect, p.polling, p.polls = 0, false, false, true
	p.pollAt, p.provenAt, p.rotateAt = 0, 0, 0
	out = p.attachOpen(now, out)
	if p.attempt.kind == 0 && !p.dialing() {
		p.retryAt = p.jitter(now, wait)
		return out
	}
	p.hedgeAt = now + hedgeDelay
	if p.attempt.kind != 0 {
		p.attempt.until = min(p.attempt.until, now+hastyDeadline)
	}
	return out
}

// Worn says that the current connection has carried as much as it may (PROTOCOL 14.10): another one of its kind takes
// over, and it is used until then. To be told again changes nothing.
func (p *Plan) Worn(now Time, out []Action) []Action {
	if p.current < transport.SSE || p.worn != 0 {
		return out
	}
	p.worn, p.rotateAt = p.current, now
	return p.rotate(now, append(out, Action{Rotate, p.worn}))
}

// Suspect says that the current attachment may be dead: another is opened beside it (PROTOCOL 13.4 to 13.6).
func (p *Plan) Suspect(now Time, out []Action) []Action {
	if p.current == 0 {
		return out
	}
	if p.worn != 0 && p.attempt.kind == p.worn { // it is no better: something else has to be tried, too
		out = p.drop(p.worn, out)
	}
	if p.attempt.kind != 0 {
		return out
	}
	p.suspect = true
	kind := p.current
	switch {
	case kind > transport.SSE && p.may(kind):
	case p.may(transport.LongPoll):
		return p.attach(now, transport.LongPoll, out)
	default:
		kind = p.kinds[0]
	}
	if p.hedgeAt == 0 {
		p.polls, p.hedgeAt = true, now+hedgeDelay
	}
	return p.dial(now, kind, out)
}
