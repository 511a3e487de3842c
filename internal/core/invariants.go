package core

import "fmt"

// Check returns an error when an invariant of PROTOCOL 1.8, 5.1, 5.4, 17.3 or 17.5 does not hold. Tests call it after every step.
func (e *End) Check() error {
	s, r := &e.send, &e.receive
	switch {
	case s.una > s.top+1 || uint64(s.held.len()) != s.top+1-s.una:
		return fmt.Errorf("held: una %d, top %d, %d items", s.una, s.top, s.held.len())
	case s.peerAck > s.peerRcv || s.peerRcv > s.top:
		return fmt.Errorf("peer: ack %d, rcv %d, top %d", s.peerAck, s.peerRcv, s.top)
	case s.cursor < s.una && s.cursor <= s.top || s.cursor > s.top+1:
		return fmt.Errorf("cursor %d outside %d..%d", s.cursor, s.una, s.top+1)
	case r.ack() > r.rcv || r.told.rcv > r.rcv || r.told.ack > r.ack():
		return fmt.Errorf("receive: ack %d, rcv %d, told %+v", r.ack(), r.rcv, r.told)
	case e.volatile.waiting.Len() > e.cfg.Volatile || len(e.volatile.seen.lowest) > e.cfg.Keys:
		return fmt.Errorf("outside the sequence: %d wait, %d keys", e.volatile.waiting.Len(), len(e.volatile.seen.lowest))
	case e.current == 0 && e.volatile.waiting.Len() > 0:
		return fmt.Errorf("outside the sequence: %d wait without a connection", e.volatile.waiting.Len())
	case r.slots < 0 || r.slots > e.cfg.Slots:
		return fmt.Errorf("slots %d of %d", r.slots, e.cfg.Slots)
	}
	return e.checkFlight()
}

// checkFlight counts what is held again and compares.
func (e *End) checkFlight() error {
	s := &e.send
	var messages, bytes, exempt uint64
	for i := range s.held.len() {
		it := *s.held.at(i)
		seq := s.una + uint64(i)
		switch {
		case it == nil:
		case it.counted() && seq <= s.peerAck, !it.counted() && seq <= s.peerRcv:
			return fmt.Errorf("seq %d is held though it was acknowledged", seq)
		case it.counted():
			messages++
			bytes += uint64(it.size)
		default:
			exempt += uint64(it.size)
		}
		if it == nil && seq > s.peerRcv {
			return fmt.Errorf("seq %d was freed without the peer's word", seq)
		}
	}
	for i := range s.exempt.len() {
		exempt += uint64((*s.exempt.at(i)).size)
	}
	if messages != s.flight.Messages || bytes != s.flight.Bytes || exempt != s.unreceived {
		return fmt.Errorf("flight %+v and %d exempt bytes, held %d, %d, %d", s.flight, s.unreceived, messages, bytes, exempt)
	}
	if s.flight.Messages > s.window.Messages && s.flight.Messages > e.cfg.Send.Messages {
		return fmt.Errorf("flight %+v beyond the window %+v", s.flight, s.window)
	}
	if s.flight.Messages > 1 && s.flight.Bytes > max(s.window.Bytes, e.cfg.Send.Bytes) {
		return fmt.Errorf("flight %+v beyond the window %+v", s.flight, s.window)
	}
	return nil
}
