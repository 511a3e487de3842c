package client

import (
	"bytes"
	"context"
	"errors"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// job is what the dispatcher does next: a message of a session, whose seq is 0 if it is volatile, or a call-back.
type job struct {
	core *core.Client
	seq  uint64
	msg  frame.Message
	call func()
}

// later queues a call-back behind the messages that have arrived. c.mu is held.
func (c *Client) later(f func()) { c.inbox = append(c.inbox, job{call: f}) }

func (c *Client) setState(s State) {
	kind := c.sending().plan.Current()
	if s == Closed {
		kind = 0
	}
	if c.state == s && c.on == kind {
		return // the connection is another one of the same kind, for example
	}
	c.state, c.on = s, kind
	if f := c.cfg.OnState; f != nil {
		c.later(func() { f(s, kind) })
	}
}

// deliver queues a counted message. The server's window, which is ours, bounds them. c.mu is held.
func (s *session) deliver(f *core.Effect) {
	m := f.Message
	m.Payload = bytes.Clone(m.Payload)
	j := job{core: s.core, seq: f.Seq, msg: m}
	if s == s.c.session {
		s.c.inbox = append(s.c.inbox, j)
	} else {
		s.early = append(s.early, j)
	}
}

// maxAhead is how many jobs in order are done before a volatile message that waits (PROTOCOL 17.6).
const maxAhead = 16

// dispatch does the jobs in order, and those outside the order while none can be done or it is their turn. At most one
// runs.
func (c *Client) dispatch() {
	defer c.running.Done()
	c.mu.Lock()
	for j, ok := c.next(); ok; j, ok = c.next() {
		c.unlock()
		c.do(&j)
		c.mu.Lock()
	}
	c.busy = false
	c.unlock()
}

// next takes the next job, if there is one that can be done. c.mu is held.
func (c *Client) next() (j job, ok bool) {
	if len(c.inbox) > 0 && (c.ahead < maxAhead || c.latest.Len() == 0) {
		j = c.inbox[0]
		c.starved = j.msg.Kind == frame.Request && j.core == c.core && !c.core.CanStart()
		if !c.starved {
			c.pop()
			if c.latest.Len() > 0 {
				c.ahead++
			}
			return j, true
		}
		c.core.Starved()
	}
	_, it := c.latest.Take()
	if it == nil {
		return job{}, false
	}
	c.ahead = 0
	return job{core: c.core, msg: it.Message}, true
}

func (c *Client) pop() {
	c.inbox[0] = job{}
	if c.inbox = c.inbox[1:]; len(c.inbox) == 0 {
		c.inbox = nil
	}
}

// do does one job outside the lock.
func (c *Client) do(j *job) {
	m := &j.msg
	p := Payload{m.Codec, m.Payload}
	switch m.Kind {
	case frame.Event:
		c.event(m.Name, p)
	case frame.Publication, frame.Gap:
		c.publication(j.core, m)
	case frame.Request:
		c.serve(j, p)
		return
	default:
		j.call()
		return
	}
	c.mu.Lock()
	j.core.Consumed(j.seq)
	c.unlock()
}

func (c *Client) event(name string, p Payload) {
	c.mu.Lock()
	h := c.events[name]
	c.mu.Unlock()
	if h == nil {
		c.cfg.Logger.Warn("weft: no handler for event", "name", name)
		return
	}
	h(p)
}

// serve starts a call of the server.
func (c *Client) serve(j *job, p Payload) {
	c.mu.Lock()
	defer c.unlock()
	if j.core != c.core || c.over != nil {
		return
	}
	c.core.Start()
	c.core.Consumed(j.seq)
	ctx, cancel := context.WithCancel(c.ctx)
	if c.requests == nil {
		c.requests = map[uint64]context.CancelFunc{}
	}
	c.requests[j.msg.ID] = cancel
	c.running.Add(1)
	go c.handle(ctx, cancel, j.core, j.msg.ID, c.handlers[j.msg.Name], p)
}

var errNoCall = &Error{frame.NotFound, "no handler for this call"}

// handle runs one call of the server, and replies.
func (c *Client) handle(ctx context.Context, cancel func(), session *core.Client, id uint64, h func(context.Context, Payload) (Payload, error), p Payload) {
	defer c.running.Done()
	defer cancel()
	var out Payload
	err := error(errNoCall)
	if h != nil {
		out, err = h(ctx, p)
	}
	m := frame.Message{Kind: frame.Reply, ID: id, Codec: out.Codec, Payload: out.Data}
	if err != nil {
		e, ok := errors.AsType[*Error](err)
		if !ok {
			c.cfg.Logger.Error("weft: handler failed", "err", err)
			e = &Error{frame.Internal, "internal error"}
		}
		m = frame.Message{Kind: frame.ErrorReply, ID: id, Code: e.Code, Text: e.Message}
	}
	c.mu.Lock()
	defer c.unlock()
	if session != c.core {
		return
	}
	delete(c.requests, id)
	if session.Send(core.NewItem(m, nil)) != nil {
		_ = session.Send(core.NewItem(frame.Message{
			Kind: frame.ErrorReply, ID: id, Code: frame.TooLarge, Text: "reply cannot be sent",
		}, nil)) // fails only when the session is over
	}
}

// resolve takes an exempt message. c.mu is held.
func (s *session) resolve(m *frame.Message) {
	switch m.Kind {
	case frame.Reply:
		s.answer(m.ID, result{payload: Payload{m.Codec, bytes.Clone(m.Payload)}})
	case frame.ErrorReply:
		s.answer(m.ID, result{err: &Error{m.Code, m.Text}})
	case frame.Cancel:
		if cancel := s.requests[m.ID]; cancel != nil {
			cancel()
		}
	}
}

func (s *session) answer(id uint64, r result) {
	if ch := s.calls[id]; ch != nil {
		delete(s.calls, id)
		ch <- r // has room for the one result
	}
}

// refused reports a message that the server will not take. c.mu is held.
func (s *session) refused(it *core.Item) {
	err := transport.AsError(&frame.Error{Code: frame.TooLarge, Reason: "message too large for this server"})
	if ch, ok := it.Tag.(chan<- result); ok {
		ch <- result{err: err}
	}
	s.answer(it.Message.ID, result{err: err})
}
