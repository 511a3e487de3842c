package client

import (
	"iter"
	mathrand "math/rand/v2"
	"net/url"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// move is what a server's wish has set going: that the next session is opened elsewhere (PROTOCOL 18). Its fields are
// guarded by Client.mu.
type move struct {
	mount *url.URL  // of the next session
	at    core.Time // when that is opened
	until core.Time // how long the answers of calls are waited for
	next  *session  // nil before at
	by    core.Time // when the old session is ended, whatever it still has; 0: it is not being closed
	word  core.Time // when it is, if it has no connection and nothing to say; 0: that is not so
}

const (
	closeTimeout = 10_000    // milliseconds for an old session to end (PROTOCOL 18.4)
	lastWord     = 1_000     // milliseconds for one that has no connection and nothing to say: the server's last word may be missing
	longestMove  = 3_600_000 // milliseconds that a server may ask for
)

// asked takes a server's wish, once. It says it on every attachment. That of the next session's waits until that is the
// current one. c.mu is held.
func (c *Client) asked(s *session, to string, within uint64) {
	if c.move != nil && s == c.move.next {
		s.early = append(s.early, job{call: func() {
			c.mu.Lock()
			c.asked(s, to, within)
			c.unlock()
		}})
		return
	}
	if s != c.session || c.move != nil || c.closing != nil {
		return
	}
	mount := c.home
	if to != "" {
		var err error
		if mount, err = s.mount.Parse(to); err != nil || mount.Scheme != "https" && mount.Scheme != s.mount.Scheme {
			c.cfg.Logger.Warn("weft: asked to move to where a session cannot go", "url", to)
			return
		}
	}
	now := c.now()
	within = min(within, longestMove)
	c.move = &move{mount: mount, at: now + core.Time(mathrand.Uint64N(within+1)), until: now + core.Time(within*5/4)}
	c.note("move", 0, nil)
}

// sessions are the current one and the next one, if there is one. c.mu is held.
func (c *Client) sessions() iter.Seq[*session] {
	return func(yield func(*session) bool) {
		if yield(c.session) && c.move != nil && c.move.next != nil {
			yield(c.move.next)
		}
	}
}

// sending is the session that what is sent now belongs to. c.mu is held.
func (c *Client) sending() *session {
	if c.move != nil && c.move.by != 0 {
		return c.move.next
	}
	return c.session
}

// deadline is when something is due, or 0.
func (m *move) deadline() core.Time {
	switch {
	case m == nil:
		return 0
	case m.next == nil:
		return m.at
	case m.by != 0:
		return earlier(m.by, m.word)
	case m.next.core.Session() != nil:
		return m.until
	}
	return 0
}

// proceed does what is due of a move. c.mu is held.
func (c *Client) proceed() {
	m := c.move
	if m == nil || c.over != nil {
		return
	}
	now := c.now()
	switch {
	case m.next == nil && now >= m.at && c.core.Over() == nil:
		memory := c.plan.Memory()
		m.next = c.newSession(m.mount, memory.Elsewhere())
		m.next.core.Hold()
		m.next.open()
	case m.next == nil:
	case m.by != 0:
		m.wait(now, c.session)
	case m.next.core.Over() != nil: // refused for good
		c.stay()
	case m.next.core.Session() != nil && (len(c.calls)+len(c.requests) == 0 || now >= m.until):
		c.core.Leave(frame.Draining, "moved")
		m.by = now + closeTimeout
	}
}

// wait ends the old session when it has had its time.
func (m *move) wait(now core.Time, old *session) {
	_, ack, top := old.core.Confirmed()
	switch {
	case old.link != nil || ack < top || old.core.Queued().Messages > 0:
		m.word = 0
	case m.word == 0:
		m.word = now + lastWord
	}
	if now >= m.by || m.word != 0 && now >= m.word {
		old.core.Abort(frame.Draining, "moved")
	}
}

// stay gives a move up, and returns what the next session leaves. c.mu is held.
func (c *Client) stay() []Unconfirmed {
	m := c.move
	if c.move = nil; m == nil || m.next == nil {
		return nil
	}
	if m.next.core.Over() == nil {
		m.next.core.Abort(frame.Done, "not needed")
	}
	return m.next.end(*m.next.core.Over()).Unconfirmed
}

// mayFollow reports whether the next session takes the place of one that has ended.
func (m *move) mayFollow(over core.Over) bool {
	return m != nil && m.next != nil && m.next.core.Over() == nil && m.next.core.Session() != nil && (m.by != 0 || again(over))
}

// follow makes the next session the current one (PROTOCOL 18.5). c.mu is held.
func (c *Client) follow(lost Lost) {
	next := c.move.next
	c.session, c.move = next, nil
	next.core.Release()
	if next.mount != c.home {
		next.core.Expire()
	}
	c.tell(lost)
	c.inbox = append(c.inbox, next.early...)
	next.early = nil
	if c.closing != nil {
		next.core.Close(c.closing.Code, c.closing.Reason)
		return
	}
	if next.link != nil {
		c.opens()
	} else {
		c.setState(Detached)
	}
	c.recover()
}
