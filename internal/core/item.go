package core

import (
	"sync/atomic"

	"github.com/weft-realtime/weft/transport/frame"
)

// Item is a message on its way out. It is immutable; many sessions may hold the same publication.
type Item struct {
	Message frame.Message
	Tag     any // the sender's; an item with one is named by Confirmed and Refused

	size    int
	encoded *[2]atomic.Pointer[[]byte] // of a publication, which is encoded once per encoding; else nil
}

// NewItem wraps a direct message.
func NewItem(m frame.Message, tag any) *Item {
	it := &Item{Message: m, Tag: tag}
	it.size = it.Message.Size()
	return it
}

// newShared wraps a message that many sessions will send.
func newShared(m frame.Message) *Item {
	it := NewItem(m, nil)
	it.encoded = new([2]atomic.Pointer[[]byte])
	return it
}

// Size is the length of the message's binary form in bytes (PROTOCOL 3.6).
func (it *Item) Size() int { return it.size }

func (it *Item) counted() bool { return it.Message.Kind.Counted() }

// append appends the DATA frame that carries the item as seq.
func (it *Item) append(buf []byte, enc frame.Encoding, seq uint64) []byte {
	if it.encoded == nil {
		f := frame.Frame{Type: frame.Data, Seq: seq, Message: it.Message}
		return frame.Append(buf, enc, &f)
	}
	cached := it.encoded[enc].Load()
	if cached == nil {
		b := frame.AppendMessage(nil, enc, &it.Message)
		cached = &b
		it.encoded[enc].Store(cached) // two may encode it at once; the bytes are the same
	}
	return frame.AppendData(buf, enc, seq, *cached)
}
