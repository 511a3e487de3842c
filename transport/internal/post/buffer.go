package post

import (
	"io"
	"slices"
	"sync"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// ErrTooLarge refuses more bytes than the limit.
var ErrTooLarge error = &transport.Error{Code: frame.TooLarge, Reason: "batch too large"}

const (
	firstSize = 2 << 10   // bytes of a fresh buffer
	maxKept   = 128 << 10 // bytes; a larger buffer is not kept for the next use. A full batch as events fits
)

// Buffer holds one body or message at a time. The zero value is ready.
type Buffer struct{ B []byte }

var buffers = sync.Pool{New: func() any { return &Buffer{B: make([]byte, 0, firstSize)} }}

// NewBuffer returns an empty buffer with some room, from a pool.
func NewBuffer() *Buffer { return buffers.Get().(*Buffer) }

// Free gives b back to the pool. B must not be used any more.
func (b *Buffer) Free() {
	b.Reset()
	buffers.Put(b)
}

// Reset empties b, and lets go of its memory if it is large.
func (b *Buffer) Reset() {
	if cap(b.B) > maxKept {
		b.B = nil
	}
	b.B = b.B[:0]
}

// Grow makes room for n more bytes, and for a few in any case.
func (b *Buffer) Grow(n int) { b.B = slices.Grow(b.B, max(n, firstSize/4)) }

// Fill empties b and reads r to its end into it, but not more than limit bytes. The buffer grows with what has arrived,
// never with what was announced.
func (b *Buffer) Fill(r io.Reader, limit int) error {
	b.B = b.B[:0]
	for {
		if len(b.B) == cap(b.B) {
			b.B = slices.Grow(b.B, max(firstSize, len(b.B)))
		}
		n, err := r.Read(b.B[len(b.B):cap(b.B)])
		b.B = b.B[:len(b.B)+n]
		switch {
		case len(b.B) > limit:
			return ErrTooLarge
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}
