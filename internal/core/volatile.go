package core

import (
	"errors"

	"github.com/weft-realtime/weft/transport/frame"
)

// ErrDetached: there is no connection now, and the message is one that waits for none.
var ErrDetached = errors.New("weft: no connection")

// volatile is what an end knows of the messages outside the sequence (PROTOCOL 17).
type volatile struct {
	waiting Latest
	n       uint64 // the last number given out
	seen    seen
}

var errVolatileKind = &frame.Error{Code: frame.BadProtocol, Reason: "only events are volatile"}

// volatileOverhead is what VOLATILE's body may add to its message beside the number: the key and its length.
const volatileOverhead = 2 + frame.MaxName

// SendVolatile queues an event as the latest value of a key: it takes the place of one that was not written yet. It is
// refused, and nothing waits for it, while there is no connection (ErrDetached) and while the session is closing or over
// (ErrClosed); a message or key that cannot be encoded is refused with a *frame.Error (PROTOCOL 17.1, 17.3).
func (e *End) SendVolatile(key string, it *Item) error {
	switch {
	case e.over != nil || e.closing.any():
		return ErrClosed
	case e.current == 0:
		return ErrDetached
	case it.Message.Kind != frame.Event:
		return errVolatileKind
	case !frame.ValidName(key):
		return errVolatileKey
	}
	if err := it.Message.Check(e.cfg.MaxFrame - volatileOverhead); err != nil {
		return err
	}
	e.volatile.waiting.Put(key, it, frame.Window{Messages: uint64(e.cfg.Volatile), Bytes: e.cfg.Queue.Bytes})
	return nil
}

var errVolatileKey = &frame.Error{Code: frame.BadProtocol, Reason: "invalid key"}

// Volatile is how many values wait outside the sequence and how many bytes they are, and how many were dropped since
// the session began.
func (e *End) Volatile() (waiting frame.Window, dropped uint64) {
	l := &e.volatile.waiting
	return frame.Window{Messages: uint64(l.Len()), Bytes: l.Bytes()}, l.Dropped()
}

// volatileDue reports whether a volatile message is to be written. On the way out none is.
func (e *End) volatileDue() bool { return e.volatile.waiting.Len() > 0 && !e.closing.any() }

// writeVolatile numbers and writes what waits outside the sequence, behind what is in it (PROTOCOL 17.2, 17.4). What is
// written is not held: it may get lost.
func (e *End) writeVolatile(w *batch) {
	v := &e.volatile
	for e.volatileDue() && !w.full() {
		key, it := v.waiting.Take()
		v.n++
		w.frame(&frame.Frame{Type: frame.Volatile, Seq: v.n, Text: key, Message: it.Message})
	}
}

// receiveVolatile takes VOLATILE on the current binding (PROTOCOL 17.1, 17.5).
func (e *End) receiveVolatile(f *frame.Frame, out []Effect) ([]Effect, bool) {
	switch {
	case f.Message.Kind != frame.Event:
		return e.fail(frame.BadProtocol, errVolatileKind.Reason, out), false
	case e.closing.any() || !e.volatile.seen.accept(f.Text, f.Seq, e.cfg.Keys):
		return out, true
	}
	return append(out, Effect{Kind: Volatile, Seq: f.Seq, Key: f.Text, Message: f.Message}), true
}

// detached: nobody waits for a value that may be old when there is a connection again.
func (v *volatile) detached() {
	v.waiting.Clear()
	v.seen.forget()
}
