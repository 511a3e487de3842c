package client

import (
	"context"
	"errors"
	"time"

	"github.com/weft-realtime/weft/fallback"
	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// link is a connection that is being dialled, is open, or carries an attachment. Its fields are guarded by Client.mu;
// conn does not change any more once it is set.
type link struct {
	c       *Client
	core    *core.Client // of the session that it was opened for
	kind    transport.Kind
	offer   transport.Offer
	ctx     context.Context
	cancel  context.CancelFunc
	conn    transport.Link // nil while it is being dialled
	binding core.Binding   // 0 before its HELLO or ATTACH
	gone    bool
	writing bool // a flusher runs, or the first batch is on its way
	reading bool
	ending  bool // to be dropped when everything is written
}

func (c *Client) newLink(kind transport.Kind) *link {
	l := &link{c: c, core: c.core, kind: kind, offer: c.offers[kind]}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	return l
}

// drop closes a link, whatever stage it is in. c.mu is held.
func (l *link) drop(code frame.Code, reason string) {
	if l == nil || l.gone {
		return
	}
	l.gone = true
	l.cancel()
	if l.conn != nil {
		l.c.running.Add(1)
		go l.hangUp(code, reason)
	}
}

// hangUp closes the connection outside the lock.
func (l *link) hangUp(code frame.Code, reason string) {
	defer l.c.running.Done()
	l.conn.Close(code, reason)
}

func (l *link) target() transport.Target {
	return transport.Target{Mount: l.c.mount, Header: l.c.cfg.Header, Position: l.position, Offer: l.offer}
}

// position is what a link that polls must know of its session, which may be over already.
func (l *link) position() transport.Position {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	p := transport.Position{Att: l.core.Att()}
	if s := l.core.Session(); s != nil {
		p.SID, p.Token = s.SID, s.Token
	}
	p.Rcv, p.Ack = l.core.Progress()
	return p
}

// dial opens a connection and says so.
func (l *link) dial() {
	c := l.c
	defer c.running.Done()
	conn, err := c.dialers[l.kind].Dial(l.ctx, l.target())
	c.mu.Lock()
	defer c.unlock()
	now := fallback.Time(c.now())
	switch {
	case err != nil && l.gone:
	case err != nil:
		c.note("failed", l.kind, err)
		c.forget(l)
		c.limited(err)
		c.act(c.plan.Failed(now, l.kind, nil))
	case l.gone:
		l.late(conn)
	default:
		l.conn = conn
		c.note("opened", l.kind, nil)
		c.act(c.plan.Opened(now, l.kind, nil))
	}
}

// late closes a connection that opened when the link had been dropped. c.mu is held.
func (l *link) late(conn transport.Link) {
	l.conn, l.gone = conn, false
	l.drop(frame.Done, "not needed")
}

var errNoReady = errors.New("weft: answer without READY")

// open dials if need be, and sends the first batch.
func (l *link) open(first []byte) {
	c := l.c
	defer c.running.Done()
	if l.conn == nil {
		conn, err := c.dialers[l.kind].Dial(l.ctx, l.target())
		c.mu.Lock()
		switch {
		case err != nil:
			c.lost(l, err)
		case l.gone:
			l.late(conn)
		default:
			l.conn = conn
		}
		gone := l.gone
		c.unlock()
		if gone {
			return
		}
	}
	l.send(first)
	c.mu.Lock()
	l.writing = false
	if l.kind.Pulled() && l == c.attempt {
		c.lost(l, errNoReady)
	}
	if !l.kind.Pulled() {
		c.read(l)
	}
	c.unlock()
}

// send sends a batch and takes the answer.
func (l *link) send(batch []byte) bool {
	answer, err := l.conn.Send(l.ctx, batch)
	c := l.c
	c.mu.Lock()
	defer c.unlock()
	if err != nil {
		c.lost(l, err)
		return false
	}
	c.receive(l, answer, l.kind.Posts())
	return !l.gone
}

// flush sends what is pending until nothing is.
func (l *link) flush() {
	c := l.c
	defer c.running.Done()
	var buf []byte
	for {
		c.mu.Lock()
		buf = l.core.Batch(c.now(), l.binding, l.encoding(l.kind.Posts()), buf[:0])
		if len(buf) == 0 || l.gone {
			l.writing = false
			if l.ending {
				l.drop(frame.Done, "done")
			}
			c.unlock()
			return
		}
		c.unlock()
		if !l.send(buf) {
			return
		}
	}
}

// encoding is of what is received on a connection, or of what goes and comes in POSTs. c.mu is held.
func (l *link) encoding(post bool) frame.Encoding {
	if post {
		return frame.Binary
	}
	return l.conn.Encoding()
}

// read starts what receives: one goroutine, and one more for what comes outside the order. c.mu is held.
func (c *Client) read(l *link) {
	if l.reading || l.gone || l.conn == nil {
		return
	}
	l.reading = true
	c.running.Add(1)
	go l.receive()
	if u, ok := l.conn.(transport.Unordered); ok {
		c.running.Add(1)
		go l.receiveVolatile(u)
	}
}

func (l *link) receive() {
	c := l.c
	defer c.running.Done()
	for {
		batch, err := l.conn.Receive(l.ctx)
		c.mu.Lock()
		if err != nil {
			c.lost(l, err)
			c.unlock()
			return
		}
		l.core.Heard(c.now(), l.binding)
		c.receive(l, batch, false)
		gone := l.gone
		c.unlock()
		if gone {
			return
		}
	}
}

// receiveVolatile ends with the link, of whose death receive tells.
func (l *link) receiveVolatile(u transport.Unordered) {
	c := l.c
	defer c.running.Done()
	for {
		p, err := u.ReceiveVolatile(l.ctx)
		if err != nil {
			return
		}
		c.mu.Lock()
		if l == c.link { // what overtakes READY is lost (PROTOCOL 11.16)
			c.receive(l, p, false)
		}
		c.unlock()
	}
}

// lost says that a link died. c.mu is held.
func (c *Client) lost(l *link, err error) {
	if l.gone {
		return
	}
	now := fallback.Time(c.now())
	c.limited(err)
	l.drop(frame.Done, "lost")
	l.core.Lost(c.now(), l.binding)
	switch l {
	case c.link:
		c.forget(l)
		if c.attempt != nil && codeOf(err) == frame.Superseded { // the server has heard of the attempt: READY follows
			c.note("left", l.kind, err)
			c.act(c.plan.Left(now, nil))
			return
		}
		c.note("died", l.kind, err)
		acts := c.plan.Died(now, nil)
		c.detached()
		c.act(acts)
	case c.attempt, c.opened[l.kind]:
		c.forget(l)
		c.note("failed", l.kind, err)
		acts := c.plan.Failed(now, l.kind, nil)
		if c.link == nil {
			c.detached() // if the attachment before was left for this one
		}
		c.act(acts)
	}
}

// detached tells the application that there is no connection any more. c.mu is held.
func (c *Client) detached() {
	if c.state == Open {
		c.setState(Detached)
	}
}

// codeOf is the code that an error bears, or 0.
func codeOf(err error) frame.Code {
	if e, ok := errors.AsType[*transport.Error](err); ok {
		return e.Code
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return 0
}

// limited tells the plan of a refusal that asks for patience (PROTOCOL 12.2). c.mu is held.
func (c *Client) limited(err error) {
	if codeOf(err).Class() == frame.ClassDelay {
		c.plan.Limited(fallback.Time(c.now()))
	}
}

// finish drops a link of a session that is over, when what the core still has to say is written. c.mu is held.
func (l *link) finish(over *core.Over) {
	if l == nil {
		return
	}
	l.ending = true
	switch {
	case l.writing:
	case l.core.Pending():
		l.writing = true
		l.c.running.Add(1)
		go l.flush()
	default:
		l.drop(over.Code, over.Reason)
		return
	}
	time.AfterFunc(time.Second, l.giveUp)
}

// giveUp drops a link that has had its time.
func (l *link) giveUp() {
	l.c.mu.Lock()
	l.drop(frame.Timeout, "write stalled")
	l.c.mu.Unlock()
}

// forget takes a link out of its place.
func (c *Client) forget(l *link) {
	if c.link == l {
		c.link = nil
	}
	if c.attempt == l {
		c.attempt = nil
	}
	if c.opened[l.kind] == l {
		delete(c.opened, l.kind)
	}
}
