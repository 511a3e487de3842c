package fallback

import (
	"slices"

	"github.com/weft-realtime/weft/transport"
)

// Time is a point in time in milliseconds; only differences matter.
type Time int64

// Act says what a client is to do next.
type Act uint8

const (
	Create Act = iota + 1 // POST HELLO; answer with Ready or Failed
	Dial                  // open a connection; answer with Opened or Failed
	Attach                // ATTACH on what was opened, or by a poll; answer with Ready or Failed
	Poll                  // the current attachment is by polls, and they go on from now
	Drop                  // give up a connection that was dialled, opened or is attaching
)

// Action is one thing to do, with one kind of transport.
type Action struct {
	Act  Act
	Kind transport.Kind
}

// The plan's times in milliseconds (PROTOCOL 12.2, 14).
const (
	dialDeadline   = 5_000
	attachDeadline = 5_000
	pollDelay      = 150
	hedgeDelay     = 1_000
	reconnectMax   = 250
	backoffBase    = 500
	backoffMax     = 30_000
	limitedDelay   = 5_000
)

// climbs are the delays before WebSocket is tried again from polling; the last one repeats.
var climbs = [...]Time{30_000, 120_000, 480_000}

// Plan chooses the transport: create by POST, dial WebSocket, poll until it is READY, reconnect with jitter, back to
// polls when WebSocket fails. It is pure: it is told what happened and what time it is, and says what to do; randomness
// is handed in. clientjs/src/plan.ts is the same plan, and both walk conformance/vectors/plan. It is not safe for
// concurrent use.
type Plan struct {
	random func() float64 // uniform in [0, 1)
	order  []transport.Kind
	force  transport.Kind

	started  bool
	created  bool
	current  transport.Kind // 0: detached
	good     transport.Kind // the last that was current and better than polls
	failures int            // rounds of attempts that failed since the last READY
	climb    int            // how often WebSocket was tried from polling
	polling  bool           // the current polls go on
	polls    bool           // detached: polls are still to be tried in this round
	stream   stage          // of the WebSocket that is not current
	attempt  attempt        // the HELLO or ATTACH that is outstanding

	notBefore Time // the server asked for patience until then; 0: it did not
	pollAt    Time // polls go on then, unless something better is READY; 0: none
	retryAt   Time // detached: the next round of attempts
	hedgeAt   Time // detached: polls are tried beside the dial
	moveAt    Time // the target is tried again
}

// stage is how far the WebSocket that is not current is.
type stage struct {
	dialing bool
	open    bool
	until   Time // dialing: the deadline
}

func (s stage) busy() bool { return s.dialing || s.open }

type attempt struct {
	kind  transport.Kind // 0: none
	until Time
}

// NewPlan returns a plan. order is the kinds that may be used, best first, polls among them. random returns uniform
// numbers in [0, 1).
func NewPlan(order []transport.Kind, random func() float64) *Plan {
	return &Plan{order: order, random: random}
}

// Current is the kind of the current attachment, or 0.
func (p *Plan) Current() transport.Kind { return p.current }

// Start begins: a session is created by POST, whatever comes later. The session after one that was lost waits a moment:
// a server that ends many at once would meet them all again at once.
func (p *Plan) Start(now Time, out []Action) []Action {
	again, failures := p.started, 0
	if again && !p.created {
		failures = p.failures + 1 // it was refused
	}
	*p = Plan{
		random: p.random, order: p.order, force: p.force, notBefore: p.notBefore, failures: failures, started: true,
	}
	if again {
		p.retryAt = p.backoff(now)
		return out
	}
	return p.create(now, out)
}

func (p *Plan) create(now Time, out []Action) []Action {
	p.attempt = attempt{transport.LongPoll, now + attachDeadline}
	return append(out, Action{Create, transport.LongPoll})
}

// Force keeps the client on one kind from now on; 0 lifts it. Nothing else is begun, so a kind that does not work leaves
// the client without a connection. What it is on is used until the forced kind is READY.
func (p *Plan) Force(now Time, kind transport.Kind, out []Action) []Action {
	p.force = kind
	p.failures, p.climb = 0, 0
	if !p.created {
		return out
	}
	p.moveAt, p.retryAt, p.hedgeAt = 0, 0, 0
	if !p.may(transport.WebSocket) {
		out = p.dropStream(out)
	}
	if p.current == p.target() {
		return p.poll(now, out)
	}
	return p.reach(now, out)
}

