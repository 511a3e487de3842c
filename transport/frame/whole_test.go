package frame_test

import (
	"bytes"
	"testing"

	"github.com/weft-realtime/weft/transport/frame"
)

// stream is a few frames of every length of their heads.
func stream() (batch []byte, ends []int) {
	for _, size := range []int{0, 1, 60, 200, 20_000} {
		f := frame.Frame{Type: frame.Data, Seq: 1, Message: frame.Message{Kind: frame.Event, Name: "n", Payload: make([]byte, size)}}
		batch = frame.Append(batch, frame.Binary, &f)
		ends = append(ends, len(batch))
	}
	return batch, ends
}

// However many bytes have arrived, what is handed on are all the frames that are whole. PROTOCOL 2.1
func TestWhole(t *testing.T) {
	batch, ends := stream()
	for n := range len(batch) + 1 {
		want := 0
		for _, end := range ends {
			if end <= n {
				want = end
			}
		}
		if got, err := frame.Whole(batch[:n], frame.DefaultMaxFrame); got != want || err != nil {
			t.Fatalf("of %d bytes %d are whole frames (%v), want %d", n, got, err, want)
		}
	}
}

// PROTOCOL 2.3, 2.12
func TestWholeIsBounded(t *testing.T) {
	batch, ends := stream()
	if n, err := frame.Whole(batch[:ends[3]+5], 1000); n != ends[3] || err == nil {
		t.Errorf("%d bytes and %v before a frame that is too long, want %d and an error", n, err, ends[3])
	}
	pads := bytes.Repeat([]byte{0, 0}, frame.MaxBatchFrames+1)
	if n, err := frame.Whole(pads, 1000); n != 2*frame.MaxBatchFrames || err != nil {
		t.Errorf("%d bytes of a batch that is too long (%v)", n, err)
	}
}

func TestSplit(t *testing.T) {
	data := frame.Append(nil, frame.Binary, &frame.Frame{Type: frame.Ack})
	volatile := func(size int) []byte {
		m := frame.Message{Kind: frame.Event, Name: "n", Payload: make([]byte, size)}
		return frame.Append(nil, frame.Binary, &frame.Frame{Type: frame.Volatile, Seq: 1, Text: "k", Message: m})
	}
	short, long := volatile(100), volatile(2000)
	var batch []byte
	for _, part := range [][]byte{data, long, short, data, short} {
		batch = append(batch, part...)
	}
	before, one, after := frame.Split(batch, 1000)
	if len(before) != len(data)+len(long) || !bytes.Equal(one, short) || len(after) != len(data)+len(short) {
		t.Errorf("split into %d, %d and %d bytes", len(before), len(one), len(after))
	}
	if before, one, after := frame.Split(data, 1000); !bytes.Equal(before, data) || one != nil || after != nil {
		t.Error("split where nothing is to split")
	}
}
