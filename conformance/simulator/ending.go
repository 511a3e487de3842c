package simulator

import (
	"github.com/weft-realtime/weft/conformance/prng"
	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// ending is how a session is planned to end. Any other end is a violation.
type ending uint8

const (
	expires      ending = iota // the client is away for longer than TTL
	clientCloses               // gracefully
	serverCloses
	bothClose
	clientAborts // without finalSeq
	serverAborts
	swallowed // something between the ends loses a batch out of a stream, which is no fault that a session survives
)

// aborted is an application's own code.
const aborted frame.Code = 3003

// planEnding decides how a new session is to end, and when.
func (r *run) planEnding(t *thread) {
	t.plan = prng.Pick(r.rand, expires, clientCloses, serverCloses, bothClose, clientAborts, serverAborts, swallowed)
	if t.plan == swallowed && r.set.pulls == 1 {
		t.plan = expires
	}
	t.quota = r.tally.Messages + r.target/10 + uint64(r.rand.N(int(r.target)))
}

// endWhenDue begins the end of the session that is open.
func (r *run) endWhenDue() {
	c, t := r.client, r.client.thread
	switch {
	case t.begun > 0 && r.now > t.begun+ttl+bound && (c.side.over == nil || t.server.over == nil):
		r.fail(Stalled, "session does not end (%d): %s, %s", t.plan, c.side.state(), t.server.state())
	case t.begun > 0, r.calm, c.core.Session() == nil:
	case r.tally.Messages >= r.target:
		r.beginFinale()
	case r.tally.Messages >= t.quota:
		r.endSession(t)
	}
}

// endSession does what the plan says.
func (r *run) endSession(t *thread) {
	r.trace("session ends: %d", t.plan)
	t.begun = r.now
	c, h := r.client, r.server.newest
	switch t.plan {
	case expires:
		h.forgotten = r.rand.OneIn(3)
		c.leave()
	case clientCloses:
		c.core.Close(frame.Done, "bye")
	case serverCloses:
		h.core.Close(frame.Done, "bye")
	case bothClose:
		c.core.Close(frame.Done, "bye")
		h.core.Close(frame.Done, "bye")
	case clientAborts:
		c.core.Abort(aborted, "enough")
	case serverAborts:
		h.core.Abort(aborted, "enough")
	case swallowed:
		r.swallow(t)
	}
	h.side.work()
	c.side.work()
}

// swallow makes a batch vanish out of the stream that is used, again and again until it was noticed: a cut may hide that
// something is missing. A session that stays on polls ends otherwise.
func (r *run) swallow(t *thread) {
	if t.client.over != nil || r.stopped() {
		return
	}
	if r.now > t.begun+bound/2 {
		t.plan = clientAborts
		r.endSession(t)
		return
	}
	if p := r.client.current; p != nil && p.link != nil {
		way := prng.Pick(r.rand, &p.link.up, &p.link.down)
		if p.posts {
			way = &p.link.down
		}
		way.swallow = true
	}
	r.after(500, func() { r.swallow(t) })
}

// leave takes the client away until the server has given the session up.
func (c *client) leave() {
	c.away = true
	for len(c.paths) > 0 {
		p := c.paths[0]
		c.core.Lost(c.run.now, p.binding)
		p.close(c.run.rand.OneIn(2))
	}
}

// comeBack looks whether the session has expired.
func (c *client) comeBack() {
	if c.away && c.thread.server.over != nil {
		c.away = false
		c.reconnect()
	}
}

// sideEnded holds an end of a session against its plan.
func (r *run) sideEnded(t *thread, s *side) {
	isClient := s == t.client
	if t.begun == 0 || !t.plan.allows(s.over, isClient, t.client.over != nil) {
		r.fail(Reset, "%s ended: %d %s (remote: %t), planned %d, begun %t",
			s.name, s.over.Code, s.over.Reason, s.over.Remote, t.plan, t.begun > 0)
	}
	if !isClient {
		return
	}
	r.tally.Expected++
	if !r.calm {
		r.after(1, r.nextSession)
	}
}

// nextSession opens another one. Some logs begin anew before, under another epoch.
func (r *run) nextSession() {
	if r.calm || r.stopped() {
		return
	}
	for _, t := range r.topics {
		if r.rand.OneIn(3) {
			r.server.drop(t)
			t.renew()
		}
	}
	r.client.open()
}

// drop ends the cursors of a topic in sessions that linger.
func (s *server) drop(t *topic) {
	if c := s.newest.cursors[t.name]; c != nil {
		s.newest.core.Unsubscribe(c)
		delete(s.newest.cursors, t.name)
	}
}

// allows says how the plan may end at one side. A server that does not hear that its client has ended keeps the session
// until it expires.
func (e ending) allows(o *core.Over, isClient, clientOver bool) bool {
	if !isClient && clientOver && o.Code == frame.Unknown {
		return true
	}
	switch e {
	case expires:
		return o.Code == frame.Unknown && o.Remote == isClient
	case clientCloses, serverCloses, bothClose:
		return o.Code == frame.Done
	case clientAborts:
		return o.Code == aborted && o.Remote != isClient
	case swallowed:
		return o.Code == frame.BadProtocol
	}
	return o.Code == aborted && o.Remote == isClient
}
