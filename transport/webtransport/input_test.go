package webtransport

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// frames are a few of every size.
func frames() (all []byte, n int) {
	for _, size := range []int{0, 3, 500, 70_000, 12, 600, 200_000, 1} {
		m := frame.Message{Kind: frame.Event, Name: "n", Payload: bytes.Repeat([]byte{7}, size)}
		all = frame.Append(all, frame.Binary, &frame.Frame{Type: frame.Data, Seq: 1, Message: m})
		n++
	}
	return all, n
}

// pieces cuts what is read at random places.
type pieces struct {
	r   io.Reader
	rnd *rand.Rand
}

func (p pieces) Read(b []byte) (int, error) {
	return p.r.Read(b[:min(len(b), 1+p.rnd.IntN(3000))])
}

// Wherever the stream is cut, what comes out are the same frames, whole. PROTOCOL 11.16
func TestInput(t *testing.T) {
	all, n := frames()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for name, r := range map[string]io.Reader{
		"at once": bytes.NewReader(all), "byte by byte": iotest.OneByteReader(bytes.NewReader(all)),
		"in pieces": pieces{bytes.NewReader(all), rand.New(rand.NewPCG(seed, 0))},
	} {
		var in input
		var got []byte
		for count := 0; ; {
			batch, err := in.next(r, frame.DefaultMaxFrame)
			if err != nil {
				if err != io.EOF || count != n || !bytes.Equal(got, all) {
					t.Errorf("%s: %d frames, %d of %d bytes, %v", name, count, len(got), len(all), err)
				}
				break
			}
			var d frame.Decoder
			var f frame.Frame
			d.Reset(frame.Binary, batch, frame.DefaultMaxFrame)
			for ok, err := d.Next(&f); ok || err != nil; ok, err = d.Next(&f) {
				if err != nil {
					t.Fatal(name, err)
				}
				count++
			}
			got = append(got, batch...)
		}
		if in.buf != nil {
			t.Errorf("%s: a buffer is held for nothing", name)
		}
	}
}

// A frame that is too long is refused at its head. PROTOCOL 2.3
func TestInputIsBounded(t *testing.T) {
	var in input
	head := []byte{byte(frame.Data), 0x80, 0x10, 0, 0} // 1 MiB follow
	_, err := in.next(io.MultiReader(bytes.NewReader(head), iotest.ErrReader(errors.New("read on"))), 1000)
	if e, ok := errors.AsType[*transport.Error](err); !ok || e.Code != frame.TooLarge {
		t.Errorf("%v, want 4413", err)
	}
}

// PROTOCOL 11.16
func TestDatagrams(t *testing.T) {
	m := frame.Message{Kind: frame.Event, Name: "n"}
	good := frame.Append(nil, frame.Binary, &frame.Frame{Type: frame.Volatile, Seq: 1, Text: "k", Message: m})
	data := frame.Append(nil, frame.Binary, &frame.Frame{Type: frame.Data, Seq: 1, Message: m})
	for name, tt := range map[string]struct {
		p    []byte
		want bool
	}{
		"one frame": {good, true}, "nothing": {nil, false}, "a byte": {good[:1], false}, "cut off": {good[:len(good)-1], false},
		"bytes behind": {append(bytes.Clone(good), 0), false}, "two frames": {append(bytes.Clone(good), good...), false},
		"a frame of the order": {data, false}, "a length without end": {[]byte{byte(frame.Volatile), 0xff, 255, 255, 255, 255, 255, 255, 255}, false},
	} {
		if got := volatile(tt.p); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
