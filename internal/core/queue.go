package core

import (
	"slices"

	"github.com/weft-realtime/weft/transport/frame"
)

// queue is what waits for a number: direct messages, and markers "topic T up to x" (PROTOCOL 10.4, 10.5). Markers with
// no direct message between them form a round and are served in turn.
type queue struct {
	entries  deque[entry]
	messages uint64 // direct messages
	bytes    uint64 // of them
	rounds   uint64 // serial of the last round
	spare    []mark // storage of a round that was served, for the next
}

// entry is a direct message, or a round of markers.
type entry struct {
	item  *Item
	round uint64 // serial, when item is nil
	marks []mark
	turn  int // index of the mark that is served next
}

const maxSpare = 8 // marks

type mark struct {
	cursor *Cursor
	upto   uint64
}

func (q *queue) pushItem(it *Item) {
	q.entries.push(entry{item: it})
	q.messages++
	q.bytes += uint64(it.size)
}

// mark notes that c's log reaches to upto. The last marker moves unless a direct message stands behind it.
func (q *queue) mark(c *Cursor, upto uint64) {
	n := q.entries.len()
	if n == 0 || q.entries.at(n-1).item != nil {
		q.rounds++
		q.entries.push(entry{round: q.rounds, marks: q.spare})
		q.spare = nil
		n++
	}
	tail := q.entries.at(n - 1)
	if c.round == tail.round {
		m := &tail.marks[c.index]
		m.upto = max(m.upto, upto)
		return
	}
	c.round, c.index = tail.round, len(tail.marks)
	tail.marks = append(tail.marks, mark{c, upto})
}

// head returns the message that is next: an item, and the cursor it comes from when it is a publication or a gap. It
// changes nothing but markers that are done. nil: there is none.
func (q *queue) head() (*Item, *Cursor) {
	for q.entries.len() > 0 {
		front := q.entries.at(0)
		if front.item != nil {
			return front.item, nil
		}
		for len(front.marks) > 0 {
			if front.turn >= len(front.marks) {
				front.turn = 0
			}
			m := front.marks[front.turn]
			if !m.cursor.dead && m.cursor.offset < m.upto {
				if it := m.cursor.next(); it != nil {
					return it, m.cursor
				}
			}
			front.drop(front.turn)
		}
		if cap(front.marks) <= maxSpare {
			q.spare = front.marks
		}
		q.entries.pop()
	}
	return nil, nil
}

// drop removes a mark that is done. The others keep their order, and so their turns.
func (e *entry) drop(i int) {
	if e.marks[i].cursor.round == e.round {
		e.marks[i].cursor.round = 0
	}
	e.marks = slices.Delete(e.marks, i, i+1)
	for ; i < len(e.marks); i++ {
		if c := e.marks[i].cursor; c.round == e.round {
			c.index = i
		}
	}
}

// take removes what head returned.
func (q *queue) take(it *Item, c *Cursor) {
	if c == nil {
		q.entries.pop()
		q.messages--
		q.bytes -= uint64(it.size)
		return
	}
	c.advance(it)
	q.entries.at(0).turn++
}

// removeRequest takes a request that has no number yet out of the queue.
func (q *queue) removeRequest(id uint64) *Item {
	return q.remove(func(it *Item) bool { return it.Message.Kind == frame.Request && it.Message.ID == id })
}

// removeOversize takes the first message out that is longer than size.
func (q *queue) removeOversize(size int) *Item {
	return q.remove(func(it *Item) bool { return it.size > size })
}

func (q *queue) remove(match func(*Item) bool) *Item {
	for i := range q.entries.len() {
		it := q.entries.at(i).item
		if it == nil || !match(it) {
			continue
		}
		q.entries.remove(i)
		q.messages--
		q.bytes -= uint64(it.size)
		return it
	}
	return nil
}
