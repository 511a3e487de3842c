package session

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"sync"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// Topic is a named log of publications and the sessions that follow it. All methods may be called concurrently.
type Topic struct {
	registry *Registry
	name     string
	epoch    uint64

	mu   sync.Mutex // the subscribers
	subs []*subscription
	dead bool // dropped from the registry: get another

	logMu sync.Mutex // a leaf: nothing is locked while it is held
	log   *core.Log
}

// subscription is a session's place in a topic. Its fields are guarded by Topic.mu, the cursor by Session.mu.
type subscription struct {
	s      *Session
	topic  *Topic
	cursor *core.Cursor
	index  int // in Topic.subs
}

// Topic returns the topic of a name, and creates it if there is none.
func (r *Registry) Topic(name string) *Topic {
	r.topicsMu.Lock()
	defer r.topicsMu.Unlock()
	t := r.topics[name]
	if t == nil {
		h := r.cfg.History
		limits := core.LogLimits{Publications: h.Publications, Bytes: h.Bytes, Age: millis(h.Age)}
		t = &Topic{registry: r, name: name, epoch: newEpoch()}
		t.log = core.NewLog(name, t.epoch, limits)
		r.topics[name] = t
		r.wheel.keepTopics()
	}
	return t
}

// newEpoch is a random number that the wire can carry.
func newEpoch() uint64 {
	var b [8]byte
	rand.Read(b[:])
	return binary.BigEndian.Uint64(b[:])>>12 | 1
}

// Publish appends a publication and returns its offset. It never waits for subscribers: one that falls behind the
// topic's history gets a gap. The data of p must not change afterwards; JSON must be valid and compact. The error is a
// *frame.Error: the publication cannot be encoded.
func (r *Registry) Publish(topic, name string, p Payload) (uint64, error) {
	m := frame.Message{Kind: frame.Publication, Codec: p.Codec, Topic: topic, Epoch: 1, Offset: 1, Name: name, Payload: p.Data}
	if err := m.Check(r.cfg.MaxFrame - publicationSlack); err != nil {
		return 0, err
	}
	for {
		if offset, ok := r.Topic(topic).publish(name, p); ok {
			return offset, nil
		}
	}
}

// publicationSlack is room for an epoch and offset that are longer than those that Publish checks with.
const publicationSlack = 14

// publish fails when the topic was dropped meanwhile.
func (t *Topic) publish(name string, p Payload) (uint64, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dead {
		return 0, false
	}
	t.logMu.Lock()
	before := t.log.Bytes()
	t.log.Append(t.registry.now(), name, p.Codec, p.Data)
	offset := t.log.Last()
	grown := t.log.Bytes() - before
	t.logMu.Unlock()
	t.registry.charge(int64(grown))
	for _, sub := range t.subs {
		s := sub.s
		s.mu.Lock()
		s.core.Mark(sub.cursor, offset)
		s.unlock()
	}
	t.registry.stats.published.Add(1)
	return offset, true
}

// Next makes a Topic a core.Source.
func (t *Topic) Next(after uint64) (*core.Item, uint64) {
	t.logMu.Lock()
	defer t.logMu.Unlock()
	return t.log.Next(after)
}

// From says where a subscription begins.
type From struct {
	History uint64 // new: so many publications before the end
	Resume  bool   // recovered: behind Offset of Epoch
	Epoch   uint64
	Offset  uint64
}

// Subscribe makes the session follow a topic, in place of an earlier subscription to it, and returns the log's epoch
// and the offset behind which it begins. It fails with ErrClosed when the session has ended, and with an *Error 4429
// when it follows Config.Subscriptions topics already.
func (s *Session) Subscribe(topic string, from From) (epoch, offset uint64, err error) {
	for {
		epoch, offset, err = s.registry.Topic(topic).subscribe(s, from)
		if err != errDead {
			return epoch, offset, err
		}
	}
}

var (
	errDead = errors.New("weft: topic dropped") // get another
	errMany = &Error{Code: frame.RateLimited, Message: "too many subscriptions"}
)

func (t *Topic) subscribe(s *Session, from From) (epoch, offset uint64, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dead {
		return 0, 0, errDead
	}
	s.mu.Lock()
	defer s.unlock()
	old := s.topics[t.name]
	switch {
	case s.ended:
		return 0, 0, ErrClosed
	case old != nil:
		s.core.Unsubscribe(old.cursor)
		old.topic.remove(old)
	case len(s.topics) >= s.registry.cfg.Subscriptions:
		return 0, 0, errMany
	}
	t.logMu.Lock()
	last, start := t.log.Last(), t.log.Start(from.History)
	t.logMu.Unlock()
	stale := false
	if from.Resume {
		start = min(from.Offset, last)
		if stale = from.Epoch != t.epoch || from.Offset > last; stale {
			start = last
		}
	}
	sub := &subscription{s: s, topic: t, index: len(t.subs)}
	sub.cursor = s.core.Subscribe(t.name, t.epoch, t, start, last, stale)
	t.subs = append(t.subs, sub)
	if s.topics == nil {
		s.topics = map[string]*subscription{}
	}
	s.topics[t.name] = sub
	return t.epoch, start, nil
}

// Unsubscribe ends a subscription. Nothing more of the topic gets on its way.
func (s *Session) Unsubscribe(topic string) {
	s.mu.Lock()
	sub := s.topics[topic]
	if sub != nil {
		s.core.Unsubscribe(sub.cursor)
		delete(s.topics, topic)
	}
	s.unlock()
	if sub != nil {
		sub.topic.drop(sub)
	}
}

func (t *Topic) drop(sub *subscription) {
	t.mu.Lock()
	t.remove(sub)
	t.mu.Unlock()
}

// remove takes a subscription out; another takes its place. t.mu is held. It may be out already.
func (t *Topic) remove(sub *subscription) {
	if sub.index >= len(t.subs) || t.subs[sub.index] != sub {
		return
	}
	last := len(t.subs) - 1
	t.subs[sub.index] = t.subs[last]
	t.subs[sub.index].index = sub.index
	t.subs[last] = nil
	t.subs = t.subs[:last]
}

// end takes a topic that the registry has dropped out of the account.
func (t *Topic) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dead {
		return
	}
	t.dead = true
	t.logMu.Lock()
	bytes := t.log.Bytes()
	t.logMu.Unlock()
	t.registry.charge(-int64(bytes))
}

// expire trims the log, and reports whether the topic is of no more use.
func (t *Topic) expire() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.logMu.Lock()
	before := t.log.Bytes()
	t.log.Trim(t.registry.now())
	after := t.log.Bytes()
	t.logMu.Unlock()
	t.registry.charge(int64(after - before))
	t.dead = len(t.subs) == 0 && after == 0
	return t.dead
}
