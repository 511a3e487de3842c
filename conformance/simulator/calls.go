package simulator

import (
	"strings"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// deadline is a handler's default for a Call.
const deadline core.Time = 10_000

// call is a request of ours. It is resolved once: by its reply, an error, a deadline, a cancellation or the session's
// end.
type call struct {
	id       uint64
	m        *message
	reserved bool // a request of the protocol's own
	answers  int  // replies and errors that arrived, late ones included
	resolved bool
	done     func(frame.Message, frame.Code)
}

// call sends a request. done runs once, with the reply and 0, or with a code. limit 0 is no deadline. It returns nil
// when the request was not accepted.
func (s *side) call(name string, body func(n int) []byte, limit core.Time, done func(frame.Message, frame.Code)) *call {
	id := s.end.NextID()
	c := &call{id: id, done: done}
	s.calls = append(s.calls, c)
	if c.m = s.send(frame.Request, id, name, body); c.m == nil {
		s.resolve(c, frame.Message{}, frame.Internal)
		return nil
	}
	c.reserved = strings.HasPrefix(name, reserved)
	if limit > 0 {
		s.run.after(limit, func() { s.giveUp(c, frame.Timeout) })
	}
	return c
}

// giveUp is a deadline or a cancellation.
func (s *side) giveUp(c *call, code frame.Code) {
	if c.resolved || s.run.stopped() {
		return
	}
	if it := s.end.Cancel(c.id); it != nil {
		s.out.remove(it.Tag.(*message))
	}
	s.resolve(c, frame.Message{}, code)
	s.work()
}

func (s *side) resolve(c *call, m frame.Message, code frame.Code) {
	if c.resolved {
		s.run.fail(Duplicated, "%s: call %d resolved twice", s.name, c.id)
	}
	c.resolved = true
	if c.m != nil {
		s.open--
	}
	c.done(m, code)
}

// answered takes a reply or an error.
func (s *side) answered(m *frame.Message) {
	if m.ID == 0 || m.ID > uint64(len(s.calls)) || s.calls[m.ID-1].m == nil {
		s.run.fail(Broken, "%s: an answer to call %d, which was never sent", s.name, m.ID)
		return
	}
	c := s.calls[m.ID-1]
	s.run.tally.Messages++
	s.out.repliesGot++
	s.out.slots--
	if c.answers++; c.answers > 1 {
		s.run.fail(Duplicated, "%s: call %d answered twice", s.name, m.ID)
	}
	if !c.m.started {
		s.run.fail(Broken, "%s: call %d answered before it started", s.name, m.ID)
	}
	if c.resolved {
		return // it lost the race against a deadline or a cancellation
	}
	code := frame.Code(0)
	if m.Kind == frame.ErrorReply {
		code = m.Code
	} else if !c.reserved && number(m.Payload) != c.m.n {
		s.run.fail(Broken, "%s: call %d has the reply of another", s.name, m.ID)
	}
	s.resolve(c, *m, code)
}

// serving is a request of the peer that has started and has no reply yet.
type serving struct {
	id       uint64
	m        *message
	finished bool
}

// begin starts a request: it occupies its slot, and its handler runs beside.
func (s *side) begin(a *arrival) {
	m := s.in.start(&a.message)
	if m == nil {
		return
	}
	s.end.Start()
	if s.in.slots++; s.in.slots > s.slots && s.thread.begun == 0 {
		s.run.fail(Broken, "%s: %d requests run, of %d", s.in.name, s.in.slots, s.slots)
	}
	s.consume(a, m)
	h := &serving{id: a.message.ID, m: m}
	if s.canceled[h.id] {
		delete(s.canceled, h.id)
		s.finish(h, frame.Message{Kind: frame.ErrorReply, Code: frame.Canceled})
		return
	}
	s.serving[h.id] = h
	s.serve(h, &a.message)
}

// finish sends the one reply.
func (s *side) finish(h *serving, reply frame.Message) {
	if h.finished {
		return
	}
	h.finished = true
	delete(s.serving, h.id)
	reply.ID = h.id
	if s.end.Send(core.NewItem(reply, nil)) == nil {
		s.in.repliesSent++
	}
}

// cancel takes the peer's cancel message: what runs ends early, what waits ends when it starts.
func (s *side) cancel(id uint64) {
	if id > s.asked {
		s.run.fail(Broken, "%s: request %d was cancelled before it was sent", s.name, id)
	}
	if h := s.serving[id]; h != nil {
		s.finish(h, frame.Message{Kind: frame.ErrorReply, Code: frame.Canceled})
	} else if s.waits(id) {
		s.canceled[id] = true
	}
}

// waits reports whether a request is in the inbox.
func (s *side) waits(id uint64) bool {
	for _, a := range s.inbox[s.head:] {
		if a.message.Kind == frame.Request && a.message.ID == id {
			return true
		}
	}
	return false
}
