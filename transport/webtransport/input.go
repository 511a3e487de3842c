package webtransport

import (
	"io"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/internal/post"
)

// input cuts a stream of bytes into batches of whole frames. While it waits for more it holds no buffer but a small one,
// unless a frame has begun.
type input struct {
	small [512]byte
	buf   *post.Buffer // what has arrived; nil: nothing
	taken int          // bytes of buf that were handed on
	more  bool         // the last read took all that it had room for
}

// maxRead is the most, in bytes, that is read at once.
const maxRead = 64 << 10

// next returns the next whole frames, which are valid until the next call. A frame whose body is longer than maxFrame is
// refused as soon as its head is there.
func (in *input) next(r io.Reader, maxFrame int) ([]byte, error) {
	in.drop()
	for {
		if in.buf != nil {
			n, err := frame.Whole(in.buf.B, maxFrame)
			if n > 0 {
				in.taken = n
				return in.buf.B[:n], nil
			}
			if err != nil {
				return nil, transport.AsError(err)
			}
		}
		if err := in.fill(r); err != nil {
			return nil, err
		}
	}
}

// drop forgets what was handed on.
func (in *input) drop() {
	if in.taken == 0 {
		return
	}
	in.buf.B = in.buf.B[:copy(in.buf.B, in.buf.B[in.taken:])]
	in.taken = 0
	if len(in.buf.B) == 0 && !in.more {
		in.buf.Free()
		in.buf = nil
	}
}

// fill reads once.
func (in *input) fill(r io.Reader) error {
	p := in.small[:]
	if in.buf != nil {
		if in.more {
			in.buf.Grow(min(2*cap(in.buf.B), maxRead))
		}
		in.buf.Grow(1)
		p = in.buf.B[len(in.buf.B):cap(in.buf.B)]
	}
	n, err := r.Read(p)
	in.more = n == len(p)
	switch {
	case n == 0:
	case in.buf != nil:
		in.buf.B = in.buf.B[:len(in.buf.B)+n]
	default:
		in.buf = post.NewBuffer()
		in.buf.B = append(in.buf.B, p[:n]...)
	}
	if n > 0 {
		return nil // an error comes again
	}
	return err
}

// discard reads and throws away until the stream ends.
func (in *input) discard(r io.Reader) {
	for {
		if _, err := r.Read(in.small[:]); err != nil {
			return
		}
	}
}
