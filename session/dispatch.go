package session

import (
	"bytes"
	"context"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// inbox is the messages that wait for the dispatcher, in order. The client's window bounds it.
type inbox struct {
	queue []*Inbound
	head  int
}

func (q *inbox) empty() bool      { return q.head == len(q.queue) }
func (q *inbox) first() *Inbound  { return q.queue[q.head] }
func (q *inbox) push(in *Inbound) { q.queue = append(q.queue, in) }

func (q *inbox) pop() *Inbound {
	in := q.queue[q.head]
	q.queue[q.head] = nil
	if q.head++; q.head == len(q.queue) {
		q.queue, q.head = q.queue[:0], 0
		if cap(q.queue) > 64 {
			q.queue = nil
		}
	}
	return in
}

// enqueue takes a counted message from the core. s.mu is held.
func (s *Session) enqueue(seq uint64, m *frame.Message) {
	if m.Kind != frame.Event && m.Kind != frame.Request {
		s.core.Abort(frame.BadProtocol, "only servers publish")
		s.registry.refused(s, frame.BadProtocol, "only servers publish")
		return
	}
	s.registry.stats.messagesIn.Add(1)
	s.inbox.push(&Inbound{
		Seq: seq, Name: m.Name, Payload: Payload{m.Codec, bytes.Clone(m.Payload)},
		id: m.ID, request: m.Kind == frame.Request,
	})
}

// wantsDispatch reports whether a dispatcher must be started. s.mu is held.
func (s *Session) wantsDispatch() bool {
	switch {
	case s.dispatching:
		return false
	case s.ended:
		return !s.parted
	case !s.greeted || s.latest.Len() > 0:
		return true
	case s.inbox.empty():
		return false
	}
	if s.starved && !s.core.CanStart() {
		s.core.Starved() // the replies that were written meanwhile may have arrived
		return false
	}
	return true
}

// settling reports whether messages that are in order are being handled, or are about to be. s.mu is held.
func (s *Session) settling() bool {
	return s.dispatching && !(s.aside && s.inbox.empty()) || s.wantsDispatch()
}

// maxAhead is how many messages in order go before a volatile one that waits (PROTOCOL 17.6).
const maxAhead = 16

// dispatch starts messages in order until there are none, and those outside the order while none can start or it is
// their turn. At most one runs per session.
func (s *Session) dispatch() {
	defer s.registry.running.Done()
	s.mu.Lock()
	for {
		switch {
		case !s.greeted:
			s.greeted = true
			s.unlock()
			s.registry.handler.Connect(s)
			s.mu.Lock()
		case s.ended:
			s.part()
			return
		case (s.ahead < maxAhead || s.latest.Len() == 0) && s.startFirst():
			if s.latest.Len() > 0 {
				s.ahead++
			}
		default:
			in := s.nextVolatile()
			if in == nil {
				s.rest()
				return
			}
			s.ahead = 0
			s.aside = true
			s.settled()
			s.event(in)
			s.aside = false
		}
	}
}

// startFirst handles the event, or starts the call, in front of the inbox. It reports that there is none, or a call that
// must wait. s.mu is held, but not while a handler runs.
func (s *Session) startFirst() bool {
	if s.inbox.empty() {
		return false
	}
	if s.inbox.first().request {
		return s.startRequest()
	}
	in := s.inbox.pop()
	s.event(in)
	s.core.Consumed(in.Seq)
	return true
}

// event runs the handler of an event. s.mu is held, but not meanwhile.
func (s *Session) event(in *Inbound) {
	s.unlock()
	s.registry.handler.Event(s, in)
	s.mu.Lock()
}

// settled wakes who waits for what is in order. s.mu is held.
func (s *Session) settled() {
	if s.idle != nil {
		close(s.idle)
		s.idle = nil
	}
}

// rest ends the dispatcher. s.mu is held, and released.
func (s *Session) rest() {
	s.dispatching = false
	s.settled()
	s.unlock()
}

// part is the dispatcher's last act for a session that has ended. s.mu is held, and released.
func (s *Session) part() {
	s.parted = true
	s.dispatching = false
	topics := s.topics
	s.topics = nil
	over, cause := *s.core.Over(), s.cause
	_, consumed := s.core.Progress()
	s.unlock()
	for _, sub := range topics {
		sub.topic.drop(sub)
	}
	s.registry.handler.Disconnect(s, cause)
	s.registry.remove(s, over, consumed)
	s.registry.ended(s, cause)
}

// startRequest starts the call in front of the inbox, or reports that it must wait for a slot. s.mu is held.
func (s *Session) startRequest() bool {
	if s.starved = !s.core.CanStart(); s.starved {
		return false
	}
	in := s.inbox.pop()
	s.core.Start()
	s.core.Consumed(in.Seq)
	if in.canceled {
		s.reply(in.id, Payload{}, errCanceled)
		return true
	}
	ctx, cancel := context.WithCancel(s.ctx)
	if s.requests == nil {
		s.requests = map[uint64]context.CancelFunc{}
	}
	s.requests[in.id] = cancel
	s.registry.running.Add(1)
	go s.serve(ctx, cancel, in)
	return true
}

var errCanceled = &Error{Code: frame.Canceled, Message: "canceled"}

// serve runs one call. The session's end cancels it.
func (s *Session) serve(ctx context.Context, cancel context.CancelFunc, in *Inbound) {
	defer s.registry.running.Done()
	defer cancel() // its own, whatever ids the client uses
	p, err := s.registry.handler.Request(ctx, s, in)
	s.mu.Lock()
	delete(s.requests, in.id)
	s.reply(in.id, p, err)
	s.unlock()
}

// reply queues the answer to a call. It never waits (PROTOCOL 5.2). s.mu is held.
func (s *Session) reply(id uint64, p Payload, err *Error) {
	m := frame.Message{Kind: frame.Reply, ID: id, Codec: p.Codec, Payload: p.Data}
	if err != nil {
		m = frame.Message{Kind: frame.ErrorReply, ID: id, Code: err.Code, Text: clip(err.Message, frame.MaxErrorText)}
	}
	if e := m.Check(s.registry.cfg.MaxFrame); e != nil {
		s.registry.cfg.Logger.Error("weft: reply cannot be sent", "session", s, "err", e)
		m = frame.Message{Kind: frame.ErrorReply, ID: id, Code: frame.TooLarge, Text: "reply cannot be sent"}
	}
	if s.core.Send(core.NewItem(m, nil)) == nil {
		s.registry.stats.messagesOut.Add(1)
	}
}

// resolve takes an exempt message from the core. An unknown id lost a race (PROTOCOL 6.7). s.mu is held.
func (s *Session) resolve(m *frame.Message) {
	switch m.Kind {
	case frame.Reply:
		s.answer(m.ID, result{payload: Payload{m.Codec, bytes.Clone(m.Payload)}})
	case frame.ErrorReply:
		s.answer(m.ID, result{err: &Error{Code: m.Code, Message: m.Text}})
	case frame.Cancel:
		if cancel := s.requests[m.ID]; cancel != nil {
			cancel()
		}
		for i := s.inbox.head; i < len(s.inbox.queue); i++ {
			if in := s.inbox.queue[i]; in.request && in.id == m.ID {
				in.canceled = true
			}
		}
	}
}
