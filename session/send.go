package session

import (
	"context"
	"errors"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// result is how a call ended.
type result struct {
	payload Payload
	err     error
}

// TrySend queues an event for the client. It fails at once with ErrQueueFull when the queue is full, with an error in
// whose tree ErrClosed is when the session is over, and with a *frame.Error when the message cannot be encoded. The data
// of p must not change afterwards; JSON must be valid and compact, which what a client sent need not be: router.Encode
// sees to it (PROTOCOL 3.8).
func (s *Session) TrySend(name string, p Payload) error {
	s.mu.Lock()
	defer s.unlock()
	return s.send(frame.Message{Kind: frame.Event, Name: name, Codec: p.Codec, Payload: p.Data})
}

// send queues a message. s.mu is held.
func (s *Session) send(m frame.Message) error {
	return s.sent(s.core.Send(core.NewItem(m, nil)))
}

// sent counts what the core has taken; on a session that has ended its error says how. s.mu is held.
func (s *Session) sent(err error) error {
	switch {
	case err == nil:
		s.registry.stats.messagesOut.Add(1)
	case errors.Is(err, ErrClosed):
		if cause := context.Cause(s.ctx); cause != nil {
			return cause
		}
	}
	return err
}

// Send queues an event for the client, and waits while the queue is full: until ctx is done, or Config.HandlerTimeout
// when ctx has no deadline (then an *Error with code 4408). It returns when the event is queued, not when it is handled.
// What TrySend says of p holds here, too.
func (s *Session) Send(ctx context.Context, name string, p Payload) error {
	m := frame.Message{Kind: frame.Event, Name: name, Codec: p.Codec, Payload: p.Data}
	return s.sendWaiting(ctx, func() error { return s.send(m) })
}

// sendWaiting tries until the queue has room.
func (s *Session) sendWaiting(ctx context.Context, try func() error) error {
	s.mu.Lock()
	err := try()
	if err == ErrQueueFull {
		var done context.CancelFunc
		ctx, done = s.deadline(ctx)
		defer done()
	}
	for err == ErrQueueFull {
		if s.room == nil {
			s.room = make(chan struct{})
		}
		s.full = s.core.Queued() // the longest that somebody found: it was never shorter since room was made
		room := s.room
		s.unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return timeoutOr(ctx)
		}
		s.mu.Lock()
		err = try()
	}
	s.unlock()
	return err
}

// Call calls the client and waits for its reply: until ctx is done, or Config.HandlerTimeout when ctx has no deadline.
// An error that the client answered is an *Error. What TrySend says of p holds here, too.
func (s *Session) Call(ctx context.Context, name string, p Payload) (Payload, error) {
	ctx, done := s.deadline(ctx)
	defer done()
	answer := make(chan result, 1)
	var id uint64
	err := s.sendWaiting(ctx, func() error {
		if !s.core.Room(len(p.Data)) {
			return ErrQueueFull
		}
		id = s.core.NextID()
		if err := s.send(frame.Message{Kind: frame.Request, ID: id, Name: name, Codec: p.Codec, Payload: p.Data}); err != nil {
			return err
		}
		if s.calls == nil {
			s.calls = map[uint64]chan<- result{}
		}
		s.calls[id] = answer
		return nil
	})
	if err != nil {
		return Payload{}, err
	}
	select {
	case r := <-answer:
		return r.payload, r.err
	case <-ctx.Done():
		s.abandon(id)
		return Payload{}, timeoutOr(ctx)
	}
}

// abandon takes a call back.
func (s *Session) abandon(id uint64) {
	s.mu.Lock()
	if _, open := s.calls[id]; open {
		delete(s.calls, id)
		s.core.Cancel(id)
	}
	s.unlock()
}

// answer resolves a call. s.mu is held.
func (s *Session) answer(id uint64, r result) {
	if ch := s.calls[id]; ch != nil {
		delete(s.calls, id)
		ch <- r // has room for the one result
	}
}

func (s *Session) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, s.registry.cfg.HandlerTimeout, errTimeout)
}

// timeoutOr is why ctx is done: an *Error for a deadline.
func timeoutOr(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errTimeout
	}
	return context.Cause(ctx)
}
