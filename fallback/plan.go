package fallback

import (
	"slices"

	"github.com/weft-realtime/weft/transport"
)

// Time is a point in time in milliseconds; only differences matter.
type Time int64

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
	infancy        = 2_000
	maxBarren      = 3
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
// clientjs/src/plan is the same plan, and both walk conformance/vectors/plan. It is not safe for concurrent use.
type Plan struct {
	random func() float64 // uniform in [0, 1)
	order  []transport.Kind
	ranked bool // order is the application's, and not the server's to change
	offer  []transport.Kind
	force  transport.Kind
	kinds  []transport.Kind // that may be used, best first: order, offer and force together
	place  transport.Offer  // where WebTransport is dialled: as READY said last, or as it is remembered; zero: not known
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
	barren   int            // attachments in a row that died at once, with nothing come through
	polling  bool           // the current polls go on
	polls    bool           // polls are still to be tried in this round
	resting  bool           // the page is asleep
	hidden   bool           // nobody looks: what is not needed waits
	doubtful bool           // the network may be another one: what is remembered of it does not count
	worn     transport.Kind // that of the current connection, if it is to be replaced by another of its kind; else 0
	attempt  attempt        // the HELLO or ATTACH that is outstanding
	lanes    [transport.WebTransport + 1]lane

	notBefore Time // the server asked for patience until then; 0: it did not
	pollAt    Time // polls go on then, unless something better is READY; 0: none
	retryAt   Time // detached: the next round of attempts
	hedgeAt   Time // polls are tried beside the dial
	provenAt  Time // the current kind has then lived where the shunned ones die
	rotateAt  Time // worn is dialled then, beside the current connection, unless it is already
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

// Elsewhere says that the next session is opened at another mount: where WebTransport was is not true there.
func (p *Plan) Elsewhere() { p.place, p.memory = transport.Offer{}, p.memory.Elsewhere() }

// Start begins: a session is created by POST, and what needs no session is dialled beside it. The session after one that
// was lost waits a moment: a server that ends many at once would meet them all again at once. It waits for longer when
// sessions are lost one after the other, as they are behind a balancer that brings each request to another server.
func (p *Plan) Start(now Time, out []Action) []Action {
	again := p.started
	if p.place.Kind == "" {
		p.place = p.memory.place(now)
	}
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
	p.worn, p.rotateAt, p.barren = 0, 0, 0
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
		known := k == transport.WebSocket || k == transport.WebTransport && p.place.Kind != ""
		if known && !p.bad(now, k) && !p.lanes[k].shunned() {
			out = p.dial(now, k, out)
		}
	}
	return out
}

// Welcome says what READY offers, best first, and what it calls the network (PROTOCOL 8.9, 8.12). It is told before
// Ready. What was dialled at another place than WebTransport is offered at came to nothing through nobody's fault.
func (p *Plan) Welcome(offers []transport.Offer, network string, out []Action) []Action {
	var place transport.Offer
	p.offer, p.doubtful = nil, false
	for _, o := range offers {
		k := transport.ParseKind(o.Kind)
		if k == transport.WebTransport {
			place = o
		}
		if k != 0 {
			p.offer = append(p.offer, k)
		}
	}
	p.choose()
	if p.memory.enter(network) {
		for k := range p.lanes {
			p.lanes[k].reset()
		}
		out = append(out, Action{Act: Forget})
	}
	if !samePlace(p.place, place) {
		p.lanes[transport.WebTransport].failed = false
		if p.attempt.kind != transport.WebTransport { // that one is READY
			out = p.drop(transport.WebTransport, out)
		}
	}
	p.place = place
	p.memory.confirm(place)
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
	p.failures, p.barren = 0, 0
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
