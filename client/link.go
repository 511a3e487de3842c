package client

import (
	"context"
	"errors"
	"net/url"
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
	s       *session
	core    *core.Client // of the session that it was opened for: when that is lost, s has the next one's
	kind    transport.Kind
	mount   *url.URL // as core, that of its session
	offer   transport.Offer
	ctx     context.Context
	cancel  context.CancelFunc
	conn    transport.Link // nil while it is being dialled
	binding core.Binding   // 0 before its HELLO or ATTACH
	gone    bool
	writing bool // a flusher runs, or the first batch is on its way
	reading bool
	ending  bool   // to be dropped when everything is written
	carried int64  // bytes of batches, both ways
	from    uint64 // what had come through when it began
	ended   error  // why nothing comes any more, while something is being sent
}

func (s *session) newLink(kind transport.Kind) *link {
	l := &link{c: s.c, s: s, core: s.core, kind: kind, mount: s.mount, offer: s.offers[kind]}
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
	return transport.Target{Mount: l.mount, Header: l.c.cfg.Header, Position: l.position, Offer: l.offer}
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
		l.s.forget(l)
		l.s.limited(err)
		l.refused(err)
		l.s.act(l.s.plan.Failed(now, l.kind, nil))
	case l.gone:
		l.late(conn)
	default:
		l.conn = conn
		c.note("opened", l.kind, nil)
		l.s.act(l.s.plan.Opened(now, l.kind, nil))
	}
}

// refused ends the session if the server has said, in answer to a dial, that it is gone (PROTOCOL 9.5). c.mu is held.
func (l *link) refused(err error) {
	if e, ok := errors.AsType[*transport.Error](err); ok && e.Reset && l.core == l.s.core {
		f := frame.Frame{Type: frame.Reset, Code: e.Code, Text: e.Reason, Consumed: e.Consumed}
		fx, _ := l.core.Receive(l.c.now(), 0, &f, true, nil)
		l.s.apply(fx)
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
			l.s.lost(l, err)
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
	if l.kind.Pulled() && l == l.s.attempt {
		l.s.lost(l, errNoReady)
	}
	if !l.kind.Pulled() {
		l.s.read(l)
	}
	c.unlock()
}

// lost says that a link died. c.mu is held.
func (s *session) lost(l *link, err error) {
	if l.gone {
		return
	}
	now := fallback.Time(s.c.now())
	s.limited(err)
	l.drop(frame.Done, "lost")
	l.core.Lost(s.c.now(), l.binding)
	switch l {
	case s.link:
		s.forget(l)
		if s.attempt != nil && codeOf(err) == frame.Superseded { // the server has heard of the attempt: READY follows
			s.c.note("left", l.kind, err)
			s.act(s.plan.Left(now, nil))
			return
		}
		s.c.note("died", l.kind, err)
		acts := s.plan.Died(now, s.core.Through() > l.from, nil)
		s.detached()
		s.act(acts)
	case s.attempt, s.opened[l.kind]:
		s.forget(l)
		s.c.note("failed", l.kind, err)
		acts := s.plan.Failed(now, l.kind, nil)
		if s.link == nil {
			s.detached() // if the attachment before was left for this one
		}
		s.act(acts)
	}
}

// detached tells the application that there is no connection any more, unless another session has taken over already. c.mu
// is held.
func (s *session) detached() {
	if c := s.c; s == c.sending() && c.state == Open {
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
func (s *session) limited(err error) {
	if codeOf(err).Class() == frame.ClassDelay {
		s.plan.Limited(fallback.Time(s.c.now()))
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
func (s *session) forget(l *link) {
	if s.link == l {
		s.link = nil
	}
	if s.attempt == l {
		s.attempt = nil
	}
	if s.opened[l.kind] == l {
		delete(s.opened, l.kind)
	}
}
