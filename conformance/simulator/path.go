package simulator

import (
	"slices"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// pathState is how far a path has come.
type pathState uint8

const (
	dialing pathState = iota
	ready             // open, and waits for its turn
	asked             // HELLO or ATTACH is on its way
	current
	left // superseded; what still arrives must not matter
	closed
)

// path is a client's way to the server: a stream, or polls.
type path struct {
	c       *client
	side    *side
	core    *core.Client
	state   pathState
	enc     frame.Encoding
	lag     core.Time
	binding core.Binding

	suspected bool
	link      *link // nil: polls
	remote    *serverConn
	posts     bool      // the link is an event stream: what goes up is POSTed
	idle      core.Time // a write is under way until then
	waiting   bool

	polls polls
}

// dial begins to open a path. It may fail, or hang.
func (c *client) dial(pulled bool) {
	r := c.run
	p := &path{c: c, side: c.side, core: c.core, lag: core.Time(r.rand.Between(1, 40))}
	p.posts = !pulled && c.core.Session() != nil && r.rand.OneIn(r.set.events)
	c.paths = append(c.paths, p)
	open, d := true, 3*p.lag
	switch k := r.rand.N(12); {
	case r.offline():
		open = false
	case r.weather.storm && !r.calm && k == 0:
		open = false
		r.count("dial fails")
	case r.weather.storm && !r.calm && k == 1:
		d = core.Time(r.rand.Between(500, 4_000))
		r.count("dial hangs for %d ms", d)
	}
	r.after(d, func() { p.dialed(open, pulled) })
}

func (p *path) dialed(open, pulled bool) {
	if p.state != dialing || p.c.run.stopped() {
		return
	}
	if !open {
		p.c.failed++
		p.close(true)
		p.c.reconnect()
		return
	}
	p.state = ready
	if !pulled {
		r := p.c.run
		if p.posts || r.rand.OneIn(r.set.json) {
			p.enc = frame.JSON
		}
		p.link = r.newLink()
		p.link.down.arrive, p.link.down.ended = p.receive, p.lost
		p.remote = r.server.accept(p.link, p.enc, p.posts)
	}
	p.c.offer()
}

// hopeful reports whether a path may still become an attachment.
func (p *path) hopeful() bool { return p.state == dialing || p.state == ready }

// attach sends HELLO or ATTACH.
func (p *path) attach() {
	r := p.c.run
	p.state = asked
	up := p.enc
	if p.posts {
		up = frame.Binary
	}
	b, batch := p.core.Open(r.now, p.link == nil, up, nil)
	p.binding = b
	if p.link != nil {
		p.harmOpening()
	}
	switch {
	case p.posts:
		p.askStream(batch)
	case p.link != nil:
		p.c.run.traceBatch("up  ", p.enc, batch)
		p.link.up.write(batch)
	default:
		p.ask(batch)
	}
	r.after(patience, func() {
		if p.state == asked && !r.stopped() {
			r.trace("client: no READY")
			p.lost()
		}
	})
	p.side.arm()
}

// harmOpening loses or delays the attempt or its answer, above all when it creates the session.
func (p *path) harmOpening() {
	r := p.c.run
	often := 12
	if p.core.Session() == nil {
		often = 2
	}
	if r.calm || !r.weather.storm || !r.rand.OneIn(often) {
		return
	}
	switch r.rand.N(4) {
	case 0:
		r.count("opening lost")
		p.link.up.hole, p.link.broken = true, true
	case 1:
		r.count("READY lost")
		p.link.down.hole, p.link.broken = true, true
	case 2:
		r.count("opening late")
		p.link.up.freeze(core.Time(r.rand.Between(1_000, 12_000)))
	case 3:
		r.count("READY late")
		p.link.down.freeze(core.Time(r.rand.Between(1_000, 12_000)))
	}
}

func (p *path) receive(batch []byte) {
	if p.state != closed && p.side.over == nil {
		p.side.take(batch, p.enc, p.binding, false)
	}
}

func (p *path) flush() {
	if p.link == nil || p.posts {
		p.flushSend()
		return
	}
	for p.state == current && !p.waiting && p.core.Pending() {
		now := p.c.run.now
		if now < p.idle {
			p.waiting = true
			p.c.run.at(p.idle, p.resume)
			return
		}
		batch := p.core.Batch(now, p.binding, p.enc, nil)
		if len(batch) == 0 {
			return
		}
		p.idle = now + core.Time(p.c.run.rand.N(3))
		p.c.run.traceBatch("up  ", p.enc, batch)
		p.link.up.write(batch)
	}
}

func (p *path) resume() {
	p.waiting = false
	if p.side.over != nil {
		p.finish()
		return
	}
	p.side.work()
}

// lost is the end of the path as the client sees it: closed by the server, reset, out of patience.
func (p *path) lost() {
	if p.state == closed || p.side.over != nil {
		return
	}
	p.core.Lost(p.c.run.now, p.binding)
	p.failed()
	p.side.work()
}

// failed closes the path and looks for another.
func (p *path) failed() {
	if p.state == asked {
		p.c.failed++
	}
	p.close(true)
	p.c.offer()
}

// leave closes a path that was superseded, at once or a little later.
func (p *path) leave() {
	p.state = left
	p.c.run.after(core.Time(p.c.run.rand.N(2)*p.c.run.rand.N(1_500)), func() { p.close(false) })
}

// finish writes a last word and closes. A last word that is POSTed must be there before the event stream ends, or the
// server has given the attachment up.
func (p *path) finish() {
	if p.flush(); !p.waiting && (!p.posts || p.polls.sending == nil) {
		p.close(false)
	}
}

// close forgets the path. silent: the server is not told.
func (p *path) close(silent bool) {
	if p.state == closed {
		return
	}
	p.state = closed
	if i := slices.Index(p.c.paths, p); i >= 0 {
		p.c.paths = slices.Delete(p.c.paths, i, i+1)
	}
	if p.c.current == p {
		p.c.current = nil
	}
	if p.link != nil && !silent {
		p.link.up.end()
	}
	p.polls.abandon()
}
