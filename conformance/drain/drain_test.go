package drain

import (
	"testing"
	"time"

	"github.com/weft-realtime/weft/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// A node that is shut down under traffic hands over: every emit is handled by exactly one node or reported, every topic
// has one gap, and nobody is without a session. With 500 clients: go run ./conformance/cmd/drain
//
// On a machine that is too busy for the time that a drain has, clients are closed before they have moved, and there is no
// other node behind the address where they began. So there are three drains, each with twice the time of the one before,
// of which one must be as promised. Nothing may be lost, handled twice or out of order in any of them.
// PROTOCOL 18.3, 18.4, 18.5
func TestDrain(t *testing.T) {
	for within := 6 * time.Second; within <= 24*time.Second; within *= 2 {
		o, err := Run(Config{Clients: 40, Every: 100 * time.Millisecond, Within: within})
		if err != nil {
			t.Fatal(err)
		}
		t.Log(o)
		if o.Err() == nil {
			return
		}
		o.Error, o.OddTopics, o.Stayed, o.Without = nil, 0, 0, 0
		if err := o.Err(); err != nil {
			t.Error(err)
		}
	}
	t.Error("no drain of three was as promised")
}
