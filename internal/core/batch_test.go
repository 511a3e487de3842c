package core

import (
	"testing"

	"github.com/weft-realtime/weft/transport/frame"
)

// TestBatchHoldsWhatAPeerTakes: however small the messages are and however long a batch may be, it has no more frames
// than a peer takes. PROTOCOL 2.12
func TestBatchHoldsWhatAPeerTakes(t *testing.T) {
	const messages = 2 * frame.MaxBatchFrames
	cfg := ServerDefaults
	cfg.Send = frame.Window{Messages: messages, Bytes: 1 << 20}
	cfg.Queue, cfg.Batch = cfg.Send, 1<<20
	s := NewServer(cfg)
	b, err := s.Hello(1, false, &frame.Opening{Version: frame.Version, HasToken: true})
	if err != nil {
		t.Fatal(err)
	}
	for range messages {
		if err := s.Send(NewItem(frame.Message{Kind: frame.Event, Name: "e"}, nil)); err != nil {
			t.Fatal(err)
		}
	}
	written := 0
	for batches := 0; s.Pending(); batches++ {
		if batches > 3 {
			t.Fatalf("%d batches, and more to write", batches)
		}
		var d frame.Decoder // refuses a frame too many
		d.Reset(frame.Binary, s.Batch(1, b, frame.Binary, nil), cfg.MaxFrame)
		for f := new(frame.Frame); ; {
			ok, err := d.Next(f)
			if err != nil {
				t.Fatalf("batch %d after %d messages: %v", batches, written, err)
			}
			if !ok {
				break
			}
			if f.Type == frame.Data {
				written++
			}
		}
	}
	if written != messages {
		t.Errorf("%d messages written, want %d", written, messages)
	}
}
