package session

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// attachment is one connection's hold on a session. It implements transport.Attachment.
type attachment struct {
	s       *Session
	conn    transport.Conn
	kind    transport.Kind
	enc     frame.Encoding // of what is sent
	binding core.Binding
	att     uint64
	done    chan struct{}
	fn      func() // a.flush: a stored func, so that starting it allocates nothing

	// Guarded by s.mu.
	flushing bool             // a flusher runs
	settling int              // POSTs that wait for their messages: their answer tells what an ACK would
	writing  core.Time        // when the Send that runs began; 0: none
	closing  *transport.Error // superseded, lost or ended: why
	told     bool             // the client was told so in band
	polls    polls
}

// supersedeGrace is how long a client has to close a connection that it has left (PROTOCOL 8.4).
const supersedeGrace = time.Second

var (
	errStalled = &transport.Error{Code: frame.Timeout, Reason: "write stalled"}
	// Resumable: it disturbs nobody, and whoever gets it by mistake keeps the session (PROTOCOL 11.15).
	errNoPosts = &transport.Error{Code: frame.Timeout, Reason: "the attachment takes no POSTs"}
	effects    = sync.Pool{New: func() any { fx := make([]core.Effect, 0, 16); return &fx }}
	decoders   = sync.Pool{New: func() any { return new(frame.Decoder) }}
	buffers    = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}
)

// maxPooled is the largest buffer that is kept for the next batch.
const maxPooled = 128 << 10

func (a *attachment) Done() <-chan struct{} { return a.done }

// inbound is the encoding of what a client sends on a connection (PROTOCOL 11.2).
func inbound(c transport.Conn) frame.Encoding {
	if c.Kind().Posts() {
		return frame.Binary
	}
	return c.Encoding()
}

// Deliver takes a batch from the client.
func (a *attachment) Deliver(batch []byte, post bool) error {
	if post && !a.kind.Posts() {
		return errNoPosts
	}
	d := decoders.Get().(*frame.Decoder)
	defer decoders.Put(d)
	d.Reset(inbound(a.conn), batch, a.s.registry.cfg.MaxFrame)
	a.s.registry.stats.batchesIn.Add(1)
	return a.take(d, post)
}

// take feeds what is left in d to the core.
func (a *attachment) take(d *frame.Decoder, post bool) error {
	s := a.s
	fx := effects.Get().(*[]core.Effect)
	defer effects.Put(fx)
	s.mu.Lock()
	defer s.unlock()
	var f frame.Frame
	for more := true; more && a.closing == nil; {
		ok, err := d.Next(&f)
		if err != nil {
			s.refuse(a, err.(*frame.Error))
			return a.refusal()
		}
		if !ok {
			break
		}
		*fx, more = s.core.Receive(s.registry.now(), a.binding, &f, post, (*fx)[:0])
		s.apply(*fx)
		clear(*fx)
	}
	return a.refusal()
}

// refusal is the error that the transport closes with, if any. s.mu is held.
func (a *attachment) refusal() error {
	switch over := a.s.core.Over(); {
	case a.closing != nil:
		return a.closing
	case over != nil:
		return &transport.Error{Code: over.Code, Reason: over.Reason}
	}
	return nil
}

// refuse ends the session because of bytes that are no frame. s.mu is held.
func (s *Session) refuse(a *attachment, e *frame.Error) {
	if a == s.att {
		s.core.Abort(e.Code, e.Reason)
		s.registry.refused(s, e.Code, e.Reason)
	}
}

// Lost says that the connection died; the session is kept. If the transport refused what the client sent, the client
// was told that its session is over, and it is (PROTOCOL 9.4), also when a write had failed before.
func (a *attachment) Lost(err error) {
	s := a.s
	s.mu.Lock()
	newest := a == s.att || s.att == nil && s.core.Att() == a.att
	e, refused := errors.AsType[*transport.Error](err)
	if refused && e.Code.Class() == frame.ClassFinal && newest && s.core.Over() == nil {
		s.core.Abort(e.Code, e.Reason)
		s.registry.refused(s, e.Code, e.Reason)
	}
	if a == s.att {
		s.lose(a, err)
	}
	s.unlock()
}

// lose detaches the session from its connection. s.mu is held.
func (s *Session) lose(a *attachment, err error) {
	s.att = nil
	s.core.Lost(s.registry.now(), a.binding)
	e := transport.AsError(err)
	a.shut(e)
	a.told = true // a dead path is not told anything
	s.hangUp = a
	s.registry.detachedFrom(s, a.kind, err)
}

