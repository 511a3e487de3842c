package frame

// Whole returns how many bytes at the beginning of p are whole frames in binary, of at most one batch: what a transport
// that carries a stream of bytes may hand on. A body that is longer than maxFrame is an *Error as soon as its length is
// there, so that nobody waits for it.
func Whole(p []byte, maxFrame int) (n int, err error) {
	for range MaxBatchFrames {
		rest := p[n:]
		if len(rest) < 2 {
			break
		}
		size, width := varint(rest[1:])
		switch {
		case width == 0:
			return n, nil
		case size > MaxInt:
			return n, errVarint
		case size > uint64(max(maxFrame, 0)):
			return n, errTooLarge
		case uint64(len(rest)-1-width) < size:
			return n, nil
		}
		n += 1 + width + int(size)
	}
	return n, nil
}

// Split divides a binary batch of whole frames at its first VOLATILE frame that is no longer than limit bytes, head and
// all: before is what stands in front of it, volatile the frame, after the rest. Without one, before is the batch.
func Split(batch []byte, limit int) (before, volatile, after []byte) {
	for n := 0; n < len(batch); {
		size, width := varint(batch[n+1:])
		end := n + 1 + width + int(size)
		if Type(batch[n]&typeMask) == Volatile && end-n <= limit {
			return batch[:n], batch[n:end], batch[end:]
		}
		n = end
	}
	return batch, nil, nil
}
