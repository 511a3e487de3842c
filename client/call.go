package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// result is how an emit or a call ended.
type result struct {
	payload Payload
	err     error
}

// Emit sends an event, and returns when the server has handled it: not when its handler succeeded. It waits while the
// queue is full. When ctx ends first the event may still be handled. The error is an *Error when the session was lost
// or is closed before the server said that it was handled.
func (c *Client) Emit(ctx context.Context, name string, v any) error {
	p, err := encode(v)
	if err != nil {
		return err
	}
	ctx, cancel := c.limit(ctx)
	defer cancel()
	done, err := c.Post(ctx, name, p)
	if err != nil {
		return err
	}
	return done(ctx)
}

// Post queues an event and returns a function that waits until the server has handled it. So events can be sent one
// after the other without waiting for each.
func (c *Client) Post(ctx context.Context, name string, p Payload) (handled func(context.Context) error, err error) {
	ctx, cancel := c.limit(ctx)
	defer cancel()
	answer := make(chan result, 1)
	m := frame.Message{Kind: frame.Event, Name: name, Codec: p.Codec, Payload: p.Data}
	if _, _, err := c.send(ctx, m, (chan<- result)(answer)); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		select {
		case r := <-answer:
			return r.err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}, nil
}

// limit gives a context the configured deadline if it has none.
func (c *Client) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok || c.cfg.HandlerTimeout == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, c.cfg.HandlerTimeout)
}

// send queues a message, and waits while the queue is full. A request gets its id, in the session it belongs to.
func (c *Client) send(ctx context.Context, m frame.Message, tag any) (s *session, id uint64, err error) {
	for {
		c.mu.Lock()
		s = c.sending()
		switch {
		case c.over != nil || c.closing != nil:
			c.mu.Unlock()
			return nil, 0, errors.Join(ErrClosed, context.Cause(ctx))
		case !s.core.Closing() && s.core.Over() == nil && s.core.Room(m.Size()+maxID): // else another one follows
			if m.Kind == frame.Request {
				m.ID = s.core.NextID()
				s.openCall(m.ID, tag.(chan<- result))
				tag = nil
			}
			err := s.core.Send(core.NewItem(m, tag))
			if err != nil {
				delete(s.calls, m.ID)
			}
			c.unlock()
			return s, m.ID, err
		}
		if c.room == nil {
			c.room = make(chan struct{})
		}
		c.full = s.core.Queued() // the longest that somebody found: it was never shorter since room was made
		room := c.room
		c.unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return nil, 0, context.Cause(ctx)
		}
	}
}

// maxID is how much longer a request can be than it was without its id, in bytes.
const maxID = 8

// shorter reports whether the queue has become shorter since somebody waits for room in it. c.mu is held.
func (c *Client) shorter() bool {
	q := c.sending().core.Queued()
	return q.Messages < c.full.Messages || q.Bytes < c.full.Bytes
}

func (s *session) openCall(id uint64, answer chan<- result) {
	if s.calls == nil {
		s.calls = map[uint64]chan<- result{}
	}
	s.calls[id] = answer
}

// Call calls the server and decodes its reply into out, unless out is nil. When ctx ends first the call is cancelled.
// An error that the server answered is an *Error.
func (c *Client) Call(ctx context.Context, name string, in, out any) error {
	p, err := encode(in)
	if err != nil {
		return err
	}
	ctx, cancel := c.limit(ctx)
	defer cancel()
	return c.call(ctx, name, p, out)
}

func (c *Client) call(ctx context.Context, name string, p Payload, out any) error {
	answer := make(chan result, 1)
	m := frame.Message{Kind: frame.Request, Name: name, Codec: p.Codec, Payload: p.Data}
	s, id, err := c.send(ctx, m, (chan<- result)(answer))
	if err != nil {
		return err
	}
	select {
	case r := <-answer:
		if r.err != nil || out == nil {
			return r.err
		}
		return decodeInto(r.payload, out)
	case <-ctx.Done():
		c.mu.Lock()
		if s.calls[id] == answer {
			delete(s.calls, id)
			s.core.Cancel(id)
		}
		c.unlock()
		return context.Cause(ctx)
	}
}

// On registers the handler of an event from the server, decoded as JSON, or as it is when T is []byte. Events are
// handled one at a time, in order; the next one starts when h returns. Volatile events come here, too, when nothing that
// is in order can start, and one after 16 of those. Register before Connect.
func On[T any](c *Client, name string, h func(T)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events[name] = func(p Payload) {
		var v T
		if err := decodeInto(p, &v); err != nil {
			c.cfg.Logger.Error("weft: event does not fit its handler", "name", name, "err", err)
			return
		}
		h(v)
	}
}

// Handle registers the handler of a call from the server. Calls run beside each other. Register before Connect.
func Handle[In, Out any](c *Client, name string, h func(context.Context, In) (Out, error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handlers[name] = func(ctx context.Context, p Payload) (Payload, error) {
		var in In
		if err := decodeInto(p, &in); err != nil {
			return Payload{}, &Error{frame.BadProtocol, "payload does not fit the handler"}
		}
		out, err := h(ctx, in)
		if err != nil {
			return Payload{}, err
		}
		return encode(out)
	}
}

func encode(v any) (Payload, error) {
	switch v := v.(type) {
	case nil:
		return Payload{}, nil
	case []byte:
		return Payload{frame.CodecBytes, v}, nil
	case Payload:
		return v, nil
	}
	data, err := json.Marshal(v)
	if err != nil {
		return Payload{}, fmt.Errorf("weft: payload: %w", err)
	}
	return Payload{frame.CodecJSON, data}, nil
}

func decodeInto(p Payload, out any) error {
	switch out := out.(type) {
	case *[]byte:
		*out = p.Data
		return nil
	case *Payload:
		*out = p
		return nil
	}
	switch {
	case len(p.Data) == 0:
		return nil
	case p.Codec != frame.CodecJSON:
		return fmt.Errorf("weft: codec %d is not JSON", p.Codec)
	}
	if err := json.Unmarshal(p.Data, out); err != nil {
		return fmt.Errorf("weft: payload: %w", err)
	}
	return nil
}
