package fallback

import "github.com/weft-realtime/weft/transport"

// The functions here move the client between kinds: up, when something better may work; back, when it has lost its
// connection; and away from what does not work.

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

// climb tries what is better and due.
func (p *Plan) climb(now Time, out []Action) []Action {
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

// backoff is full jitter: nobody's clients come back at the same time.
func (p *Plan) backoff(now Time) Time {
	return p.jitter(now, min(backoffMax, Time(backoffBase)<<min(p.failures, 6)))
}

func (p *Plan) jitter(now, ceiling Time) Time {
	return max(now, p.notBefore) + Time(p.random()*float64(ceiling))
}

// soon is when something is tried again that need not be at fault.
func (p *Plan) soon(now Time) Time { return p.jitter(now+provenDelay, provenJitter) }

// blame notes that a kind came to nothing although another one works. One that worked in this network before is given
// another chance soon: the server may just have come back.
func (p *Plan) blame(now Time, kind transport.Kind, out []Action) []Action {
	l := &p.lanes[kind]
	l.failed = false
	switch {
	case p.forced(): // aim tries it again
		l.climbs++
		return out
	case l.again:
		l.next = now
		return out
	case l.proven:
		l.proven = false
		l.next = p.soon(now)
		return out
	}
	l.next = p.climbTime(now, l)
	p.memory.blame(now, kind)
	return append(out, Action{Blame, kind})
}

// fell judges the end of the current attachment. One that was young may have been killed by something that does not like
// its kind; that counts only if another kind then lives.
func (p *Plan) fell(now Time, out []Action) []Action {
	l := &p.lanes[p.current]
	switch {
	case p.forced():
	case now >= p.since+youth:
		l.deaths, l.demoted = 0, false
	case p.provenAt != 0: // it was to show that it lives
		return p.absolve(out)
	case p.current == transport.LongPoll:
	case l.demoted:
		out = p.leave(now, p.current, out)
	default:
		l.deaths++
		if l.shunned() {
			out = append(out, Action{Avoid, p.current})
		}
	}
	return out
}

// absolve says that it was nobody's fault.
func (p *Plan) absolve(out []Action) []Action {
	for k := range p.lanes {
		l := &p.lanes[k]
		if l.shunned() {
			out = append(out, Action{Absolve, transport.Kind(k)})
		}
		l.deaths, l.failed = 0, false
	}
	return out
}

// demote leaves the kinds alone that die where the current one lives.
func (p *Plan) demote(now Time, out []Action) []Action {
	for _, k := range p.better() {
		if p.lanes[k].shunned() {
			out = p.leave(now, k, out)
		}
	}
	return out
}

// leave leaves a kind alone for a while. If it dies young after that, it does not get two more chances.
func (p *Plan) leave(now Time, kind transport.Kind, out []Action) []Action {
	l := &p.lanes[kind]
	l.deaths, l.demoted, l.next = 0, true, now+demotion
	p.memory.fails(now, kind, demotion)
	return append(out, Action{Demote, kind})
}
