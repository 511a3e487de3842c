package frame

import (
	"bytes"
	"errors"
	"slices"
	"testing"
)

// seed adds every batch of the vectors, valid or not.
func seed(f *testing.F, enc Encoding) {
	for _, vectors := range loadVectors(f) {
		for _, v := range vectors {
			if enc == Binary && v.hasBinary {
				f.Add(v.binary)
			}
			if enc == JSON {
				for _, line := range append(v.spellings, v.json) {
					f.Add(line)
				}
			}
		}
	}
}

const fuzzMaxFrame = 1 << 16

func wantRefusal(t *testing.T, err error) {
	t.Helper()
	var refusal *Error
	if !errors.As(err, &refusal) {
		t.Fatalf("%T is not an *Error: %v", err, err)
	}
	if c := refusal.Code; c != BadProtocol && c != TooLarge && c != BadVersion {
		t.Fatalf("code %d", c)
	}
}

// PROTOCOL 2.11: decode then encode is identity, or an error.
func FuzzBinary(f *testing.F) {
	seed(f, Binary)
	f.Fuzz(func(t *testing.T, batch []byte) {
		before := slices.Clone(batch)
		frames, err := decodeAll(Binary, batch, fuzzMaxFrame)
		if !bytes.Equal(batch, before) {
			t.Fatal("the decoder wrote into its input")
		}
		got := encodeAll(Binary, frames)
		if err != nil {
			wantRefusal(t, err)
			if !bytes.HasPrefix(batch, got) {
				t.Fatalf("%x decodes in part to %x", batch, got)
			}
			return
		}
		if !bytes.Equal(got, batch) {
			t.Fatalf("%x becomes %x", batch, got)
		}
		for i := range frames {
			wantParts(t, &frames[i])
		}
	})
}

// PROTOCOL 4.7: encode(decode(x)) is idempotent.
func FuzzJSON(f *testing.F) {
	seed(f, JSON)
	f.Fuzz(func(t *testing.T, batch []byte) {
		frames, err := decodeAll(JSON, batch, fuzzMaxFrame)
		if err != nil {
			wantRefusal(t, err)
		}
		once := encodeAll(JSON, frames)
		if bytes.IndexByte(once, '\r') >= 0 || bytes.Count(once, []byte("\n")) != len(frames) {
			t.Fatalf("a line break entered a line: %q", once)
		}
		// Escaping may make a line longer than the one it came from.
		again, err := decodeAll(JSON, once, 8*fuzzMaxFrame)
		if err != nil {
			t.Fatalf("%q becomes %q: %v", batch, once, err)
		}
		if twice := encodeAll(JSON, again); !bytes.Equal(once, twice) {
			t.Fatalf("%q becomes %q becomes %q", batch, once, twice)
		}
	})
}

// PROTOCOL 2.11, 4.7: what binary says and JSON can say is the same after JSON.
func FuzzCross(f *testing.F) {
	seed(f, Binary)
	f.Fuzz(func(t *testing.T, batch []byte) {
		decoded, _ := decodeAll(Binary, batch, fuzzMaxFrame)
		frames := sayable(decoded)
		want := encodeAll(Binary, frames)
		line := encodeAll(JSON, frames)
		back, err := decodeAll(JSON, line, 8*fuzzMaxFrame)
		if err != nil {
			t.Fatalf("%x becomes %q: %v", want, line, err)
		}
		if got := encodeAll(Binary, back); !bytes.Equal(got, want) {
			t.Fatalf("%x becomes %q becomes %x", want, line, got)
		}
	})
}

// sayable keeps the frames that have a JSON form, and compacts their JSON payloads as a sender must.
func sayable(frames []Frame) (kept []Frame) {
	for _, f := range frames {
		if f.Type == Pad {
			continue
		}
		if f.Message.Codec == CodecJSON {
			p, err := CompactJSON(f.Message.Payload)
			if err != nil {
				continue
			}
			f.Message.Payload = p
		}
		kept = append(kept, f)
	}
	return kept
}

// PROTOCOL 3.8: what may go out again stays as it is when it comes back.
func FuzzCompactJSON(f *testing.F) {
	for _, s := range []string{`{"a": [1, "\ud83d\ude00"]}`, `"\ud800"`, "[[\n]]", "\xff", `"\u2028`, `1 2`, ``} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		once, err := CompactJSON(p)
		if err != nil {
			wantRefusal(t, err)
			return
		}
		if bytes.ContainsAny(once, "\r\n") {
			t.Fatalf("%q holds a line break", once)
		}
		twice, err := CompactJSON(once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%q becomes %q becomes %q (%v)", p, once, twice, err)
		}
	})
}
