package core

import (
	"errors"

	"github.com/weft-realtime/weft/transport/frame"
)

var (
	// ErrClosed: the session has ended or is closing, at either end.
	ErrClosed = errors.New("weft: session closed")
	// ErrQueueFull: the bounded queue in front of the window is full (PROTOCOL 5.9).
	ErrQueueFull = errors.New("weft: send queue full")
)

// sender is the sending side of an end.
//
//	1 ...... una-1 | una ......... cursor-1 | cursor ... top | not numbered
//	freed          | written on the binding  | to be resent   | exempt, then queue
type sender struct {
	held   deque[*Item] // una..top; nil when freed
	una    uint64       // 1 at the start
	top    uint64
	cursor uint64 // the next number to write on the current binding

	exempt deque[*Item] // not numbered; goes before the queue
	queue  queue        // not numbered
	hold   bool         // nothing more gets a number

	peerRcv, peerAck uint64       // what the peer's word says
	window           frame.Window // granted by the peer
	onePasses        bool         // one message passes, whatever its size, when none is unacknowledged; not before READY
	flight           frame.Window // counted and unacknowledged
	unreceived       uint64       // bytes of exempt messages the peer has not received, numbered or not
	asked            uint64       // top when a PING last asked for the word that the window waits for

	requests    uint64 // the last request id given out
	lastRequest uint64 // the last request id that got a number
}

// Send queues a message. A request needs its id from NextID.
func (e *End) Send(it *Item) error {
	if e.over != nil || e.closing.any() {
		return ErrClosed
	}
	if err := it.Message.Check(e.cfg.MaxFrame); err != nil {
		return err
	}
	s := &e.send
	if !it.counted() && !s.opensLater(&it.Message) {
		s.pushExempt(it)
		return nil
	}
	if it.counted() && !e.Room(it.size) {
		return ErrQueueFull
	}
	s.queue.pushItem(it)
	return nil
}

// Room reports whether the queue takes a message of size bytes. One always fits an empty queue.
func (e *End) Room(size int) bool {
	q := &e.send.queue
	return q.messages == 0 || q.messages < e.cfg.Queue.Messages && q.bytes+uint64(size) <= e.cfg.Queue.Bytes
}

// Queued is how many direct messages, and bytes of them, wait for a number.
func (e *End) Queued() frame.Window {
	return frame.Window{Messages: e.send.queue.messages, Bytes: e.send.queue.bytes}
}

// NextID gives out the id of a request (PROTOCOL 3.3).
func (e *End) NextID() uint64 {
	e.send.requests++
	return e.send.requests
}

// Cancel takes a request back. If it has no number yet it is removed and returned; else a cancel message is queued and
// the result is nil (PROTOCOL 5.3).
func (e *End) Cancel(id uint64) *Item {
	if id > e.send.lastRequest {
		return e.send.queue.removeRequest(id)
	}
	if e.over == nil && !e.closing.any() {
		e.send.pushExempt(NewItem(frame.Message{Kind: frame.Cancel, ID: id}, nil))
	}
	return nil
}

// pushExempt queues what does not wait for the window. It is unreceived from now on, and not only when it is written:
// while there is no connection no more requests may start either (PROTOCOL 5.8).
func (s *sender) pushExempt(it *Item) {
	s.exempt.push(it)
	s.unreceived += uint64(it.size)
}

// opensLater reports whether m bears the id of a request of ours that has no number yet. Requests get their numbers in
// the order of their ids, so one comparison tells.
func (s *sender) opensLater(m *frame.Message) bool {
	return (m.Kind == frame.Cancel || m.Kind == frame.Credit) && m.ID > s.lastRequest
}

// rewind starts the writing again behind what the peer has received (PROTOCOL 5.5).
func (s *sender) rewind() {
	s.cursor = max(s.una, s.peerRcv+1)
	s.asked = 0
}

// next chooses the message that gets the next number, or nil.
func (s *sender) next() (*Item, *Cursor) {
	if s.hold {
		return nil, nil
	}
	if s.exempt.len() > 0 {
		return *s.exempt.at(0), nil
	}
	it, c := s.queue.head()
	if it == nil || it.counted() && !s.fits(it.size) {
		return nil, nil
	}
	return it, c
}

