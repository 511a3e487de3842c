package core

import "github.com/weft-realtime/weft/transport/frame"

// Latest holds the latest message per key, and gives the keys their turns in the order in which they came: one that is
// replaced keeps its place, so that a busy key cannot starve the others. The zero value is empty.
type Latest struct {
	items   map[string]*Item
	order   deque[string]
	bytes   uint64
	dropped uint64
}

// Len is how many keys have a message.
func (l *Latest) Len() int { return len(l.items) }

// Bytes is the size of the messages and their keys.
func (l *Latest) Bytes() uint64 { return l.bytes }

// Dropped is how many messages were dropped to keep a limit, or by Clear. Replaced ones are not among them.
func (l *Latest) Dropped() uint64 { return l.dropped }

// Put holds a message in the place of the one that its key had. Beyond limit, which counts keys and bytes, those that
// have waited longest are dropped, but never this one.
func (l *Latest) Put(key string, it *Item, limit frame.Window) {
	if l.items == nil {
		l.items = map[string]*Item{}
	}
	if old := l.items[key]; old != nil {
		l.bytes -= latestSize(key, old)
	} else {
		l.order.push(key)
	}
	l.items[key] = it
	l.bytes += latestSize(key, it)
	for len(l.items) > 1 && (uint64(len(l.items)) > limit.Messages || l.bytes > limit.Bytes) {
		oldest := 0
		if *l.order.at(0) == key {
			oldest = 1
		}
		l.take(oldest)
		l.dropped++
	}
}

// Take removes the message whose turn it is; nil: there is none.
func (l *Latest) Take() (key string, it *Item) {
	if len(l.items) == 0 {
		return "", nil
	}
	return l.take(0)
}

func (l *Latest) take(i int) (key string, it *Item) {
	key = l.order.remove(i)
	it = l.items[key]
	l.bytes -= latestSize(key, it)
	if delete(l.items, key); len(l.items) == 0 {
		l.items = nil // an idle session holds none
	}
	return key, it
}

// Clear drops everything.
func (l *Latest) Clear() { *l = Latest{dropped: l.dropped + uint64(len(l.items))} }

func latestSize(key string, it *Item) uint64 { return uint64(len(key) + it.size) }
