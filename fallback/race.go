package fallback

import "github.com/weft-realtime/weft/transport"

// The functions here move the client between kinds: up, when something better may work, and back, when it has lost its
// connection.

// bad reports whether a kind is remembered as one that does not work here.
func (p *Plan) bad(now Time, kind transport.Kind) bool {
	return !p.forced() && !p.doubtful && p.memory.bad(now, kind)
}

// stay uses the current attachment, and sees to it that what is better is tried.
func (p *Plan) stay(now Time, out []Action) []Action {
	out = p.attachOpen(now, out)
	p.aim(now)
	out = p.climb(now, out)
	if p.current != transport.LongPoll || p.polling {
		return out
	}
	for _, k := range p.better() {
		if p.lanes[k].busy() {
			if p.pollAt == 0 {
				p.pollAt = now + pollDelay
			}
			return out
		}
	}
	return p.poll(out)
}

// poll lets the polls of the current attachment go on.
func (p *Plan) poll(out []Action) []Action {
	p.pollAt = 0
	if p.current != transport.LongPoll || p.polling || !p.may(transport.LongPoll) {
		return out
	}
	p.polling = true
	return append(out, Action{Poll, transport.LongPoll})
}

// aim plans when the kinds that are better than the current one are tried, as far as that is not planned: one after the
// other, an event stream only when the others have had their chance.
func (p *Plan) aim(now Time) {
	after, racing := now, false
	for _, k := range p.better() {
		l := &p.lanes[k]
		fresh := l.next == 0 || k == transport.SSE && l.next == p.landed+streamDelay // it need not wait any more if nothing races
		switch {
		case l.busy():
			racing, after = true, now+staggerDelay
		case l.shunned() || !fresh || p.attempt.kind == k:
		case p.forced():
			l.next = now
			if l.climbs > 0 {
				p.failures++
				l.next = p.backoff(now)
			}
			l.climbs++
		case p.bad(now, k):
			l.next = p.climbTime(now, l)
		case k == transport.SSE && racing && p.memory.good(now) != k:
			l.next = max(now, p.landed+streamDelay)
		default:
			l.next = after
			racing, after = true, after+staggerDelay
		}
	}
}

func (p *Plan) climbTime(now Time, l *lane) Time {
	l.climbs++
	return now + climbs[min(l.climbs, len(climbs))-1]
}

// waits reports whether a lane is left alone while nobody looks.
func (p *Plan) waits(l *lane) bool { return p.hidden && !p.forced() && (l.climbs > 0 || l.demoted) }

// rotates reports whether the current connection is worn, and what is to replace it has yet to be dialled.
func (p *Plan) rotates() bool { return p.rotateAt != 0 && p.may(p.worn) && !p.lanes[p.worn].busy() }

// rotate dials what is to replace a connection that is worn, if that is due.
func (p *Plan) rotate(now Time, out []Action) []Action {
	if p.rotates() && now >= p.rotateAt {
		return p.dial(now, p.worn, out)
	}
	return out
}

// climb tries what is better and due.
func (p *Plan) climb(now Time, out []Action) []Action {
	out = p.rotate(now, out)
	for _, k := range p.better() {
		l := &p.lanes[k]
		if !due(l.next, now) || p.waits(l) {
			continue
		}
		l.next = 0
		if k == transport.LongPoll {
			out = p.attach(now, k, out)
		} else {
			out = p.dial(now, k, out)
		}
	}
	return out
}

func (p *Plan) dial(now Time, kind transport.Kind, out []Action) []Action {
	l := &p.lanes[kind]
	if l.busy() {
		return out
	}
	l.stage, l.until, l.failed, l.again = dialing, now+dialDeadlines[kind], false, false
	return append(out, Action{Dial, kind})
}

// drop gives up what there is of a kind beside the current attachment.
func (p *Plan) drop(kind transport.Kind, out []Action) []Action {
	l := &p.lanes[kind]
	if l.busy() {
		out = append(out, Action{Drop, kind})
	}
	if p.attempt.kind == kind && kind != transport.LongPoll {
		p.attempt = attempt{}
	}
	l.stage, l.until = idle, 0
	return out
}

// attachOpen attaches on the best connection that is open, if no other attempt is outstanding (PROTOCOL 8.6).
func (p *Plan) attachOpen(now Time, out []Action) []Action {
	if !p.created || p.attempt.kind != 0 {
		return out
	}
	for _, k := range p.kinds {
		if p.lanes[k].stage == open {
			return p.attach(now, k, out)
		}
	}
	return out
}

// attach makes an attempt, one at a time.
func (p *Plan) attach(now Time, kind transport.Kind, out []Action) []Action {
	if p.attempt.kind != 0 {
		return out
	}
	d := Time(attachDeadline)
	switch {
	case kind == transport.LongPoll:
		p.polls = false
	case kind == transport.SSE:
		d = dialDeadlines[kind]
	case p.current == 0 && p.polls && p.may(transport.LongPoll):
		d = hastyDeadline
	}
	p.attempt = attempt{kind, now + d}
	return append(out, Action{Attach, kind})
}

// retry begins a round of attempts of a client without a connection, or with one that may be dead: the best kind that is known to work, and polls
// beside it a little later.
func (p *Plan) retry(now Time, out []Action) []Action {
	switch {
	case p.attempt.kind != 0 || p.current != 0 && !p.suspect:
		return out
	case p.current != 0:
		return p.Suspect(now, out)
	case !p.created:
		return p.create(now, out)
	}
	kind := p.candidate(now)
	if kind == transport.LongPoll {
		return p.attach(now, kind, out)
	}
	p.polls = true
	p.hedgeAt = now + hedgeDelay
	if p.lanes[kind].stage == open {
		return p.attach(now, kind, out)
	}
	return p.dial(now, kind, out)
}

// candidate is the kind to come back on.
func (p *Plan) candidate(now Time) transport.Kind {
	for _, k := range p.kinds {
		l := &p.lanes[k]
		if k == transport.LongPoll || l.proven && !l.shunned() && l.next <= now && !p.bad(now, k) {
			return k
		}
	}
	return p.kinds[0]
}

// other is the next kind to dial of a client that has no floor to stand on: each has its turn before the first one's next
// (PROTOCOL 14.7). 0: there is none, or polls are to be used.
func (p *Plan) other(now Time) transport.Kind {
	if !p.created || p.may(transport.LongPoll) || now < p.notBefore {
		return 0
	}
	for _, k := range p.kinds {
		if l := &p.lanes[k]; k != p.current && !l.failed && !l.busy() {
			return k
		}
	}
	return 0
}

// hedge attaches by polling. Beside it WebSocket is dialled, where it was WebTransport that was to come back: its path may
// be the one that is dead, and polls go over connections that were there before and may be as dead.
func (p *Plan) hedge(now Time, out []Action) []Action {
	out = p.attach(now, transport.LongPoll, out)
	first, next := &p.lanes[transport.WebTransport], &p.lanes[transport.WebSocket]
	if !first.busy() && !first.failed && p.current != transport.WebTransport {
		return out
	}
	if !p.may(transport.WebSocket) || next.shunned() || next.next > now || p.bad(now, transport.WebSocket) {
		return out
	}
	return p.dial(now, transport.WebSocket, out)
}
