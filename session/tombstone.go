package session

import (
	"container/list"
	"crypto/sha256"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

const (
	tombstoneTTL  = core.Time(10 * 60 * 1000)
	maxTombstones = 100_000
)

// tombstone is what is remembered of an ended session, so that a late client with the right token learns what was
// consumed (PROTOCOL 9.6).
type tombstone struct {
	sid      frame.SID
	nonce    nonceKey
	hash     [sha256.Size]byte
	over     core.Over
	consumed uint64
	until    core.Time
}

// refusal is what whoever knows the session's secret is told.
func (t *tombstone) refusal() *transport.Error {
	return &transport.Error{Code: t.over.Code, Reason: t.over.Reason, Reset: true, Consumed: t.consumed}
}

// tombstones is guarded by Registry.mu. The oldest stands in front.
type tombstones struct {
	bySID   map[frame.SID]*tombstone
	byNonce map[nonceKey]*tombstone // the last with a nonce: a late HELLO does not begin a session again
	order   list.List
}

func (t *tombstones) add(tomb *tombstone) {
	if t.bySID == nil {
		t.bySID = map[frame.SID]*tombstone{}
		t.byNonce = map[nonceKey]*tombstone{}
	}
	t.bySID[tomb.sid] = tomb
	t.byNonce[tomb.nonce] = tomb
	t.order.PushBack(tomb)
	if t.order.Len() > maxTombstones {
		t.dropFront()
	}
}

func (t *tombstones) find(sid frame.SID) *tombstone { return t.bySID[sid] }

// expire drops what is too old.
func (t *tombstones) expire(now core.Time) {
	for front := t.order.Front(); front != nil && front.Value.(*tombstone).until <= now; front = t.order.Front() {
		t.dropFront()
	}
}

func (t *tombstones) dropFront() {
	tomb := t.order.Remove(t.order.Front()).(*tombstone)
	delete(t.bySID, tomb.sid)
	if t.byNonce[tomb.nonce] == tomb {
		delete(t.byNonce, tomb.nonce)
	}
}

// detachedList is the sessions without a connection, the longest without one in front. It is guarded by Registry.mu.
type detachedList struct{ order list.List }

func (d *detachedList) add(s *Session) {
	if s.inDetached == nil {
		s.inDetached = d.order.PushBack(s)
	}
}

func (d *detachedList) remove(s *Session) {
	if s.inDetached != nil {
		d.order.Remove(s.inDetached)
		s.inDetached = nil
	}
}

func (d *detachedList) front() *Session {
	if e := d.order.Front(); e != nil {
		return e.Value.(*Session)
	}
	return nil
}
