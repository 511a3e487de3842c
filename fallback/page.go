package fallback

import "github.com/weft-realtime/weft/transport"

// What is known of the page and its network.

// Rest says that the page is put to sleep: everything is let go, nobody is to blame for that, and Online ends it.
func (p *Plan) Rest(out []Action) []Action {
	for k := transport.LongPoll; int(k) < len(p.lanes); k++ {
		out = p.drop(k, out)
	}
	if p.attempt.kind != 0 { // by polls
		out = append(out, Action{Drop, transport.LongPoll})
	}
	p.current, p.suspect, p.polling, p.resting = 0, false, false, true
	p.attempt, p.pollAt, p.retryAt, p.hedgeAt, p.provenAt = attempt{}, 0, 0, 0, 0
	p.worn, p.rotateAt = 0, 0
	return out
}

// Online says that the network changed: waiting has no more reason, and what is remembered of the network may be of
// another one.
func (p *Plan) Online(now Time, out []Action) []Action {
	p.failures, p.barren, p.doubtful = 0, 0, true
	if p.resting {
		p.resting, p.retryAt = false, now
	}
	for k := range p.lanes {
		l := &p.lanes[k]
		l.climbs, l.deaths, l.demoted, l.again = 0, 0, false, l.stage == dialing
		if l.next != 0 {
			l.next = now
		}
	}
	if p.current != 0 {
		p.aim(now) // at those, too, that were to wait until another kind has shown that it lives
	}
	if p.suspect { // the same way first: what hedges it may go over something that is dead as well
		p.retryAt, p.hedgeAt = now, 0
	}
	if p.retryAt != 0 {
		p.retryAt = max(now, p.notBefore)
	}
	if p.rotateAt != 0 {
		p.rotateAt = max(now, p.notBefore)
	}
	if p.hedgeAt != 0 {
		p.hedgeAt = now
	}
	return p.Tick(now, out)
}

// Hide says whether anybody looks. What came to nothing is not tried again while nobody does.
func (p *Plan) Hide(now Time, hidden bool, out []Action) []Action {
	p.hidden = hidden
	return p.Tick(now, out)
}
