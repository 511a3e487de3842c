package simulator

import (
	"strings"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// arrival is a message that was delivered and waits for its turn.
type arrival struct {
	seq     uint64
	message frame.Message
}

// dispatch starts what was delivered, in order. An event and a publication hold up what follows until they are done; a
// request runs beside, but one that must wait for a slot keeps its place (PROTOCOL 5.8, 6.6).
func (s *side) dispatch() {
	for s.waiting() > 0 && !s.busy && s.end.Over() == nil && !s.run.stopped() {
		a := &s.inbox[s.head]
		if a.message.Kind == frame.Request && !s.end.CanStart() {
			s.end.Starved()
			return
		}
		first := *a
		*a = arrival{}
		if s.head++; s.head == len(s.inbox) {
			s.inbox, s.head = s.inbox[:0], 0
		}
		s.run.tally.Messages++
		s.startOne(&first)
	}
}

// waiting is how many messages are delivered and have not started.
func (s *side) waiting() int { return len(s.inbox) - s.head }

func (s *side) startOne(a *arrival) {
	switch a.message.Kind {
	case frame.Request:
		s.begin(a)
	case frame.Event:
		if m := s.in.start(&a.message); m != nil {
			m.after.check(m.n)
			s.handle(a, m)
		}
	default:
		s.owner.listen(a.seq, &a.message)
		s.pause(s.run.stall(), func() { s.consume(a, nil) })
	}
}

// consume tells the core, and the ledger.
func (s *side) consume(a *arrival, m *message) {
	if m != nil {
		m.consumed = true
		s.in.through++
	}
	s.in.consumed(a.message.Size())
	s.end.Consumed(a.seq)
}

// pause runs done when a handler or listener is through.
func (s *side) pause(d core.Time, done func()) {
	if d == 0 {
		done()
		return
	}
	s.busy = true
	s.run.after(d, func() {
		s.busy = false
		done()
		s.work()
	})
}

// names of what the applications send each other.
const (
	plain = "event"
	nest  = "nest" // its handler makes a call, and waits
	ask   = "ask"
	slow  = "slow" // its handler takes longer than a receipt may stay unreported
)

// handle runs an event's handler.
func (s *side) handle(a *arrival, m *message) {
	switch a.message.Name {
	case plain:
		s.pause(s.run.stall(), func() { s.consume(a, m) })
		return
	case slow:
		s.pause(2*s.run.set.server.AckDelay, func() { s.consume(a, m) })
		return
	}
	s.busy = true
	through := func() {
		s.busy = false
		s.consume(a, m)
	}
	s.call(ask, s.body(), deadline, func(frame.Message, frame.Code) { through() })
}

// serve runs a request's handler, which ends with a reply or an error.
func (s *side) serve(h *serving, m *frame.Message) {
	if strings.HasPrefix(m.Name, reserved) {
		s.owner.serveTopic(h, m)
		return
	}
	reply := frame.Message{Kind: frame.Reply, Codec: s.run.codec(), Payload: payload(h.m.n, s.run.size())}
	if s.run.rand.OneIn(10) {
		reply = frame.Message{Kind: frame.ErrorReply, Code: 3000 + frame.Code(s.run.rand.N(1000)), Text: "no"}
	}
	d := s.run.service()
	if d == 0 {
		s.finish(h, reply)
		return
	}
	s.run.after(d, func() {
		if s.over == nil && !h.finished && !s.run.stopped() {
			s.finish(h, reply)
			s.work()
		}
	})
}

// body makes a payload of a random size.
func (s *side) body() func(n int) []byte {
	size := s.run.size()
	return func(n int) []byte { return payload(n, size) }
}

// conclude notices that the session is over at this end: what was sent is confirmed or reported, calls end.
func (s *side) conclude() {
	s.over = s.end.Over()
	items, _ := s.end.Unconfirmed()
	s.out.settle(items)
	for _, c := range s.calls {
		if !c.resolved {
			s.resolve(c, frame.Message{}, s.over.Code)
		}
	}
	s.run.trace("%s over: %+v", s.name, *s.over)
	s.owner.ended()
}
