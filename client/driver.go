package client

import (
	"slices"
	"time"

	"github.com/weft-realtime/weft/fallback"
	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// unlock ends every section that changes something: it starts what must follow.
func (c *Client) unlock() {
	c.proceed()
	if c.core.Over() != nil && c.over == nil {
		c.settle()
	}
	for s := range c.sessions() {
		if l := s.link; l != nil && !l.writing && s.core.Pending() {
			l.writing = true
			c.running.Add(1)
			go l.flush()
		}
	}
	if !c.busy && (len(c.inbox) > 0 && (!c.starved || c.core.CanStart()) || c.latest.Len() > 0) {
		c.busy = true
		c.running.Add(1)
		go c.dispatch()
	}
	if c.room != nil && (c.over != nil || c.shorter()) {
		close(c.room)
		c.room = nil
	}
	if at := c.deadline(); c.armed != 0 && (at != 0 && at < c.armed || c.over != nil) {
		select {
		case c.kick <- struct{}{}:
		default:
		}
	}
	c.mu.Unlock()
}

// deadline is when the clock has something to do next, or 0. c.mu is held.
func (c *Client) deadline() core.Time {
	at := c.move.deadline()
	for s := range c.sessions() {
		at = earlier(at, earlier(s.core.Deadline(), core.Time(s.plan.Deadline())))
	}
	return at
}

// earlier is the earlier of two times, of which 0 is none.
func earlier(a, b core.Time) core.Time {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// forever is what the timer sleeps for when there is no deadline.
const forever = core.Time(1) << 40

// clock is the client's one timer.
func (c *Client) clock() {
	defer c.running.Done()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-c.kick:
		}
		c.mu.Lock()
		now := c.now()
		if c.over != nil {
			c.unlock()
			return
		}
		for s := range c.sessions() {
			s.apply(s.core.Tick(now, nil))
			s.act(s.plan.Tick(fallback.Time(now), nil))
		}
		at := c.deadline()
		if at == 0 {
			at = now + forever
		}
		c.armed = at
		c.unlock()
		timer.Reset(time.Duration(min(at-now, 1<<30)) * time.Millisecond)
	}
}

// settle ends a session: the client is closed, or a new session follows. c.mu is held.
func (c *Client) settle() {
	over := *c.core.Over()
	lost := c.end(over)
	c.starved = false
	c.inbox = slices.DeleteFunc(c.inbox, func(j job) bool { return j.call == nil }) // what is to be reported still is
	if c.room != nil {
		close(c.room)
		c.room = nil
	}
	switch {
	case c.move.mayFollow(over):
		c.follow(lost)
	case c.closing != nil || !again(over):
		c.finish(over, lost)
	default:
		c.restart(over, lost)
	}
}

// restart begins the next session where the client began. c.mu is held.
func (c *Client) restart(over core.Over, lost Lost) {
	lost.Unconfirmed = append(lost.Unconfirmed, c.stay()...)
	select {
	case <-c.ready:
		c.ready = make(chan struct{})
	default:
	}
	if c.mount != c.home {
		c.mount, c.offers = c.home, nil
		c.plan.Elsewhere()
	}
	c.core = newCore()
	if over.Code.Class() == frame.ClassDelay {
		c.plan.Limited(fallback.Time(c.now()))
	}
	acts := c.plan.Start(fallback.Time(c.now()), nil)
	c.setState(Connecting)
	c.tell(lost)
	c.act(acts)
	c.recover()
}

// again reports whether a new session follows (PROTOCOL 12.2, 12.3).
func again(over core.Over) bool {
	switch over.Code.Class() {
	case frame.ClassLost, frame.ClassResume, frame.ClassDelay:
		return true
	}
	return false
}

// end ends what was under way in a session, and says what it leaves. c.mu is held.
func (s *session) end(over core.Over) Lost {
	items, sent := s.core.Unconfirmed()
	lost := Lost{Code: over.Code, Reason: over.Reason}
	for i, it := range items {
		m := &it.Message
		kind := "emit"
		if m.Kind == frame.Request {
			kind = "call"
		}
		lost.Unconfirmed = append(lost.Unconfirmed, Unconfirmed{kind, m.Name, Payload{m.Codec, m.Payload}, i < sent})
		if ch, ok := it.Tag.(chan<- result); ok {
			ch <- result{err: &Error{over.Code, over.Reason}}
		}
	}
	for _, ch := range s.calls {
		ch <- result{err: &Error{over.Code, over.Reason}}
	}
	for _, cancel := range s.requests {
		cancel()
	}
	s.calls, s.requests = nil, nil
	s.latest.Clear()
	s.link.finish(&over)
	s.attempt.drop(over.Code, over.Reason)
	s.dropOpened(over.Code, over.Reason)
	s.link, s.attempt = nil, nil
	return lost
}

// tell tells the application what a session left that nobody closed. c.mu is held.
func (c *Client) tell(lost Lost) {
	c.later(func() {
		if c.cfg.OnLost != nil {
			c.cfg.OnLost(lost)
		}
	})
}

// finish closes the client for good. What the application was not told yet still is. c.mu is held.
func (c *Client) finish(over core.Over, lost Lost) {
	lost.Unconfirmed = append(lost.Unconfirmed, c.stay()...)
	c.over = &Error{over.Code, over.Reason}
	c.setState(Closed)
	if len(lost.Unconfirmed) > 0 {
		c.tell(lost)
	}
	c.cancel()
	close(c.closed)
}
