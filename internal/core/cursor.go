package core

import "github.com/weft-realtime/weft/transport/frame"

// Source is a topic's log as a cursor reads it. Next returns the publication after an offset, or, when the log has
// moved past it, nil and the last offset that is missing; nil and 0 when there is nothing after it.
type Source interface {
	Next(after uint64) (it *Item, missing uint64)
}

// Cursor is a subscription: a place in a topic's log. It belongs to one End.
type Cursor struct {
	topic  string
	epoch  uint64
	source Source
	offset uint64 // the last publication taken, or reported missing
	dead   bool
	stale  uint64 // when the subscriber came from another epoch: 1 to here is reported missing first
	round  uint64 // the last round of the queue that has a mark of this cursor, and where
	index  int
}

// next returns what follows in the log without taking it: a publication or a gap.
func (c *Cursor) next() *Item {
	if c.stale > 0 {
		return c.gap(1, c.stale)
	}
	it, missing := c.source.Next(c.offset)
	if it == nil && missing > c.offset {
		return c.gap(c.offset+1, missing)
	}
	return it
}

func (c *Cursor) gap(from, to uint64) *Item {
	return NewItem(frame.Message{Kind: frame.Gap, Topic: c.topic, Epoch: c.epoch, Offset: from, To: to}, nil)
}

func (c *Cursor) advance(it *Item) {
	c.stale = 0
	if it.Message.Kind == frame.Gap {
		c.offset = it.Message.To
		return
	}
	c.offset = it.Message.Offset
}

// Subscribe adds a cursor behind offset of a topic's log that reaches to last. A stale cursor comes from another epoch:
// the whole log up to offset is reported missing first (PROTOCOL 10.3).
func (e *End) Subscribe(topic string, epoch uint64, src Source, offset, last uint64, stale bool) *Cursor {
	c := &Cursor{topic: topic, epoch: epoch, source: src, offset: offset}
	if stale && offset > 0 {
		c.stale, c.offset = offset, 0
	}
	e.Mark(c, max(last, c.stale))
	return c
}

// Mark notes that a cursor's log reaches to upto (PROTOCOL 10.4).
func (e *End) Mark(c *Cursor, upto uint64) {
	if !c.dead && e.over == nil && !e.closing.any() && upto > c.offset {
		e.send.queue.mark(c, upto)
	}
}

// Unsubscribe ends a cursor: nothing more is taken for it.
func (e *End) Unsubscribe(c *Cursor) { c.dead = true }

// Offset is the last publication that was taken for the cursor.
func (c *Cursor) Offset() uint64 { return c.offset }
