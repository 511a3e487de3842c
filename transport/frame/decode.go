package frame

// Decoder takes a batch apart. It is not safe for concurrent use. Reset must be called before the first Next; a
// Decoder that is used again for the same peer remembers the last name and topic, and so decodes a run of messages of
// the same name without allocating.
type Decoder struct {
	enc      Encoding
	maxFrame int
	frames   int
	rest     []byte // what is not decoded yet
	err      error  // once a batch is refused, it stays refused
	names    names
}

// Reset starts a batch. maxFrame limits the binary form of a frame's body, in bytes; a JSON line may be twice as long.
func (d *Decoder) Reset(enc Encoding, batch []byte, maxFrame int) {
	*d = Decoder{enc: enc, rest: batch, maxFrame: maxFrame, names: d.names}
}

// Next decodes the next frame into f, overwriting all of it, and returns false at the end of the batch. An error is
// always an *Error with a constant reason and the code 4400, 4413 or 4426; what follows in the batch is lost.
//
// Extensions that are not critical are returned, for the caller to skip. No extension is known yet, so that a critical
// one is an error. The payload and Raw alias the batch in binary; in JSON they are copies.
func (d *Decoder) Next(f *Frame) (bool, error) {
	for d.err == nil && len(d.rest) > 0 {
		if d.frames++; d.frames > MaxBatchFrames {
			d.err = errFrames
			break
		}
		*f = Frame{}
		skip := false
		if d.enc == JSON {
			skip, d.err = d.nextLine(f)
		} else {
			d.err = d.nextBinary(f)
		}
		if d.err == nil && !skip {
			return true, nil
		}
	}
	*f = Frame{}
	return false, d.err
}

// Limit changes the longest body that the frames still to come may have: the first frame of a connection has a limit of
// its own (PROTOCOL 2.13).
func (d *Decoder) Limit(maxFrame int) { d.maxFrame = maxFrame }

// names remembers strings that are likely to come again.
type names struct{ name, topic string }

// intern returns b as a string, the one in *last if they are equal.
func intern(last *string, b []byte) string {
	if string(b) == *last { // does not allocate
		return *last
	}
	s := string(b)
	if len(s) <= MaxName {
		*last = s
	}
	return s
}
