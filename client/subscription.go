package client

import (
	"context"
	"sync"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// Subscription follows a topic, from session to session.
type Subscription struct {
	client *Client
	topic  string
	on     func(Publication)
	live   bool // the server has said yes; guarded by Client.mu

	mu     sync.Mutex
	epoch  uint64
	offset uint64
	owed   bool // another log took the topic's place, empty: it has no gap to send, but something is missing
}

// Publication is one entry of a topic, or a gap in it.
type Publication struct {
	Topic  string
	Name   string // empty for a gap
	Offset uint64
	Payload
	Gap  bool   // the publications From to To are gone
	From uint64 // 0 with To 0: an unknown number, from another epoch of the topic
	To   uint64
}

// Decode decodes a publication's JSON payload.
func (p *Publication) Decode(v any) error { return decodeInto(p.Payload, v) }

// wire is the payload of weft.subscribe and of its reply (PROTOCOL 10.2).
type wire struct {
	Topic   string  `json:"topic"`
	Epoch   *uint64 `json:"epoch,omitempty"`
	Offset  *uint64 `json:"offset,omitempty"`
	History uint64  `json:"history,omitempty"`
}

// Subscribe follows a topic, beginning history publications before its end. on is called for each publication, in
// order, on the dispatcher's goroutine. It fails with an *Error when the server does not allow it. A topic can be
// followed once.
func (c *Client) Subscribe(ctx context.Context, topic string, history uint64, on func(Publication)) (*Subscription, error) {
	ctx, cancel := c.limit(ctx)
	defer cancel()
	s := &Subscription{client: c, topic: topic, on: on}
	c.mu.Lock()
	if c.subs[topic] != nil {
		c.mu.Unlock()
		return nil, &Error{frame.BadProtocol, "topic is followed already"}
	}
	c.subs[topic] = s
	session := c.sending().core
	c.mu.Unlock()
	if err := s.ask(ctx, wire{Topic: topic, History: history}); err != nil {
		c.mu.Lock()
		delete(c.subs, topic)
		c.mu.Unlock()
		return nil, err
	}
	c.mu.Lock()
	s.live = true
	if session != c.core && c.over == nil { // lost since the reply
		c.running.Add(1)
		go s.recover()
	}
	c.mu.Unlock()
	return s, nil
}

// ask asks for the topic, without a time of its own: it is asked for again in a session that has yet to be.
func (s *Subscription) ask(ctx context.Context, in wire) error {
	p, err := encode(in)
	if err != nil {
		return err
	}
	var out wire
	if err := s.client.call(ctx, "weft.subscribe", p, &out); err != nil {
		return err
	}
	if out.Epoch == nil || out.Offset == nil {
		return &Error{frame.BadProtocol, "reply without a position"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch != *out.Epoch || s.offset < *out.Offset {
		s.owed = s.epoch != 0 && s.epoch != *out.Epoch && *out.Offset == 0
		s.epoch, s.offset = *out.Epoch, *out.Offset
	}
	return nil
}

// Unsubscribe stops following.
func (s *Subscription) Unsubscribe(ctx context.Context) error {
	s.client.mu.Lock()
	delete(s.client.subs, s.topic)
	s.client.mu.Unlock()
	return s.client.Call(ctx, "weft.unsubscribe", wire{Topic: s.topic}, nil)
}

// publication hands a publication or gap to its subscription. One that nobody follows any more is dropped.
//
// The position moves under the same lock as the session changes: what is handed over is not asked for again, and what
// comes from a session that is over will be.
func (c *Client) publication(session *core.Client, m *frame.Message) {
	p := Publication{Topic: m.Topic, Name: m.Name, Offset: m.Offset, Payload: Payload{m.Codec, m.Payload}}
	end := m.Offset
	if m.Kind == frame.Gap {
		p = Publication{Topic: m.Topic, Gap: true, From: m.Offset, To: m.To}
		end = m.To
	}
	c.mu.Lock()
	s := c.subs[m.Topic]
	if s == nil || session != c.core {
		c.mu.Unlock()
		return
	}
	s.mu.Lock()
	owed := s.owed || s.epoch != 0 && s.epoch != m.Epoch // the reply may be still on its way to ask
	s.epoch, s.offset, s.owed = m.Epoch, end, false
	s.mu.Unlock()
	c.mu.Unlock()
	if owed && !p.Gap {
		s.on(Publication{Topic: s.topic, Gap: true})
	}
	s.on(p)
}

// recover asks for the subscriptions again in a new session, behind what was received. c.mu is held.
func (c *Client) recover() {
	for _, s := range c.subs {
		if !s.live {
			continue // Subscribe fails, and says so
		}
		c.running.Add(1)
		go s.recover()
	}
}

// recover asks once more, and tells the subscriber when an unknown number of publications is gone. It ends with the session
// that it asks in.
func (s *Subscription) recover() {
	defer s.client.running.Done()
	s.mu.Lock()
	epoch, offset := s.epoch, s.offset
	s.mu.Unlock()
	in := wire{Topic: s.topic, Epoch: &epoch, Offset: &offset}
	if epoch == 0 {
		in = wire{Topic: s.topic}
	}
	err := s.ask(s.client.ctx, in)
	if err != nil && s.client.Err() == nil {
		s.client.cfg.Logger.Warn("weft: subscription not recovered", "topic", s.topic, "err", err)
	}
	s.client.mu.Lock()
	s.client.later(s.settle)
	s.client.unlock()
}

// settle tells of what is missing, unless a publication has done so.
func (s *Subscription) settle() {
	s.mu.Lock()
	owed := s.owed
	s.owed = false
	s.mu.Unlock()
	if owed {
		s.on(Publication{Topic: s.topic, Gap: true})
	}
}
