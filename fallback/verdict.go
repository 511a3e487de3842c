package fallback

import "github.com/weft-realtime/weft/transport"

// Verdicts on kinds: which has come to nothing through its own fault, and is left alone for it.

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
// its kind; that counts only if another kind then lives. Where nothing comes through on one after the other, that excuses
// nobody: polls are reached.
func (p *Plan) fell(now Time, out []Action) []Action {
	l := &p.lanes[p.current]
	switch {
	case p.forced():
	case now >= p.since+youth:
		l.deaths, l.demoted = 0, false
	case p.provenAt != 0 && (p.barren <= maxBarren || p.current == transport.LongPoll): // it was to show that it lives
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
