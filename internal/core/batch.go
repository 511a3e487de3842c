package core

import "github.com/weft-realtime/weft/transport/frame"

// Pending reports whether Batch would write something on the current binding.
func (e *End) Pending() bool {
	if e.current == 0 {
		return false
	}
	if e.over != nil {
		return e.closing.abort
	}
	return e.live.ready != nil || e.receive.due || e.hasContent()
}

// hasContent reports whether there is something other than an ACK to write.
func (e *End) hasContent() bool {
	return e.live.ping || e.live.pong || e.send.cursor <= e.send.top || e.mayNumber() || e.send.heldUp() ||
		e.volatileDue() || e.moveDue() || e.closePending()
}

func (e *End) mayNumber() bool {
	if e.closing.mute() {
		return false
	}
	it, _ := e.send.next()
	return it != nil
}

func (e *End) closePending() bool {
	return e.closing.local != nil && !e.closing.written && e.send.drained()
}

// batch is one being written.
type batch struct {
	enc    frame.Encoding
	buf    []byte
	end    int // no frame is begun at or beyond this length
	frames int
	ready  bool // READY is in it, which has its deadline: no message makes it longer than end (PROTOCOL 8.5)
}

func (w *batch) full() bool { return len(w.buf) >= w.end || w.frames >= frame.MaxBatchFrames-8 }

// takes reports whether a message of so many bytes may be added to a batch that is not full.
func (w *batch) takes(size int) bool { return !w.ready || len(w.buf)+size <= w.end }

func (w *batch) frame(f *frame.Frame) {
	w.buf = frame.Append(w.buf, w.enc, f)
	w.frames++
}

// Batch appends what is to be written on a binding now, as one batch of at most about Config.Batch bytes, and gives
// numbers to what is new in it. It appends nothing when the binding is stale or nothing is pending; it may leave more
// pending.
func (e *End) Batch(now Time, b Binding, enc frame.Encoding, buf []byte) []byte {
	if b == 0 || b != e.current || !e.Pending() {
		return buf
	}
	w := batch{enc: enc, buf: buf, end: len(buf) + e.cfg.Batch}
	e.live.wrote = now
	if e.over != nil {
		e.closing.abort = false
		w.frame(&frame.Frame{Type: frame.Close, Code: e.over.Code, Text: e.over.Reason})
		return w.buf
	}
	if e.live.ready != nil {
		e.writeReady(&w)
		w.ready = true
	}
	e.writeAck(&w)
	e.writeMove(now, &w)
	e.writeMessages(now, &w)
	e.writeVolatile(&w)
	if e.closePending() && e.send.cursor > e.send.top {
		e.closing.written = true
		w.frame(&frame.Frame{
			Type: frame.Close, Graceful: true, Final: e.send.top,
			Code: e.closing.local.Code, Text: e.closing.local.Reason,
		})
	}
	return w.buf
}

// writeAck tells the peer what it was not told, inside PONG or PING where one is due (PROTOCOL 7.1, 7.2).
func (e *End) writeAck(w *batch) {
	l := &e.live
	if l.pong {
		l.pong = false
		f := frame.Frame{Type: frame.Pong, Nonce: l.pongNonce}
		f.Rcv, f.Ack = e.tell()
		w.frame(&f)
	}
	if l.ping || e.send.heldUp() {
		l.ping = false
		e.send.asked = e.send.top
		l.pingNonce++
		l.pingAt = l.wrote
		f := frame.Frame{Type: frame.Ping, Nonce: l.pingNonce}
		f.Rcv, f.Ack = e.tell()
		w.frame(&f)
	}
	if e.receive.due || e.receive.untold() {
		f := frame.Frame{Type: frame.Ack}
		f.Rcv, f.Ack = e.tell()
		w.frame(&f)
	}
}

// writeMessages sends again what this binding has not carried, then what is new (PROTOCOL 5.5).
func (e *End) writeMessages(now Time, w *batch) {
	s := &e.send
	for s.cursor <= s.top && !w.full() {
		if it := s.item(s.cursor); it != nil {
			if !w.takes(it.size) {
				break
			}
			w.buf = it.append(w.buf, w.enc, s.cursor)
			w.frames++
		}
		s.cursor++
	}
	if e.closing.mute() {
		return
	}
	for s.cursor > s.top && !w.full() {
		it, c := s.next()
		if it == nil || !w.takes(it.size) {
			break
		}
		seq := s.number(it, c)
		w.buf = it.append(w.buf, w.enc, seq)
		w.frames++
		s.cursor = seq + 1
	}
	e.live.sent(now, s.peerRcv < s.top)
}
