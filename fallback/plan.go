package fallback

import (
	"slices"

	"github.com/weft-realtime/weft/transport"
)

// Time is a point in time in milliseconds; only differences matter.
type Time int64

// Act says what a client is to do next, or what the plan has decided.
type Act uint8

const (
	Create Act = iota + 1 // POST HELLO; answer with Ready or Failed
	Dial                  // open a connection; answer with Opened or Failed
	Attach                // ATTACH on what was opened, or by a poll; answer with Ready or Failed
	Poll                  // the current attachment is by polls, and they go on from now
	Drop                  // give up a connection that was dialled, opened or is attaching

	// Nothing is to be done for these. They are there to be read.
	Blame   // the kind came to nothing although another works: it is remembered as bad
	Avoid   // its attachments die young: another kind is tried
	Absolve // the other kind dies as well, or nothing can be reached: it was not this one's fault
	Demote  // the other kind lives: this one is left alone for a while
	Forget  // the network is another one than remembered
)

// String is the name of the act in logs.
func (a Act) String() string { return actNames[a] }

var actNames = [...]string{
	Create: "create", Dial: "dial", Attach: "attach", Poll: "poll", Drop: "drop",
	Blame: "blame", Avoid: "avoid", Absolve: "absolve", Demote: "demote", Forget: "forget",
}

// Action is one thing to do, or decided, with one kind of transport.
type Action struct {
	Act  Act
	Kind transport.Kind
}

// The plan's times in milliseconds (PROTOCOL 12.2, 14).
const (
	attachDeadline = 5_000
	hastyDeadline  = 3_000 // of an attachment without which there is none
	pollDelay      = 150
	staggerDelay   = 100
	streamDelay    = 1_500
	hedgeDelay     = 1_000
	reconnectMax   = 250
	backoffBase    = 500
	backoffMax     = 30_000
	limitedDelay   = 5_000
	youth          = 30_000
	demotion       = 480_000
	provenDelay    = 1_000
	provenJitter   = 2_000
)

// dialDeadlines are how long a connection of a kind may take to open. An event stream is open when its first comment has
// arrived: if that takes longer, something between the ends gathers what is to flow.
var dialDeadlines = [...]Time{transport.SSE: 2_000, transport.WebSocket: 5_000, transport.WebTransport: 3_000}

// climbs are the delays before a kind that came to nothing is tried again; the last one repeats.
var climbs = [...]Time{30_000, 120_000, 480_000}

// Plan chooses the transport. A session is created by POST, and polls carry it until something better is READY: what may
// be better is dialled beside it, and attaches as soon as it is open, one at a time, the best first. What came to nothing
// while another kind works is remembered, and tried again, rarely. When the current attachment dies, the best kind that
// is known to work is dialled again, with jitter, and polls are tried beside it a little later.
//
// It is pure: it is told what happened and what time it is, and says what to do; randomness is handed in.
// clientjs/src/plan.ts is the same plan, and both walk conformance/vectors/plan. It is not safe for concurrent use.
type Plan struct {
	random func() float64 // uniform in [0, 1)
	order  []transport.Kind
	ranked bool // order is the application's, and not the server's to change
	offer  []transport.Kind
	force  transport.Kind
	kinds  []transport.Kind // that may be used, best first: order, offer and force together
	memory Memory

	started  bool
	created  bool
	current  transport.Kind // 0: detached
	since    Time           // when it was READY
	suspect  bool           // it may be dead: another one is opened beside it
	begun    Time           // the first READY
	landed   Time           // the READY before which there was no connection, or a dead one
	failures int            // rounds of attempts that failed since the last READY
	losses   int            // sessions in a row that were lost young
	polling  bool           // the current polls go on
	polls    bool           // polls are still to be tried in this round
	resting  bool           // the page is asleep
	hidden   bool           // nobody looks: what is not needed waits
	doubtful bool           // the network may be another one: what is remembered of it does not count
	attempt  attempt        // the HELLO or ATTACH that is outstanding
	lanes    [transport.WebTransport + 1]lane

	notBefore Time // the server asked for patience until then; 0: it did not
	pollAt    Time // polls go on then, unless something better is READY; 0: none
	retryAt   Time // detached: the next round of attempts
	hedgeAt   Time // polls are tried beside the dial
	provenAt  Time // the current kind has then lived where the shunned ones die
}

type attempt struct {
	kind  transport.Kind // 0: none
	until Time
}

