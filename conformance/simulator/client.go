package simulator

import (
	"slices"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// client opens sessions, one after the other, and keeps each attached. Several dials may be under way; one HELLO or
// ATTACH is outstanding.
type client struct {
	run     *run
	side    *side
	core    *core.Client
	thread  *thread
	paths   []*path
	current *path
	failed  int  // attempts in a row
	planned bool // a dial is about to begin
	away    bool // on purpose, until the session has expired
}

// open begins a session.
func (c *client) open() {
	r := c.run
	c.thread = r.newThread()
	c.core = core.NewClient(r.set.client, c.thread.nonce, nil)
	c.side = newSide(r, c.thread, c.thread.up.name, c.core, r.set.client, c)
	c.side.out, c.side.in = &c.thread.up, &c.thread.down
	c.side.window, c.side.grant = r.set.server.Receive, r.set.server.Send
	c.thread.client = c.side
	c.failed = 0
	r.startTraffic(c.side)
	c.reconnect()
}

// reconnect plans a dial when there is neither an attachment nor a way to one (PROTOCOL 14.3).
func (c *client) reconnect() {
	if c.planned || c.away || c.side.over != nil || c.core.Current() != 0 || c.core.Outstanding() != 0 {
		return
	}
	if slices.ContainsFunc(c.paths, (*path).hopeful) {
		return
	}
	c.planned = true
	limit := 250
	if c.failed > 0 {
		limit = min(3_000, 500<<min(c.failed, 5))
	}
	c.run.after(core.Time(c.run.rand.N(limit)), func() {
		c.planned = false
		if c.away || c.side.over != nil || c.core.Current() != 0 || c.core.Outstanding() != 0 {
			return
		}
		c.dial(c.run.rand.OneIn(c.run.set.pulls))
		if c.run.rand.OneIn(4) {
			c.dial(c.run.rand.OneIn(c.run.set.pulls))
		}
	})
}

// migrate dials beside the current attachment.
func (c *client) migrate() bool {
	if c.away || c.side.over != nil || c.core.Session() == nil || len(c.paths) > 4 {
		return false
	}
	up := c.current != nil && c.current.link == nil && c.run.set.pulls > 1
	c.dial(!up && !c.run.rand.OneIn(3))
	return true
}

// offer uses an open path for an attempt, if none is outstanding. The others wait for their turn.
func (c *client) offer() {
	if c.core.Outstanding() != 0 || c.side.over != nil || c.away {
		return
	}
	for _, p := range c.paths {
		if p.state == ready {
			p.attach()
			return
		}
	}
	c.reconnect()
}

// flush writes what is pending on the current path.
func (c *client) flush() {
	if c.current != nil {
		c.current.flush()
	}
}

// attempt is the binding whose HELLO or ATTACH is outstanding: its frames count, too.
func (c *client) attempt() core.Binding { return c.core.Outstanding() }

func (c *client) effect(e *core.Effect) {
	switch e.Kind {
	case core.Attached:
		c.attached(e.Binding)
	case core.Dead:
		c.run.trace("client: dead: %d %s", e.Code, e.Reason)
		c.flush()
		if p := c.path(e.Binding); p != nil {
			p.failed()
		}
	case core.Suspect:
		c.run.trace("client: suspects")
		if p := c.path(e.Binding); p != nil {
			p.suspected = true
		}
		c.dial(c.run.rand.OneIn(c.run.set.pulls))
	}
}

// attached makes a path the current one, and closes those that were used before.
func (c *client) attached(b core.Binding) {
	c.run.trace("client: attached, att %d", c.core.Att())
	c.failed, c.run.weather.twice = 0, false
	p := c.path(b)
	if p == nil {
		c.run.fail(Broken, "attached to a path that was closed")
		return
	}
	c.current = p
	p.state = current
	for _, old := range slices.Clone(c.paths) {
		if old != p && old.state >= asked {
			old.leave()
		}
	}
}

func (c *client) path(b core.Binding) *path {
	for _, p := range c.paths {
		if b != 0 && p.binding == b {
			return p
		}
	}
	return nil
}

func (c *client) ended() {
	r := c.run
	for _, p := range slices.Clone(c.paths) {
		p.finish()
	}
	r.sideEnded(c.thread, c.side)
}

func (c *client) published() mark { return mark{} }

func (c *client) listen(seq uint64, m *frame.Message) {
	if t := c.run.topic(m.Topic); t != nil {
		t.listen(c.thread, seq, m)
	}
}

func (c *client) serveTopic(*serving, *frame.Message) {
	c.run.fail(Broken, "a subscription at the client")
}
