package core

import "github.com/weft-realtime/weft/transport/frame"

// LogLimits bound a topic's log. The oldest publications go first (PROTOCOL 10.1).
type LogLimits struct {
	Publications int
	Bytes        int
	Age          Time
}

// Log is a topic's log: publications with the offsets first to last. It is a Source, and not safe for concurrent use.
type Log struct {
	Topic  string
	Epoch  uint64
	limits LogLimits
	items  deque[logged]
	bytes  int
	last   uint64
}

type logged struct {
	item *Item
	at   Time
}

// NewLog returns an empty log.
func NewLog(topic string, epoch uint64, limits LogLimits) *Log {
	return &Log{Topic: topic, Epoch: epoch, limits: limits}
}

// Last is the offset of the last publication, or 0.
func (l *Log) Last() uint64 { return l.last }

// Bytes is the size of the publications that the log holds.
func (l *Log) Bytes() int { return l.bytes }

// Append adds a publication and drops what is beyond the limits; the newest one always stays.
func (l *Log) Append(now Time, name string, codec frame.Codec, payload []byte) *Item {
	l.last++
	it := newShared(frame.Message{
		Kind: frame.Publication, Codec: codec, Topic: l.Topic, Epoch: l.Epoch, Offset: l.last, Name: name, Payload: payload,
	})
	l.items.push(logged{it, now})
	l.bytes += it.size
	l.Trim(now)
	return it
}

// Trim drops what is beyond the limits.
func (l *Log) Trim(now Time) {
	for l.items.len() > 0 {
		old := l.items.at(0)
		over := l.items.len() > 1 && (l.items.len() > l.limits.Publications || l.bytes > l.limits.Bytes)
		if !over && now-old.at < l.limits.Age {
			return
		}
		l.bytes -= old.item.size
		l.items.pop()
	}
}

// first is the offset of the oldest publication that the log holds, or last+1.
func (l *Log) first() uint64 { return l.last + 1 - uint64(l.items.len()) }

// Next returns the publication after an offset, or the last offset that is missing there (see Source).
func (l *Log) Next(after uint64) (*Item, uint64) {
	if after >= l.last {
		return nil, 0
	}
	if first := l.first(); after+1 < first {
		return nil, first - 1
	}
	return l.items.at(int(after + 1 - l.first())).item, 0
}

// Start is where a new subscription that wants n publications of history begins.
func (l *Log) Start(n uint64) uint64 {
	held := uint64(l.items.len())
	return l.last - min(n, held)
}
