package client

import (
	"github.com/weft-realtime/weft/fallback"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// send sends a batch and takes the answer.
func (l *link) send(batch []byte) bool {
	answer, err := l.conn.Send(l.ctx, batch)
	c := l.c
	c.mu.Lock()
	defer c.unlock()
	if err != nil {
		l.s.lost(l, err)
		return false
	}
	l.core.Answered(l.binding)
	l.s.receive(l, answer, l.kind.Posts())
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
		l.s.carried(l, len(buf))
		if l.kind.Posts() && len(buf) > 0 {
			l.core.Posted(c.now(), l.binding)
		}
		if len(buf) == 0 || l.gone {
			l.writing = false
			if l.ending {
				l.drop(frame.Done, "done")
			}
			if l.ended != nil {
				l.s.lost(l, l.ended)
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

// carried counts what a link carries, and has it replaced when that is as much as it may (PROTOCOL 14.10). c.mu is held.
func (s *session) carried(l *link, n int) {
	l.carried += int64(n)
	if most := s.offers[l.kind].Rotate; l == s.link && most > 0 && l.carried >= most {
		s.act(s.plan.Worn(fallback.Time(s.c.now()), nil))
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
func (s *session) read(l *link) {
	if l.reading || l.gone || l.conn == nil {
		return
	}
	l.reading = true
	s.c.running.Add(1)
	go l.receive()
	if u, ok := l.conn.(transport.Unordered); ok {
		s.c.running.Add(1)
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
			if l.writing && l.kind.Posts() && l.core.Closing() {
				l.ended = err // the answer to the POST may be the last word
			} else {
				l.s.lost(l, err)
			}
			c.unlock()
			return
		}
		l.core.Heard(c.now(), l.binding)
		l.s.receive(l, batch, false)
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
		if l == l.s.link { // what overtakes READY is lost (PROTOCOL 11.16)
			l.s.receive(l, p, false)
		}
		c.unlock()
	}
}
