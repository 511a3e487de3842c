package core

import "github.com/weft-realtime/weft/transport/frame"

// receiver is the receiving side of an end.
type receiver struct {
	rcv    uint64
	inbox  deque[arrival] // counted messages above ack, consumed ones behind an unconsumed one included
	bytes  uint64         // of the inbox
	window frame.Window   // granted to the peer
	slots  int            // requests started whose reply the peer has not received

	told     struct{ rcv, ack uint64 } // on the current binding
	consumed frame.Window              // counted, since told
	exempt   frame.Window              // exempt, since told
	due      bool                      // an ACK must go even alone
	since    Time                      // of the oldest receipt that was not told; 0 when none
	fresh    bool                      // a POST brought something new since told
	asked    uint64                    // rcv when a PING came; an ACK is due when it is consumed; 0 when none
}

// arrival is a counted message that was received.
type arrival struct {
	seq      uint64
	size     int
	event    bool
	consumed bool
}

// maxExempt is how many exempt messages may go unreported: a quarter of the slots, so that a peer whose replies wait
// for our word never runs out of them (PROTOCOL 7.3).
const maxExempt = 16

// ack is the highest number up to which everything is consumed (PROTOCOL 6.6).
func (r *receiver) ack() uint64 {
	if r.inbox.len() > 0 {
		return r.inbox.at(0).seq - 1
	}
	return r.rcv
}

// receiveData is the receiver's rule: one, for every transport and both ends (PROTOCOL 6.2 to 6.5).
func (e *End) receiveData(now Time, f *frame.Frame, post bool, out []Effect) ([]Effect, bool) {
	r := &e.receive
	m := &f.Message
	switch {
	case f.Seq <= r.rcv:
		r.due = true
		return out, true
	case f.Seq != r.rcv+1 && post:
		return out, false
	case f.Seq != r.rcv+1:
		return e.fail(frame.BadProtocol, "gap in the sequence", out), false
	case e.closing.remote != nil && f.Seq > e.closing.final:
		return e.fail(frame.BadProtocol, "data after close", out), false
	case m.Kind.Counted() && !r.fits(m.Size()):
		return e.fail(frame.WindowBroken, "window broken", out), false
	}
	r.rcv = f.Seq
	r.fresh = r.fresh || post
	if r.since == 0 {
		r.since = now
	}
	if !m.Kind.Counted() {
		r.exempt.Messages++
		r.exempt.Bytes += uint64(m.Size())
		r.due = r.due || r.exempt.Messages >= maxExempt || r.exempt.Bytes*4 >= r.window.Bytes
		out = append(out, Effect{Kind: Resolve, Seq: f.Seq, Message: *m})
		e.checkConsumed()
		return out, true
	}
	size := m.Size()
	r.inbox.push(arrival{seq: f.Seq, size: size, event: m.Kind == frame.Event})
	r.bytes += uint64(size)
	return append(out, Effect{Kind: Deliver, Seq: f.Seq, Message: *m}), true
}

// fits is the same window as sender.fits, seen from the other side: the peer counts what it was not told.
func (r *receiver) fits(size int) bool {
	n := uint64(r.inbox.len())
	return n == 0 || n < r.window.Messages && r.bytes+uint64(size) <= r.window.Bytes
}

// CanStart reports whether a request may start (PROTOCOL 5.8). Starting it is Start, and then Consumed.
//
// On the way out no reply can be sent any more, so that no slot would ever be free again: requests need none.
func (e *End) CanStart() bool {
	return e.closing.any() || e.receive.slots < e.cfg.Slots && e.send.unreceived <= e.send.window.Bytes
}

// Starved asks the peer for its word when a request waits and CanStart says no: its replies may have arrived.
func (e *End) Starved() {
	if e.live.pingAt == 0 && e.send.unreceived > 0 {
		e.live.ping = true
	}
}

// Start occupies a slot until the peer has received the reply.
func (e *End) Start() {
	if !e.closing.any() {
		e.receive.slots++
	}
}

// Consumed says that the application is done with a delivered message: an event's handler has returned, a request has
// started.
func (e *End) Consumed(seq uint64) {
	r := &e.receive
	a := r.find(seq)
	if a == nil || a.consumed {
		return
	}
	a.consumed = true
	event := a.event
	for r.inbox.len() > 0 && r.inbox.at(0).consumed {
		done := r.inbox.pop()
		r.bytes -= uint64(done.size)
		r.consumed.Messages++
		r.consumed.Bytes += uint64(done.size)
	}
	if r.consumed.Messages*4 >= r.window.Messages || r.consumed.Bytes*4 >= r.window.Bytes {
		r.due = true
	}
	if e.server && event && r.inbox.len() == 0 {
		r.due = true // the peer's emit waits for it
	}
	if r.asked > 0 && r.ack() >= r.asked {
		r.due, r.asked = true, 0
	}
	e.checkConsumed()
}

// ask notes a PING: the peer may wait for what it has sent to be consumed (PROTOCOL 5.1, 7.3).
func (r *receiver) ask() {
	if r.ack() < r.rcv {
		r.asked = r.rcv
	}
}

// find looks a number up in the inbox, which is in ascending order.
func (r *receiver) find(seq uint64) *arrival {
	lo, hi := 0, r.inbox.len()
	for lo < hi {
		mid := (lo + hi) / 2
		if r.inbox.at(mid).seq < seq {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < r.inbox.len() && r.inbox.at(lo).seq == seq {
		return r.inbox.at(lo)
	}
	return nil
}

// untold reports whether the peer was not told everything on this binding.
func (r *receiver) untold() bool { return r.told.rcv != r.rcv || r.told.ack != r.ack() }

// tell notes that rcv and ack are on their way to the peer, and returns them.
func (e *End) tell() (rcv, ack uint64) {
	r := &e.receive
	r.told.rcv, r.told.ack = r.rcv, r.ack()
	r.consumed, r.exempt, r.due, r.since, r.fresh = frame.Window{}, frame.Window{}, false, 0, false
	e.settle()
	return r.told.rcv, r.told.ack
}

// Answer is what a POST's answer says (PROTOCOL 7.5). It counts as told only when a POST has brought something new: a
// late copy of one that was retried has nobody who reads its answer.
func (e *End) Answer() (rcv, ack uint64) {
	if !e.receive.fresh {
		return e.Progress()
	}
	return e.tell()
}
