package client_test

import (
	"context"
	"testing"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport/frame"
)

// A message that is larger than what is left of the queue waits at rest, and goes when there is room.
// PROTOCOL 5.9
func TestLargeEmitWaits(t *testing.T) {
	rt := router.New(router.Config{})
	release := make(chan struct{})
	var sizes []int
	router.On(rt, "data", func(_ *router.Context, p []byte) error {
		<-release
		sizes = append(sizes, len(p))
		return nil
	})
	c := connect(t, serve(t, rt), client.Config{})
	ctx := soon(t)
	const large = 600 << 10 // two of them do not fit the queue of 1 MiB behind a window of 128 KiB
	emitted := make(chan error, 3)
	var waits []func(context.Context) error
	for range 2 {
		handled, err := c.Post(ctx, "data", client.Payload{Codec: frame.CodecBytes, Data: make([]byte, large)})
		if err != nil {
			t.Fatal(err)
		}
		waits = append(waits, handled)
	}
	go func() { emitted <- c.Emit(ctx, "data", make([]byte, large)) }()
	close(release)
	for _, handled := range waits {
		if err := handled(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := receive(t, emitted, "Emit"); err != nil {
		t.Fatal(err)
	}
	if len(sizes) != 3 {
		t.Fatalf("handled %v", sizes)
	}
}
