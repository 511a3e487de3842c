package session

import (
	"context"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// polls is the part of an attachment that answers polls. It is guarded by Session.mu.
type polls struct {
	begun   bool          // the attaching poll was here, which is number 0
	last    uint64        // number of the newest poll
	newest  uint64        // counts polls: one that was sent twice has the same number
	waiting chan struct{} // of the newest poll while it waits; closed to wake it
}

// signal wakes the poll that waits.
func (p *polls) signal() {
	if p.waiting != nil {
		close(p.waiting)
		p.waiting = nil
	}
}

var (
	errOldPoll   = &transport.Error{Code: frame.StalePoll, Reason: "a newer poll is here"}
	errNotPolled = &transport.Error{Code: frame.Timeout, Reason: "the attachment is not polled"} // see errNoPosts
)

// Pull answers a poll (PROTOCOL 11.4, 11.5).
func (a *attachment) Pull(ctx context.Context, poll, rcv, ack uint64, buf []byte) ([]byte, error) {
	if !a.kind.Pulled() {
		return buf, errNotPolled
	}
	s := a.s
	s.mu.Lock()
	defer s.unlock()
	if err := a.beginPoll(poll, rcv, ack); err != nil {
		return buf, err
	}
	newest := a.polls.newest
	defer func() { s.core.PollDone(s.registry.now(), a.binding) }()
	for ctx.Err() == nil && a.closing == nil && a.polls.newest == newest && !a.pending() {
		waiting := make(chan struct{})
		a.polls.waiting = waiting
		s.unlock()
		select {
		case <-waiting:
		case <-ctx.Done():
		}
		s.mu.Lock()
		if a.polls.waiting == waiting {
			a.polls.waiting = nil
		}
	}
	if a.polls.newest != newest {
		return buf, errOldPoll
	}
	n := len(buf)
	buf = s.core.Batch(s.registry.now(), a.binding, a.enc, buf)
	if len(buf) == n && a.closing != nil {
		return buf, a.closing
	}
	if len(buf) > n {
		s.registry.stats.sent(len(buf) - n)
	}
	return buf, nil
}

// beginPoll makes a poll the newest. s.mu is held.
func (a *attachment) beginPoll(poll, rcv, ack uint64) error {
	s := a.s
	if a.closing != nil {
		return a.closing
	}
	repeated := a.polls.begun && poll == a.polls.last && poll > 0
	if a.polls.begun && poll <= a.polls.last && !repeated {
		return errOldPoll
	}
	again := repeated || poll > a.polls.last+1
	a.polls.begun, a.polls.last = true, poll
	a.polls.newest++
	a.polls.signal()
	fx := effects.Get().(*[]core.Effect)
	defer effects.Put(fx)
	var ok bool
	*fx, ok = s.core.Poll(s.registry.now(), a.binding, rcv, ack, again, (*fx)[:0])
	s.apply(*fx)
	if !ok {
		return a.refusal()
	}
	return nil
}
