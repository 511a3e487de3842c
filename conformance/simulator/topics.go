package simulator

import (
	"encoding/json"
	"strings"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// reserved begins the names of the protocol's own requests.
const (
	reserved    = "weft."
	subscribe   = "weft.subscribe"
	unsubscribe = "weft.unsubscribe"
)

// topic is a log at the server, and what the client knows of it.
type topic struct {
	run       *run
	name      string
	log       *core.Log
	published []published // of this epoch
	sub       subscription
}

// published is what the truth knows about a publication: which direct messages had been sent before it.
type published struct {
	on     *thread
	before int
}

// mark says that a topic's publication was published before a direct message was sent, and to whom.
type mark struct {
	topic  *topic
	offset uint64
	serial int // of the subscription
}

// subscription is the client's side: the place it has reached.
type subscription struct {
	on       *thread
	asked    bool // a request is on its way
	active   bool
	serial   int
	epoch    uint64
	position uint64
	whole    bool   // the next is a gap for the whole of a new log
	ended    bool   // unsubscribed; what was sent before may still wait
	endedAt  uint64 // the reply's seq
}

// topicRequest is the payload of the protocol's own requests, and of the reply. N is the simulator's.
type topicRequest struct {
	N       int    `json:"n"`
	Topic   string `json:"topic"`
	Epoch   uint64 `json:"epoch,omitempty"`
	Offset  uint64 `json:"offset,omitempty"`
	History uint64 `json:"history,omitempty"`
}

func (q topicRequest) encode() []byte {
	b, err := json.Marshal(q)
	if err != nil {
		panic(err) // numbers and strings only
	}
	return b
}

// numberOf is the number of a direct message.
func numberOf(m *frame.Message) int {
	if !strings.HasPrefix(m.Name, reserved) {
		return number(m.Payload)
	}
	var q topicRequest
	if json.Unmarshal(m.Payload, &q) != nil {
		return -1
	}
	return q.N
}

// renew begins a log anew, under another epoch.
func (t *topic) renew() {
	t.log = core.NewLog(t.name, uint64(t.run.rand.Uint32())+1, t.run.set.log)
	t.published = nil
}

// publish appends to the log and marks the subscriber. It never blocks.
func (t *topic) publish(size int) {
	r := t.run
	n := int(t.log.Last()) + 1
	t.log.Append(r.now, "p", r.codec(), payload(n, size))
	p := published{}
	if h := r.server.newest; h != nil && h.side.over == nil {
		p = published{on: h.thread, before: len(h.thread.down.messages)}
		if c := h.cursors[t.name]; c != nil {
			h.core.Mark(c, t.log.Last())
		}
	}
	t.published = append(t.published, p)
}

// last is the mark that the next direct message to the subscriber carries.
func (t *topic) last() mark { return mark{topic: t, offset: t.log.Last(), serial: t.sub.serial} }

// listen takes a publication or a gap at the client: exactly the next one, or exactly what is missing.
func (t *topic) listen(on *thread, seq uint64, m *frame.Message) {
	s := &t.sub
	switch {
	case s.on != on || !s.active:
		t.run.fail(Broken, "%s: a publication without a subscription", t.name)
	case s.ended && seq > s.endedAt:
		t.run.fail(Broken, "%s: a publication after the reply to unsubscribe", t.name)
	case m.Epoch != s.epoch:
		t.run.fail(Broken, "%s: epoch %d instead of %d", t.name, m.Epoch, s.epoch)
	case m.Offset <= s.position:
		t.run.fail(Duplicated, "%s: offset %d after %d", t.name, m.Offset, s.position)
	case m.Offset > s.position+1:
		t.run.fail(Lost, "%s: offset %d after %d", t.name, m.Offset, s.position)
	case m.Kind == frame.Gap:
		t.gap(m)
	default:
		s.position = m.Offset
		t.publication(on, m)
	}
}

func (t *topic) publication(on *thread, m *frame.Message) {
	if number(m.Payload) != int(m.Offset) {
		t.run.fail(Broken, "%s: publication %d was changed on its way", t.name, m.Offset)
	}
	if m.Epoch != t.log.Epoch {
		return
	}
	if p := t.published[m.Offset-1]; p.on == on && on.down.next < p.before && !on.down.gone(p.before) {
		t.run.fail(Reordered, "%s: publication %d before message %d, which was sent first", t.name, m.Offset, p.before)
	}
}

// gap checks that nothing of what is reported missing could have been sent.
func (t *topic) gap(m *frame.Message) {
	s := &t.sub
	if it, _ := t.log.Next(m.To - 1); m.Epoch == t.log.Epoch && (m.To > t.log.Last() || it != nil && !s.whole) {
		t.run.fail(Lost, "%s: gap %d to %d though the log holds %d", t.name, m.Offset, m.To, m.To)
	}
	s.position, s.whole = m.To, false
}

// gone reports whether all messages from the next one to n were taken back.
func (l *lane) gone(n int) bool {
	for _, m := range l.messages[l.next:n] {
		if !m.removed {
			return false
		}
	}
	return true
}

// check holds a direct message that starts against what was published before it.
func (m mark) check(n int) {
	if m.topic == nil {
		return
	}
	s := &m.topic.sub
	if s.active && !s.asked && !s.ended && s.serial == m.serial && s.position < m.offset {
		m.topic.run.fail(Reordered, "message %d before publication %d of %s, which came first", n, m.offset, m.topic.name)
	}
}
