package client

import (
	"slices"
	"time"

	"github.com/weft-realtime/weft/fallback"
	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// act carries out what the plan says. c.mu is held.
func (c *Client) act(actions []fallback.Action) {
	for _, a := range actions {
		if c.over != nil {
			return
		}
		c.note(a.Act.String(), a.Kind, nil)
		switch a.Act {
		case fallback.Create:
			c.begin(c.newLink(a.Kind))
		case fallback.Dial:
			l := c.newLink(a.Kind)
			c.opened[a.Kind] = l
			c.running.Add(1)
			go l.dial()
		case fallback.Attach:
			l := c.opened[a.Kind]
			delete(c.opened, a.Kind)
			if l == nil { // polls need not be dialled
				l = c.newLink(a.Kind)
			}
			c.begin(l)
		case fallback.Poll:
			if l := c.link; l != nil && l.kind.Pulled() {
				c.read(l)
			}
		case fallback.Drop:
			c.dropAttempt(a.Kind)
		}
	}
}

// begin sends HELLO or ATTACH on a link. c.mu is held.
func (c *Client) begin(l *link) {
	if old := c.attempt; old != nil {
		c.core.Lost(c.now(), old.binding)
		old.drop(frame.Done, "given up")
	}
	c.attempt = l
	l.writing = true
	var first []byte
	l.binding, first = c.core.Open(c.now(), l.kind.Pulled(), frame.Binary, nil)
	c.running.Add(1)
	go l.open(first)
}

func (c *Client) dropAttempt(kind transport.Kind) {
	if l := c.opened[kind]; l != nil {
		l.drop(frame.Done, "given up")
		delete(c.opened, kind)
	}
	if l := c.attempt; l != nil && l.kind == kind {
		c.core.Lost(c.now(), l.binding)
		l.drop(frame.Done, "given up")
		c.attempt = nil
		if c.link == nil {
			c.detached() // if the attachment before was left for this one
		}
	}
}

// receive feeds a batch to the core. c.mu is held.
func (c *Client) receive(l *link, batch []byte, post bool) {
	if l.gone || l.core != c.core {
		return
	}
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
		fx, more = l.core.Receive(c.now(), l.binding, &f, post, fx[:0])
		c.apply(fx)
	}
}

// apply carries out the core's effects. c.mu is held.
func (c *Client) apply(fx []core.Effect) {
	now := fallback.Time(c.now())
	for i := range fx {
		f := &fx[i]
		switch f.Kind {
		case core.Deliver:
			c.deliver(f)
		case core.Resolve:
			c.resolve(&f.Message)
		case core.Volatile:
			c.hold(f.Key, f.Message)
		case core.Confirmed:
			f.Item.Tag.(chan<- result) <- result{}
		case core.Refused:
			c.refused(f.Item)
		case core.Attached:
			c.attached()
		case core.Dead:
			c.dead(f)
		case core.Suspect:
			c.note("suspect", c.plan.Current(), nil)
			c.act(c.plan.Suspect(now, nil))
		}
	}
}

// attached makes the outstanding attempt the current link.
func (c *Client) attached() {
	old := c.link
	c.link, c.attempt = c.attempt, nil
	old.drop(frame.Superseded, "superseded")
	kind := c.link.kind
	c.note("ready", kind, nil)
	c.welcome()
	acts := c.plan.Ready(fallback.Time(c.now()), kind, nil)
	if c.closing == nil {
		c.setState(Open)
	}
	select {
	case <-c.ready:
	default:
		close(c.ready)
	}
	c.act(acts)
}

// dead gives up a link that the core has given up.
func (c *Client) dead(f *core.Effect) {
	if c.core.Over() != nil {
		return // settled when the lock is released
	}
	for _, l := range []*link{c.link, c.attempt} {
		if l != nil && l.binding == f.Binding {
			c.lost(l, &Error{f.Code, f.Reason})
		}
	}
}

// unlock ends every section that changes something: it starts what must follow.
func (c *Client) unlock() {
	if c.core.Over() != nil && c.over == nil {
		c.settle()
	}
	if l := c.link; l != nil && !l.writing && c.core.Pending() {
		l.writing = true
		c.running.Add(1)
		go l.flush()
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

func (c *Client) deadline() core.Time {
	a, b := c.core.Deadline(), core.Time(c.plan.Deadline())
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
		c.apply(c.core.Tick(now, nil))
		c.act(c.plan.Tick(fallback.Time(now), nil))
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
	items, sent := c.core.Unconfirmed()
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
	for _, ch := range c.calls {
		ch <- result{err: &Error{over.Code, over.Reason}}
	}
	for _, cancel := range c.requests {
		cancel()
	}
	c.calls, c.requests, c.starved = nil, nil, false
	c.inbox = slices.DeleteFunc(c.inbox, func(j job) bool { return j.call == nil }) // what is to be reported still is
	if c.room != nil {
		close(c.room)
		c.room = nil
	}
	c.latest.Clear()
	c.dropLinks(&over)
	if c.closing != nil || !again(over) {
		c.end(over, lost)
		return
	}
	c.core = c.newCore()
	select {
	case <-c.ready:
		c.ready = make(chan struct{})
	default:
	}
	if over.Code.Class() == frame.ClassDelay {
		c.plan.Limited(fallback.Time(c.now()))
	}
	acts := c.plan.Start(fallback.Time(c.now()), nil)
	c.setState(Connecting)
	c.later(func() {
		if c.cfg.OnLost != nil {
			c.cfg.OnLost(lost)
		}
	})
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

func (c *Client) dropLinks(over *core.Over) {
	c.link.finish(over)
	c.attempt.drop(over.Code, over.Reason)
	c.dropOpened(over.Code, over.Reason)
	c.link, c.attempt = nil, nil
}

// end closes the client for good. What the application was not told yet still is.
func (c *Client) end(over core.Over, lost Lost) {
	c.over = &Error{over.Code, over.Reason}
	c.setState(Closed)
	c.later(func() {
		if c.cfg.OnLost != nil && len(lost.Unconfirmed) > 0 {
			c.cfg.OnLost(lost)
		}
	})
	c.cancel()
	close(c.closed)
}
