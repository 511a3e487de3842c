package fallback

import "github.com/weft-realtime/weft/transport"

// Limited says that the server refused with a code that asks for patience (PROTOCOL 12.2). It is told before Failed or
// Died.
func (p *Plan) Limited(now Time) { p.notBefore = now + limitedDelay }

// Tick does what the time asks for. It may be called at any time, and has something to do at Deadline.
func (p *Plan) Tick(now Time, out []Action) []Action {
	for k := transport.SSE; int(k) < len(p.lanes); k++ {
		if l := &p.lanes[k]; l.stage == dialing && now >= l.until {
			out = p.Failed(now, k, append(out, Action{Drop, k}))
		}
	}
	if k := p.attempt.kind; k != 0 && now >= p.attempt.until {
		out = p.Failed(now, k, append(out, Action{Drop, k}))
	}
	if due(p.pollAt, now) {
		out = p.poll(out)
	}
	if due(p.provenAt, now) {
		p.provenAt = 0
		out = p.demote(now, out)
	}
	if p.current != 0 {
		out = p.climb(now, out)
	}
	if due(p.retryAt, now) {
		p.retryAt = 0
		out = p.retry(now, out)
	}
	if due(p.hedgeAt, now) {
		p.hedgeAt = 0
		if k := p.other(now); k != 0 {
			out = p.dial(now, k, out)
		} else if p.polls && p.may(transport.LongPoll) {
			out = p.hedge(now, out)
		}
	}
	return out
}

func due(at, now Time) bool { return at != 0 && now >= at }

// Deadline is when Tick has something to do next, or 0.
func (p *Plan) Deadline() Time {
	first := Time(0)
	sooner := func(at Time) {
		if at != 0 && (first == 0 || at < first) {
			first = at
		}
	}
	for _, at := range [...]Time{p.attempt.until, p.pollAt, p.retryAt, p.hedgeAt, p.provenAt} {
		sooner(at)
	}
	for k := range p.lanes {
		sooner(p.lanes[k].until)
	}
	if p.current != 0 {
		for _, k := range p.better() {
			if l := &p.lanes[k]; !p.waits(l) {
				sooner(l.next)
			}
		}
		if p.rotates() {
			sooner(p.rotateAt)
		}
	}
	return first
}

// backoff is full jitter: nobody's clients come back at the same time.
func (p *Plan) backoff(now Time) Time { return p.jitter(now, ceiling(p.failures)) }

// ceiling is the longest time to wait after so many failures.
func ceiling(failures int) Time { return min(backoffMax, Time(backoffBase)<<min(failures, 6)) }

func (p *Plan) jitter(now, ceiling Time) Time {
	return max(now, p.notBefore) + Time(p.random()*float64(ceiling))
}

// soon is when something is tried again that need not be at fault.
func (p *Plan) soon(now Time) Time { return p.jitter(now+provenDelay, provenJitter) }
