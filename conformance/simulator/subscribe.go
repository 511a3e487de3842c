package simulator

import (
	"encoding/json"

	"github.com/weft-realtime/weft/transport/frame"
)

// subscribe asks for a topic: anew, with history, or from where the last subscription was.
func (t *topic) subscribe(s *side) {
	sub := &t.sub
	if sub.asked || sub.active && !sub.ended && sub.on == s.thread || s.waiting() > 0 {
		return
	}
	q := topicRequest{Topic: t.name}
	switch known := sub.epoch > 0; {
	case known && !t.run.rand.OneIn(3):
		q.Epoch, q.Offset = sub.epoch, sub.position
	case t.run.rand.OneIn(2):
		q.History = uint64(t.run.rand.N(10))
	}
	*sub = subscription{on: s.thread, asked: true, serial: sub.serial + 1, epoch: sub.epoch, position: sub.position}
	s.call(subscribe, func(n int) []byte { q.N = n; return q.encode() }, 0, func(m frame.Message, code frame.Code) {
		sub.asked = false
		var reply topicRequest
		if code != 0 || json.Unmarshal(m.Payload, &reply) != nil {
			return
		}
		sub.active = true
		sub.position = reply.Offset
		if q.Epoch > 0 && q.Epoch != reply.Epoch {
			sub.position, sub.whole = 0, reply.Offset > 0 // a gap says how much of the new log is missing
		}
		sub.epoch = reply.Epoch
	})
}

func (t *topic) unsubscribe(s *side) {
	sub := &t.sub
	if sub.asked || !sub.active || sub.ended || sub.on != s.thread {
		return
	}
	sub.asked = true
	q := topicRequest{Topic: t.name}
	s.call(unsubscribe, func(n int) []byte { q.N = n; return q.encode() }, 0, func(_ frame.Message, code frame.Code) {
		sub.asked = false
		if code == 0 {
			sub.ended, sub.endedAt = true, s.seq
		}
	})
}

// serveTopic answers the protocol's own requests at the server.
func (h *hosted) serveTopic(call *serving, m *frame.Message) {
	var q topicRequest
	if json.Unmarshal(m.Payload, &q) != nil {
		h.thread.run.fail(Broken, "a subscription that does not parse")
		return
	}
	t := h.thread.run.topic(q.Topic)
	if old := h.cursors[t.name]; old != nil {
		h.core.Unsubscribe(old)
		delete(h.cursors, t.name)
	}
	q.N = 0
	if m.Name == subscribe {
		from, stale := t.from(q)
		h.cursors[t.name] = h.core.Subscribe(t.name, t.log.Epoch, t.log, from, t.log.Last(), stale)
		q = topicRequest{Topic: t.name, Epoch: t.log.Epoch, Offset: from}
	}
	h.side.finish(call, frame.Message{Kind: frame.Reply, Codec: frame.CodecJSON, Payload: q.encode()})
}

// from is where a subscription begins, and whether it comes from another epoch (PROTOCOL 10.2, 10.3).
func (t *topic) from(q topicRequest) (offset uint64, stale bool) {
	switch q.Epoch {
	case 0:
		return t.log.Start(q.History), false
	case t.log.Epoch:
		return q.Offset, false
	}
	return t.log.Last(), true
}

// behind reports whether a cursor has not reached its log's end.
func (h *hosted) behind() bool {
	for name, c := range h.cursors {
		if c.Offset() < h.thread.run.topic(name).log.Last() {
			return true
		}
	}
	return false
}
