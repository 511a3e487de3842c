package client

import (
	"context"
	"crypto/rand"
	mathrand "math/rand/v2"
	"net/url"

	"github.com/weft-realtime/weft/fallback"
	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// session is a session of a Client, and the connections that are to carry it; after a loss it is the one that follows. Its
// fields are guarded by Client.mu.
type session struct {
	c        *Client
	mount    *url.URL
	core     *core.Client
	plan     *fallback.Plan
	link     *link                              // the current one
	attempt  *link                              // whose HELLO or ATTACH is outstanding
	opened   map[transport.Kind]*link           // dialled, or being dialled
	offers   map[transport.Kind]transport.Offer // of the last READY
	calls    map[uint64]chan<- result
	requests map[uint64]context.CancelFunc
	early    []job       // what came before it is the current one
	latest   core.Latest // volatile messages that wait for the dispatcher
}

func (c *Client) newSession(mount *url.URL, memory fallback.Memory) *session {
	s := &session{
		c: c, mount: mount, core: newCore(), opened: map[transport.Kind]*link{},
		plan: fallback.NewPlan(c.order, c.ranked, memory, mathrand.Float64),
	}
	s.plan.Force(0, c.forced, nil)
	return s
}

func newCore() *core.Client {
	var nonce frame.Nonce
	rand.Read(nonce[:])
	return core.NewClient(core.ClientDefaults, nonce, nil)
}

// open begins to look for a connection. c.mu is held.
func (s *session) open() { s.act(s.plan.Start(fallback.Time(s.c.now()), nil)) }

// act carries out what the plan says. c.mu is held.
func (s *session) act(actions []fallback.Action) {
	for _, a := range actions {
		if s.c.over != nil {
			return
		}
		s.c.note(a.Act.String(), a.Kind, nil)
		switch a.Act {
		case fallback.Create:
			s.begin(s.newLink(a.Kind))
		case fallback.Dial:
			l := s.newLink(a.Kind)
			s.opened[a.Kind] = l
			s.c.running.Add(1)
			go l.dial()
		case fallback.Attach:
			l := s.opened[a.Kind]
			delete(s.opened, a.Kind)
			if l == nil { // polls need not be dialled
				l = s.newLink(a.Kind)
			}
			s.begin(l)
		case fallback.Poll:
			if l := s.link; l != nil && l.kind.Pulled() {
				s.read(l)
			}
		case fallback.Drop:
			s.dropAttempt(a.Kind)
		}
	}
}

// begin sends HELLO or ATTACH on a link. c.mu is held.
func (s *session) begin(l *link) {
	if old := s.attempt; old != nil {
		s.core.Lost(s.c.now(), old.binding)
		old.drop(frame.Done, "given up")
	}
	s.attempt = l
	l.from = s.core.Through() // READY may bring word of what came through before
	l.writing = true
	var first []byte
	l.binding, first = s.core.Open(s.c.now(), l.kind.Pulled(), frame.Binary, nil)
	s.c.running.Add(1)
	go l.open(first)
}

func (s *session) dropAttempt(kind transport.Kind) {
	if l := s.opened[kind]; l != nil {
		l.drop(frame.Done, "given up")
		delete(s.opened, kind)
	}
	if l := s.attempt; l != nil && l.kind == kind {
		s.core.Lost(s.c.now(), l.binding)
		l.drop(frame.Done, "given up")
		s.attempt = nil
		if s.link == nil {
			s.detached() // if the attachment before was left for this one
		}
	}
}

// receive feeds a batch to the core. c.mu is held.
func (s *session) receive(l *link, batch []byte, post bool) {
	if l.gone || l.core != s.core {
		return
	}
	s.carried(l, len(batch))
	var d frame.Decoder
	d.Reset(l.encoding(post), batch, l.core.MaxFrame())
	var f frame.Frame
	var fx []core.Effect
	for more := true; more && !l.gone; {
		ok, err := d.Next(&f)
		if err != nil {
			e := transport.AsError(err)
			l.core.Abort(e.Code, e.Reason)
			return
		}
		if !ok {
			return
		}
		fx, more = l.core.Receive(s.c.now(), l.binding, &f, post, fx[:0])
		s.apply(fx)
	}
}

// apply carries out the core's effects. c.mu is held.
func (s *session) apply(fx []core.Effect) {
	now := fallback.Time(s.c.now())
	for i := range fx {
		f := &fx[i]
		switch f.Kind {
		case core.Deliver:
			s.deliver(f)
		case core.Resolve:
			s.resolve(&f.Message)
		case core.Volatile:
			s.hold(f.Key, f.Message)
		case core.Move:
			s.c.asked(s, f.Key, f.Seq)
		case core.Confirmed:
			f.Item.Tag.(chan<- result) <- result{}
		case core.Refused:
			s.refused(f.Item)
		case core.Attached:
			s.attached()
		case core.Dead:
			s.dead(f)
		case core.Suspect:
			s.c.note("suspect", s.plan.Current(), nil)
			s.act(s.plan.Suspect(now, nil))
		}
	}
}

// attached makes the outstanding attempt the current link.
func (s *session) attached() {
	c, old := s.c, s.link
	s.link, s.attempt = s.attempt, nil
	old.drop(frame.Superseded, "superseded")
	kind := s.link.kind
	c.note("ready", kind, nil)
	s.welcome()
	acts := s.plan.Ready(fallback.Time(c.now()), kind, nil)
	if s == c.sending() {
		c.opens()
	}
	s.act(acts)
}

// opens says that the current session has a connection. c.mu is held.
func (c *Client) opens() {
	if c.closing == nil {
		c.setState(Open)
	}
	select {
	case <-c.ready:
	default:
		close(c.ready)
	}
}

// dead gives up a link that the core has given up.
func (s *session) dead(f *core.Effect) {
	if s.core.Over() != nil {
		return // settled when the lock is released
	}
	for _, l := range []*link{s.link, s.attempt} {
		if l != nil && l.binding == f.Binding {
			s.lost(l, &Error{f.Code, f.Reason})
		}
	}
}