// end closes an attachment of a session that has ended: what is pending is written first. s.mu is held.
func (a *attachment) end(e *transport.Error) {
	a.shut(e)
	a.told = true // the core writes CLOSE where one is due
	a.s.att = nil
	if a.kind.Pulled() {
		return
	}
	a.startLocked()
	time.AfterFunc(supersedeGrace, a.close)
}

// supersede takes the session away from an attachment. s.mu is held.
func (a *attachment) supersede() {
	a.shut(errSuperseded)
	if a.kind.Pulled() {
		return
	}
	a.startLocked()
	time.AfterFunc(supersedeGrace, a.close)
}

func (a *attachment) shut(e *transport.Error) {
	if a.closing == nil {
		a.closing = e
		close(a.done)
		a.polls.signal()
	}
}

func (a *attachment) close() { a.conn.Close(a.closing.Code, a.closing.Reason) }

// stalled reports whether a write takes too long. s.mu is held.
func (a *attachment) stalled(now core.Time) bool {
	return a.writing != 0 && now >= a.writing+millis(a.s.registry.cfg.WriteTimeout)
}

// wantsFlush reports whether a flusher is to be started, and notes that it is. A poll that waits is woken instead.
// s.mu is held.
func (a *attachment) wantsFlush() bool {
	if a.flushing || !a.pending() {
		return false
	}
	if a.kind.Pulled() {
		a.polls.signal()
		return false
	}
	a.flushing = true
	a.s.registry.running.Add(1)
	return true
}

// pending reports whether there is something to say that no POST's answer will (PROTOCOL 7.5). s.mu is held.
func (a *attachment) pending() bool {
	if a.settling > 0 {
		return a.s.core.Content()
	}
	return a.s.core.Pending()
}

// startLocked starts a flusher that closes the connection when it is done.
func (a *attachment) startLocked() {
	if !a.flushing {
		a.flushing = true
		a.s.registry.running.Add(1)
		a.s.registry.workers.run(a.fn)
	}
}

// flush writes until nothing is pending. At most one runs per attachment; it takes everything pending as one batch, so
// that under load messages gather while the write before them runs.
func (a *attachment) flush() {
	defer a.s.registry.running.Done()
	p := buffers.Get().(*[]byte)
	for {
		batch := a.nextBatch((*p)[:0])
		*p = batch
		if len(batch) == 0 {
			break
		}
		if err := a.conn.Send(batch); err != nil {
			a.fail(err)
			break
		}
		a.s.registry.stats.sent(len(batch))
	}
	if cap(*p) <= maxPooled {
		buffers.Put(p)
	}
}

// nextBatch takes what is pending. Empty: the flusher is done.
func (a *attachment) nextBatch(buf []byte) []byte {
	s := a.s
	s.mu.Lock()
	a.writing = 0
	now := s.registry.now()
	if a.settling == 0 || s.core.Content() { // as pending, which Batch looks at itself
		buf = s.core.Batch(now, a.binding, a.enc, buf)
	}
	if len(buf) == 0 && a.closing != nil && !a.told {
		a.told = true
		buf = transport.AppendRefusal(buf, a.enc, a.closing)
	}
	if len(buf) > 0 {
		a.writing = now
	} else {
		a.flushing = false
	}
	over := len(buf) == 0 && a.closing != nil && a.closing.Code != frame.Superseded
	s.unlock()
	if over {
		a.close()
	}
	return buf
}

// fail ends a flusher whose write failed.
func (a *attachment) fail(err error) {
	s := a.s
	s.mu.Lock()
	a.writing, a.flushing = 0, false
	if a == s.att {
		s.lose(a, err)
	}
	s.unlock()
	a.conn.Close(frame.Internal, "write failed") // superseded ones too
}

// Handled waits until the inbox is empty, and says how far the session is (PROTOCOL 7.5).
func (a *attachment) Handled(ctx context.Context) transport.Progress {
	s := a.s
	s.mu.Lock()
	a.settling++
	for s.settling() && ctx.Err() == nil && a.closing == nil {
		if s.idle == nil {
			s.idle = make(chan struct{})
		}
		idle := s.idle
		s.mu.Unlock()
		select {
		case <-idle:
		case <-ctx.Done():
		case <-a.done:
		}
		s.mu.Lock()
	}
	a.settling--
	defer s.unlock()
	if a != s.att {
		rcv, ack := s.core.Progress()
		return transport.Progress{Received: rcv, Consumed: ack}
	}
	rcv, ack := s.core.Answer()
	return transport.Progress{Received: rcv, Consumed: ack}
}