// target is the kind that the client wants to be on.
func (p *Plan) target() transport.Kind {
	if p.may(transport.WebSocket) {
		return transport.WebSocket
	}
	return transport.LongPoll
}

func (p *Plan) may(kind transport.Kind) bool {
	if p.force != 0 {
		return p.force == kind
	}
	return slices.Contains(p.order, kind)
}

// reach begins to move to the target.
func (p *Plan) reach(now Time, out []Action) []Action {
	if p.target() == transport.WebSocket {
		return p.dial(now, out)
	}
	return p.attach(now, transport.LongPoll, out)
}

func (p *Plan) dial(now Time, out []Action) []Action {
	if p.stream.busy() {
		return out
	}
	p.stream = stage{dialing: true, until: now + dialDeadline}
	return append(out, Action{Dial, transport.WebSocket})
}

func (p *Plan) dropStream(out []Action) []Action {
	if p.stream.busy() {
		out = append(out, Action{Drop, transport.WebSocket})
	}
	if p.attempt.kind == transport.WebSocket {
		p.attempt = attempt{}
	}
	p.stream = stage{}
	return out
}

// attach makes an attempt, one at a time.
func (p *Plan) attach(now Time, kind transport.Kind, out []Action) []Action {
	if p.attempt.kind != 0 {
		return out
	}
	if kind == transport.LongPoll {
		p.polls = false
	}
	p.attempt = attempt{kind, now + attachDeadline}
	return append(out, Action{Attach, kind})
}

// Opened says that a dialled connection is open.
func (p *Plan) Opened(now Time, kind transport.Kind, out []Action) []Action {
	if kind != transport.WebSocket || !p.stream.dialing {
		return out
	}
	p.stream = stage{open: true}
	return p.attach(now, kind, out)
}

// Ready says that the outstanding attempt is the current attachment now.
func (p *Plan) Ready(now Time, kind transport.Kind, out []Action) []Action {
	first := !p.created
	p.created, p.current, p.failures = true, kind, 0
	p.attempt = attempt{}
	p.polling, p.polls = false, false
	p.pollAt, p.retryAt, p.hedgeAt = 0, 0, 0
	if kind == p.target() {
		p.moveAt = 0 // else it stands: polls that come and go do not put WebSocket off
	}
	if kind == transport.WebSocket {
		p.stream, p.good, p.climb = stage{}, kind, 0
		return p.stay(now, out)
	}
	switch {
	case p.stream.open:
		out = p.attach(now, transport.WebSocket, out)
	case first && p.target() == transport.WebSocket:
		out = p.dial(now, out)
	}
	if p.stream.busy() {
		p.pollAt = now + pollDelay
		return out
	}
	return p.stay(now, out)
}

// stay uses the current attachment, and sees to it that the target is tried again if that is another.
func (p *Plan) stay(now Time, out []Action) []Action {
	if p.current != p.target() && !p.stream.busy() && p.attempt.kind == 0 && p.moveAt == 0 {
		p.moveAt = p.moveTime(now)
	}
	return p.poll(now, out)
}

func (p *Plan) moveTime(now Time) Time {
	if p.force != 0 {
		p.failures++
		return p.backoff(now)
	}
	p.climb++
	return now + climbs[min(p.climb, len(climbs))-1]
}

// poll lets the polls of the current attachment go on.
func (p *Plan) poll(now Time, out []Action) []Action {
	p.pollAt = 0
	if p.current != transport.LongPoll || p.polling || !p.may(transport.LongPoll) {
		return out
	}
	p.polling = true
	return append(out, Action{Poll, transport.LongPoll})
}

// Failed says that a creation, a dial or an attempt came to nothing.
func (p *Plan) Failed(now Time, kind transport.Kind, out []Action) []Action {
	if p.attempt.kind == kind {
		p.attempt = attempt{}
	}
	if kind == transport.WebSocket {
		p.stream = stage{}
	}
	switch {
	case p.stream.open: // it waited for the attempt that failed
		return p.attach(now, transport.WebSocket, out)
	case p.current != 0:
		return p.stay(now, out)
	case kind == transport.WebSocket && p.polls && p.may(transport.LongPoll) && now >= p.notBefore:
		return p.attach(now, transport.LongPoll, out)
	case p.attempt.kind != 0 || p.stream.dialing:
		return out
	}
	p.failures++
	p.retryAt, p.hedgeAt = p.backoff(now), 0
	return out
}

