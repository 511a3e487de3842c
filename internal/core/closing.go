package core

import "github.com/weft-realtime/weft/transport/frame"

// closing is the state of an end that is on its way out (PROTOCOL 9).
type closing struct {
	local  *Over  // this end closes gracefully: how the session will have ended
	remote *Over  // the peer does: it will send nothing after final
	final  uint64 // the peer's finalSeq

	held    bool // client: an ATTACH is outstanding, so that what is said on the current binding may not be heard
	both    bool // the session is over when both have closed, and each has heard of it
	abort   bool // CLOSE without finalSeq is to be written, once
	written bool // the graceful CLOSE, on the current binding
	heard   bool // the peer's word came after it
}

func (c *closing) any() bool { return c.local != nil || c.remote != nil }

// Closing reports whether this end or its peer closes the session gracefully: nothing more can be sent.
func (e *End) Closing() bool { return e.closing.any() }

// over is how the session will have ended.
func (c *closing) over() Over {
	if c.remote != nil {
		return *c.remote
	}
	return *c.local
}

// mute reports whether nothing new is sent any more. An end that closes itself still sends what is queued (PROTOCOL 9.1,
// 9.3).
func (c *closing) mute() bool { return c.remote != nil && c.local == nil }

// Close ends the session gracefully: what is queued is sent, then CLOSE, and the session is over when the peer has
// consumed it all. Sending is refused from now on.
func (e *End) Close(code frame.Code, reason string) {
	if e.over != nil || e.closing.any() {
		return
	}
	e.closing.local = &Over{Code: code, Reason: reason}
	if e.unopened() {
		e.end(*e.closing.local)
	}
}

// Abort ends the session at once. The peer is told if it can be.
func (e *End) Abort(code frame.Code, reason string) {
	if e.over == nil {
		e.end(Over{Code: code, Reason: reason})
		e.closing.abort = true
	}
}

// unopened: a client that never got READY and has nothing to send has nobody to tell.
func (e *End) unopened() bool {
	return !e.server && !e.live.opened && e.send.top == 0 && e.send.drained()
}

// settle ends a graceful close: when this end closes, the peer has consumed everything and has spoken since CLOSE was
// written to it; when the peer closes, it was told, after its CLOSE, that everything is consumed (PROTOCOL 9.1, 9.3).
func (e *End) settle() {
	c := &e.closing
	if !c.any() || c.held {
		return
	}
	if c.both && (c.remote == nil || !c.heard) {
		return
	}
	ours := c.local == nil || e.send.drained() && e.send.peerAck == e.send.top && (c.heard || c.remote != nil)
	theirs := c.remote == nil || e.receive.told.ack >= c.final && !e.receive.due
	if ours && theirs {
		e.end(c.over())
	}
}

// lastWord reports whether nothing is missing at a closing end but that its peer has heard CLOSE. A client that has not
// comes back and learns of it from the tombstone; one that has, stays away.
func (e *End) lastWord() bool {
	c := &e.closing
	return c.local != nil && c.written && e.send.peerAck == e.send.top &&
		(c.remote == nil || e.receive.told.ack >= c.final)
}

// drained reports whether everything has its number, so that top is final.
func (s *sender) drained() bool {
	if s.exempt.len() > 0 {
		return false
	}
	it, _ := s.queue.head()
	return it == nil
}

// receiveClose takes CLOSE on the current binding (PROTOCOL 9.3, 9.4).
func (e *End) receiveClose(now Time, f *frame.Frame, out []Effect) ([]Effect, bool) {
	if f.Graceful {
		return e.receiveFinal(f, out)
	}
	b := e.current
	switch f.Code.Class() {
	case frame.ClassResume, frame.ClassDelay, frame.ClassSuperseded:
		e.detach(now)
	default:
		e.end(Over{Code: f.Code, Reason: f.Text, Remote: true})
	}
	return append(out, Effect{Kind: Dead, Binding: b, Code: f.Code, Reason: f.Text}), false
}

func (e *End) receiveFinal(f *frame.Frame, out []Effect) ([]Effect, bool) {
	c := &e.closing
	if f.Final < e.receive.rcv || c.remote != nil && f.Final != c.final {
		return e.fail(frame.BadProtocol, "wrong final number", out), false
	}
	e.receive.fresh = e.receive.fresh || c.remote == nil
	c.remote, c.final = &Over{Code: f.Code, Reason: f.Text, Remote: true}, f.Final
	if c.local == nil && e.moving.until != 0 && f.Code == frame.Draining {
		c.local, c.both = &Over{Code: frame.Draining, Reason: "moved"}, true // what is queued still goes (PROTOCOL 18.3)
	}
	e.checkConsumed()
	return out, true
}

// checkConsumed makes the last ACK due when everything up to the peer's finalSeq is consumed.
func (e *End) checkConsumed() {
	if e.closing.remote != nil && e.receive.ack() >= e.closing.final {
		e.receive.due = true
	}
}
