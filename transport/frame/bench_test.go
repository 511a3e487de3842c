package frame

import (
	"bytes"
	"testing"
)

func benchFrame() Frame {
	return Frame{Type: Data, Seq: 123_456, Message: Message{
		Kind: Publication, Codec: CodecJSON, Topic: "room.42", Epoch: 1 << 40, Offset: 99_999, Name: "message",
		Payload: []byte(`{"text":"` + string(bytes.Repeat([]byte("x"), 100)) + `"}`),
	}}
}

// The hot path allocates nothing, but for names that were not the last ones.
func TestHotPathAllocations(t *testing.T) {
	f := benchFrame()
	var d Decoder
	var decoded Frame
	binary, out := Append(nil, Binary, &f), make([]byte, 0, 1024)
	line := Append(nil, JSON, &f)
	for name, run := range map[string]func(){
		"encode binary": func() { out = Append(out[:0], Binary, &f) },
		"encode JSON":   func() { out = Append(out[:0], JSON, &f) },
		"wrap":          func() { out = AppendData(out[:0], Binary, 7, line) },
		"check":         func() { _ = f.Message.Check(DefaultMaxFrame) },
		"decode binary": func() {
			d.Reset(Binary, binary, DefaultMaxFrame)
			_, _ = d.Next(&decoded)
		},
	} {
		if n := testing.AllocsPerRun(100, run); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

func benchmarkEncode(b *testing.B, enc Encoding) {
	f := benchFrame()
	buf := Append(nil, enc, &f)
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		buf = Append(buf[:0], enc, &f)
	}
}

func BenchmarkEncodeBinary(b *testing.B) { benchmarkEncode(b, Binary) }
func BenchmarkEncodeJSON(b *testing.B)   { benchmarkEncode(b, JSON) }

func BenchmarkAppendData(b *testing.B) {
	f := benchFrame()
	message := AppendMessage(nil, Binary, &f.Message)
	buf := AppendData(nil, Binary, f.Seq, message)
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendData(buf[:0], Binary, f.Seq, message)
	}
}

func benchmarkDecode(b *testing.B, enc Encoding, names ...string) {
	f := benchFrame()
	var batch []byte
	for _, name := range names {
		f.Message.Name = name
		batch = Append(batch, enc, &f)
	}
	b.SetBytes(int64(len(batch) / len(names)))
	decodeForEver(b, enc, batch)
}

func decodeForEver(b *testing.B, enc Encoding, batch []byte) {
	var d Decoder
	var f Frame
	b.ReportAllocs()
	for b.Loop() {
		if ok, _ := d.Next(&f); !ok {
			d.Reset(enc, batch, DefaultMaxFrame)
			if ok, err := d.Next(&f); !ok {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkDecodeBinarySameName(b *testing.B)   { benchmarkDecode(b, Binary, "n", "n", "n", "n") }
func BenchmarkDecodeBinaryOtherNames(b *testing.B) { benchmarkDecode(b, Binary, "first", "second") }
func BenchmarkDecodeJSON(b *testing.B)             { benchmarkDecode(b, JSON, "n") }

func BenchmarkDecodeAck(b *testing.B) {
	f := Frame{Type: Ack, Rcv: 70_000, Ack: 60_000}
	decodeForEver(b, Binary, bytes.Repeat(Append(nil, Binary, &f), 64))
}