// NewPlan returns a plan. order is the kinds that may be used, best first, long polling among them; ranked says that the
// server's offer may take kinds out of it but not change their order. random returns uniform numbers in [0, 1).
func NewPlan(order []transport.Kind, ranked bool, memory Memory, random func() float64) *Plan {
	p := &Plan{random: random, order: order, ranked: ranked, memory: memory}
	p.choose()
	return p
}

// Current is the kind of the current attachment, or 0.
func (p *Plan) Current() transport.Kind { return p.current }

// Memory is what is to be given to the next plan. It is the plan's own.
func (p *Plan) Memory() Memory { return p.memory }

// choose works out which kinds may be used.
func (p *Plan) choose() {
	p.kinds = p.kinds[:0]
	first, second := p.order, p.offer
	if !p.ranked && p.offer != nil {
		first, second = p.offer, p.order
	}
	for _, k := range first {
		if second == nil || slices.Contains(second, k) {
			p.kinds = append(p.kinds, k)
		}
	}
	if len(p.kinds) == 0 { // nothing in common: what the server refuses now it may allow later, and polls always
		p.kinds = append(p.kinds, p.order...)
	}
	if p.force != 0 {
		p.kinds = append(p.kinds[:0], p.force)
	}
}

func (p *Plan) may(kind transport.Kind) bool { return slices.Contains(p.kinds, kind) }

// forced reports whether there is no floor to stand on: what does not work is then tried for ever.
func (p *Plan) forced() bool { return p.force != 0 || !p.may(transport.LongPoll) }

// better is the kinds that the client would rather be on, best first.
func (p *Plan) better() []transport.Kind {
	if i := slices.Index(p.kinds, p.current); i >= 0 {
		return p.kinds[:i]
	}
	return p.kinds
}

// Start begins: a session is created by POST, and what needs no session is dialled beside it. The session after one that
// was lost waits a moment: a server that ends many at once would meet them all again at once. It waits for longer when
// sessions are lost one after the other, as they are behind a balancer that brings each request to another server.
func (p *Plan) Start(now Time, out []Action) []Action {
	again := p.started
	if p.created {
		if now >= p.begun+youth {
			p.losses = 0
		}
		p.failures = p.losses
		p.losses++
	} else if again {
		p.failures++ // it was refused
	}
	p.started, p.created, p.current, p.suspect, p.polling, p.polls = true, false, 0, false, false, false
	p.attempt, p.pollAt, p.retryAt, p.hedgeAt, p.provenAt, p.resting = attempt{}, 0, 0, 0, 0, false
	for k := range p.lanes {
		l := &p.lanes[k]
		l.stage, l.until, l.failed = idle, 0, false
		if !l.demoted {
			l.next = 0
		}
	}
	if again {
		p.retryAt = p.backoff(now)
		return out
	}
	return p.create(now, out)
}

func (p *Plan) create(now Time, out []Action) []Action {
	p.attempt = attempt{transport.LongPoll, now + attachDeadline}
	out = append(out, Action{Create, transport.LongPoll})
	for _, k := range p.kinds {
		known := k == transport.WebSocket || slices.Contains(p.offer, k)
		if k > transport.SSE && known && !p.bad(now, k) && !p.lanes[k].shunned() {
			return p.dial(now, k, out)
		}
	}
	return out
}

// Welcome says what READY offers, best first, and what it calls the network (PROTOCOL 8.9, 8.12). It is told before
// Ready.
func (p *Plan) Welcome(offer []transport.Kind, network string, out []Action) []Action {
	p.offer, p.doubtful = offer, false
	p.choose()
	if p.memory.enter(network) {
		for k := range p.lanes {
			p.lanes[k].reset()
		}
		out = append(out, Action{Act: Forget})
	}
	for k := transport.SSE; int(k) < len(p.lanes); k++ {
		if !p.may(k) && p.attempt.kind != k { // that one is READY
			out = p.drop(k, out)
		}
	}
	return out
}