// Limited says that the server refused with a code that asks for patience (PROTOCOL 12.2). It is told before Failed or
// Died.
func (p *Plan) Limited(now Time) { p.notBefore = now + limitedDelay }

// backoff is full jitter: nobody's clients come back at the same time.
func (p *Plan) backoff(now Time) Time {
	return p.jitter(now, min(backoffMax, Time(backoffBase)<<min(p.failures, 6)))
}

func (p *Plan) jitter(now, ceiling Time) Time {
	return max(now, p.notBefore) + Time(p.random()*float64(ceiling))
}

// Died says that the current attachment is gone, though the session is not.
func (p *Plan) Died(now Time, out []Action) []Action {
	p.current, p.polling, p.polls = 0, false, true
	p.pollAt = 0
	switch {
	case p.attempt.kind != 0 || p.stream.dialing: // something is on its way already
		p.hedgeAt = now + hedgeDelay
		return out
	case p.stream.open:
		return p.attach(now, transport.WebSocket, out)
	}
	p.retryAt = p.jitter(now, reconnectMax)
	return out
}

// Suspect says that the current attachment may be dead: another is opened beside it (PROTOCOL 13.4).
func (p *Plan) Suspect(now Time, out []Action) []Action {
	if p.current == 0 || p.attempt.kind != 0 || p.stream.busy() {
		return out
	}
	if p.may(transport.WebSocket) && (p.current == transport.WebSocket || p.force != 0) {
		return p.dial(now, out)
	}
	return p.attach(now, transport.LongPoll, out)
}

// Online says that the network changed: waiting has no more reason.
func (p *Plan) Online(now Time, out []Action) []Action {
	p.failures, p.climb = 0, 0
	if p.retryAt != 0 {
		p.retryAt = max(now, p.notBefore)
	}
	if p.hedgeAt != 0 {
		p.hedgeAt = now
	}
	if p.moveAt != 0 {
		p.moveAt = now
	}
	return p.Tick(now, out)
}

// Tick does what the time asks for. It may be called at any time, and has something to do at Deadline.
func (p *Plan) Tick(now Time, out []Action) []Action {
	if p.stream.dialing && now >= p.stream.until {
		out = p.dropStream(out)
		out = p.Failed(now, transport.WebSocket, out)
	}
	if k := p.attempt.kind; k != 0 && now >= p.attempt.until {
		out = append(out, Action{Drop, k})
		out = p.Failed(now, k, out)
	}
	if due(p.pollAt, now) {
		out = p.poll(now, out)
	}
	if due(p.moveAt, now) {
		p.moveAt = 0
		out = p.reach(now, out)
	}
	if due(p.retryAt, now) {
		p.retryAt = 0
		out = p.retry(now, out)
	}
	if due(p.hedgeAt, now) {
		p.hedgeAt = 0
		if p.polls && p.may(transport.LongPoll) {
			out = p.attach(now, transport.LongPoll, out)
		}
	}
	return out
}

// retry begins a round of attempts of a client without a connection: the last good transport first, polls beside it a
// little later.
func (p *Plan) retry(now Time, out []Action) []Action {
	switch {
	case p.current != 0 || p.attempt.kind != 0:
		return out
	case !p.created:
		return p.create(now, out)
	case p.target() == transport.LongPoll || p.force == 0 && p.good != transport.WebSocket:
		return p.attach(now, transport.LongPoll, out)
	}
	p.polls = true
	p.hedgeAt = now + hedgeDelay
	return p.dial(now, out)
}

func due(at, now Time) bool { return at != 0 && now >= at }

// Deadline is when Tick has something to do next, or 0.
func (p *Plan) Deadline() Time {
	first := Time(0)
	for _, at := range [...]Time{p.stream.until, p.attempt.until, p.pollAt, p.retryAt, p.hedgeAt, p.moveAt} {
		if at != 0 && (first == 0 || at < first) {
			first = at
		}
	}
	return first
}