// fits is the window (PROTOCOL 5.1).
func (s *sender) fits(size int) bool {
	if s.onePasses && s.flight.Messages == 0 {
		return true
	}
	return s.flight.Messages < s.window.Messages && s.flight.Bytes+uint64(size) <= s.window.Bytes
}

// heldUp reports whether a message does not fit although so little is unacknowledged that the peer has no reason of its
// own to speak: it is to be asked, once (PROTOCOL 7.3).
func (s *sender) heldUp() bool {
	if s.flight.Messages == 0 || s.asked == s.top || s.cursor <= s.top || s.exempt.len() > 0 {
		return false
	}
	if s.flight.Messages*4 >= s.window.Messages || s.flight.Bytes*4 >= s.window.Bytes {
		return false
	}
	it, _ := s.queue.head()
	return it != nil && !s.fits(it.size)
}

// number gives it the next number: from here on it is held, and its number never changes (PROTOCOL 1.6, 1.9).
func (s *sender) number(it *Item, c *Cursor) uint64 {
	s.top++
	s.held.push(it)
	switch {
	case s.exempt.len() > 0:
		s.exempt.pop()
	case it.counted():
		s.queue.take(it, c)
		s.flight.Messages++
		s.flight.Bytes += uint64(it.size)
		if it.Message.Kind == frame.Request {
			s.lastRequest = it.Message.ID
		}
	default:
		s.queue.take(it, c)
		s.unreceived += uint64(it.size)
	}
	return s.top
}

// item returns the message behind a number, or nil when it is freed.
func (s *sender) item(seq uint64) *Item {
	if seq < s.una || seq > s.top {
		return nil
	}
	return *s.held.at(int(seq - s.una))
}

// receiveAck takes the peer's word: nothing else frees a message (PROTOCOL 5.4, 7.1).
func (e *End) receiveAck(now Time, rcv, ack uint64, out []Effect) ([]Effect, bool) {
	if rcv > e.send.top || ack > rcv {
		return e.fail(frame.BadProtocol, "ack beyond what was sent", out), false
	}
	e.closing.heard = e.closing.written
	out = e.confirm(now, rcv, ack, out)
	return out, e.over == nil
}

func (e *End) confirm(now Time, rcv, ack uint64, out []Effect) []Effect {
	s := &e.send
	if rcv > s.peerRcv {
		for seq := s.peerRcv + 1; seq <= rcv; seq++ {
			if it := s.item(seq); it != nil && !it.counted() {
				e.freeExempt(seq, it)
			}
		}
		s.peerRcv = rcv
		s.cursor = max(s.cursor, rcv+1)
		e.live.received(now, rcv == s.top)
	}
	for seq := s.peerAck + 1; seq <= ack; seq++ {
		if it := s.item(seq); it != nil {
			s.free(seq)
			s.flight.Messages--
			s.flight.Bytes -= uint64(it.size)
			if it.Tag != nil {
				out = append(out, Effect{Kind: Confirmed, Seq: seq, Item: it})
			}
		}
	}
	s.peerAck = max(s.peerAck, ack)
	for s.held.len() > 0 && *s.held.at(0) == nil {
		s.held.pop()
		s.una++
	}
	e.settle()
	return out
}

// freeExempt frees a received reply, item, end, cancel or credit; a request's slot is free with its reply.
func (e *End) freeExempt(seq uint64, it *Item) {
	e.send.free(seq)
	e.send.unreceived -= uint64(it.size)
	switch it.Message.Kind {
	case frame.Reply, frame.ErrorReply, frame.End:
		e.receive.slots--
	}
}

func (s *sender) free(seq uint64) { *s.held.at(int(seq - s.una)) = nil }

// Unconfirmed lists what this end was asked to send and the peer is not known to have consumed: events and requests, in
// order. sent is how many of them had a number.
func (e *End) Unconfirmed() (items []*Item, sent int) {
	for i := range e.send.held.len() {
		if it := *e.send.held.at(i); it != nil && direct(it) {
			items = append(items, it)
		}
	}
	sent = len(items)
	for i := range e.send.queue.entries.len() {
		if it := e.send.queue.entries.at(i).item; it != nil && direct(it) {
			items = append(items, it)
		}
	}
	return items, sent
}

func direct(it *Item) bool {
	return it.Message.Kind == frame.Event || it.Message.Kind == frame.Request
}
