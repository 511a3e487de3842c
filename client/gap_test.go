package client

import (
	"fmt"
	"slices"
	"testing"

	"github.com/weft-realtime/weft/transport/frame"
)

// A log that took a topic's place was empty, and is not any more before the subscription knows: there is one gap, before
// what comes. PROTOCOL 10.3, 18.5
func TestGapBeforeTheReply(t *testing.T) {
	c := New("http://127.0.0.1:1/rt", Config{})
	var seen []string
	s := &Subscription{client: c, topic: "news", live: true, epoch: 7, offset: 3, on: func(p Publication) {
		seen = append(seen, fmt.Sprint(p.Gap, p.From, p.To, p.Offset))
	}}
	c.subs["news"] = s
	for i := range 2 {
		c.publication(c.core, &frame.Message{Kind: frame.Publication, Topic: "news", Epoch: 8, Offset: uint64(i) + 1, Name: "n"})
	}
	s.settle()
	if want := []string{"true 0 0 0", "false 0 0 1", "false 0 0 2"}; !slices.Equal(seen, want) {
		t.Errorf("%q, want %q", seen, want)
	}
}
