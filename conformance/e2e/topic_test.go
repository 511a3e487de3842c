package e2e

import (
	"fmt"
	"testing"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/conformance/exchange"
	"github.com/weft-realtime/weft/router"
)

// TestTopicThroughCuts: a subscriber misses nothing of a topic while its connection is cut, and history is there for
// who comes later.
// PROTOCOL 10.1, 10.2
func TestTopicThroughCuts(t *testing.T) {
	const n = 500
	ctx := minutes(t, 1)
	s, p := listen(t, router.Config{})
	c := dial(t, p.URL(), client.Config{})
	got := make(chan client.Publication, n)
	if _, err := c.Subscribe(ctx, "topic:a", 0, func(p client.Publication) { got <- p }); err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= n; i++ {
		if i%100 == 50 {
			p.CutRST()
		}
		if err := s.Router.Topic("topic:a").Publish(ctx, "n", i); err != nil {
			t.Fatal(err)
		}
	}
	for i := 1; i <= n; i++ {
		pub := await(t, got, "a publication")
		var v int
		if err := pub.Decode(&v); err != nil || v != i || pub.Offset != uint64(i) || pub.Gap {
			t.Fatalf("publication %d: %+v, %v", i, pub, err)
		}
	}
	late := dial(t, p.URL(), client.Config{})
	if _, err := late.Subscribe(ctx, "topic:a", 10, func(p client.Publication) { got <- p }); err != nil {
		t.Fatal(err)
	}
	for i := n - 9; i <= n; i++ {
		if pub := await(t, got, "a publication"); pub.Offset != uint64(i) {
			t.Fatalf("history: %+v, want %d", pub, i)
		}
	}
}

// TestTopicOfAnotherEpoch: the server dies, and the log with it. The subscriber is told that something is missing, and
// goes on.
// PROTOCOL 10.3
func TestTopicOfAnotherEpoch(t *testing.T) {
	for _, published := range []int{0, 3} {
		t.Run(fmt.Sprintf("published=%d", published), func(t *testing.T) {
			ctx := minutes(t, 1)
			server := spawn(t, "")
			c := dial(t, "http://"+server.Addr, client.Config{})
			got := make(chan client.Publication, 10)
			if _, err := c.Subscribe(ctx, "topic:a", 0, func(p client.Publication) { got <- p }); err != nil {
				t.Fatal(err)
			}
			if err := c.Emit(ctx, "publish", 1); err != nil {
				t.Fatal(err)
			}
			if p := await(t, got, "a publication"); p.Gap || p.Offset != 1 {
				t.Fatalf("%+v", p)
			}
			server.Kill()
			again, err := exchange.Listen(server.Addr, router.Config{})
			for err != nil && ctx.Err() == nil {
				again, err = exchange.Listen(server.Addr, router.Config{})
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(again.Close)
			for i := range published {
				if err := again.Router.Topic("topic:a").Publish(ctx, "n", i); err != nil {
					t.Fatal(err)
				}
			}
			if p := await(t, got, "a publication"); !p.Gap {
				t.Fatalf("%+v, want a gap", p)
			}
			if err := c.Emit(ctx, "publish", 2); err != nil {
				t.Fatal(err)
			}
			if p := await(t, got, "a publication"); p.Gap || p.Name != "n" {
				t.Fatalf("%+v, want what was published", p)
			}
		})
	}
}