// Force keeps the client on one kind from now on; 0 lifts it. Nothing else is begun, so a kind that does not work leaves
// the client without a connection. What it is on is used until the forced kind is READY.
func (p *Plan) Force(now Time, kind transport.Kind, out []Action) []Action {
	p.force = kind
	p.failures = 0
	for k := range p.lanes {
		l := &p.lanes[k]
		l.next, l.climbs, l.deaths, l.failed = 0, 0, 0, false
	}
	p.choose()
	for k := transport.SSE; int(k) < len(p.lanes); k++ {
		if !p.may(k) {
			out = p.drop(k, out)
		}
	}
	if !p.created || p.resting {
		return out
	}
	p.retryAt, p.hedgeAt, p.provenAt = 0, 0, 0
	if p.current == 0 {
		return p.retry(now, out)
	}
	return p.stay(now, out)
}

// Opened says that a dialled connection is open.
func (p *Plan) Opened(now Time, kind transport.Kind, out []Action) []Action {
	l := &p.lanes[kind]
	if l.stage != dialing {
		return out
	}
	l.stage, l.until = open, 0
	return p.attachOpen(now, out)
}

// Ready says that the outstanding attempt is the current attachment now.
func (p *Plan) Ready(now Time, kind transport.Kind, out []Action) []Action {
	lost := p.suspect && !slices.Contains(p.better(), kind)
	if lost {
		out = p.fell(now, out)
	}
	if !p.created {
		p.begun = now
	}
	if lost || p.current == 0 {
		p.landed = now
	}
	p.created, p.current, p.since, p.suspect = true, kind, now, false
	p.failures, p.attempt = 0, attempt{}
	p.polling, p.polls = false, false
	p.pollAt, p.retryAt, p.hedgeAt, p.provenAt = 0, 0, 0, 0
	l := &p.lanes[kind]
	*l = lane{proven: true, deaths: l.deaths, demoted: l.demoted}
	if kind != transport.LongPoll {
		p.memory.works(now, kind)
	}
	better := p.better()
	for _, k := range p.kinds {
		switch l := &p.lanes[k]; {
		case k == kind:
		case !slices.Contains(better, k):
			out = p.drop(k, out)
			l.next, l.failed = 0, false
		case l.shunned():
			p.provenAt = now + youth
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
		switch {
		case !slices.Contains(p.better(), kind):
		case fault:
			out = p.blame(now, kind, out)
		case waited:
			l.next = p.soon(now)
		}
		out = p.stay(now, out)
		if p.suspect && p.attempt.kind == 0 && !p.dialing() && p.hedgeAt == 0 {
			p.failures++
			p.retryAt = p.backoff(now)
		}
		return out
	}
	l.failed = l.failed || fault
	out = p.attachOpen(now, out)
	if p.attempt.kind == 0 && p.polls && p.created && p.may(transport.LongPoll) && now >= p.notBefore {
		return p.attach(now, transport.LongPoll, out)
	}
	if p.attempt.kind != 0 || p.created && p.dialing() || p.retryAt != 0 {
		return out
	}
	p.failures++
	p.retryAt, p.hedgeAt = p.backoff(now), 0
	return p.absolve(out)
}

func (p *Plan) dialing() bool {
	return slices.ContainsFunc(p.lanes[:], func(l lane) bool { return l.stage == dialing })
}

// Died says that the current attachment is gone, though the session is not.
func (p *Plan) Died(now Time, out []Action) []Action {
	return p.Left(now, p.fell(now, out))
}

// Left says that the server has closed the current attachment because it has heard of a newer one of ours: the READY of
// that is on its way.
func (p *Plan) Left(now Time, out []Action) []Action {
	p.current, p.suspect, p.polling, p.polls = 0, false, false, true
	p.pollAt, p.provenAt = 0, 0
	out = p.attachOpen(now, out)
	if p.attempt.kind == 0 && !p.dialing() {
		p.retryAt = p.jitter(now, reconnectMax)
		return out
	}
	p.hedgeAt = now + hedgeDelay // something is on its way already
	if p.attempt.kind != 0 {
		p.attempt.until = min(p.attempt.until, now+hastyDeadline)
	}
	return out
}

// Suspect says that the current attachment may be dead: another is opened beside it (PROTOCOL 13.4 to 13.6).
func (p *Plan) Suspect(now Time, out []Action) []Action {
	if p.current == 0 || p.attempt.kind != 0 {
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
	return out
}

// Online says that the network changed: waiting has no more reason, and what is remembered of the network may be of
// another one.
func (p *Plan) Online(now Time, out []Action) []Action {
	p.failures, p.doubtful = 0, true
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
		if p.polls && p.may(transport.LongPoll) {
			out = p.attach(now, transport.LongPoll, out)
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
	}
	return first
}
