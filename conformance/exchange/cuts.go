package exchange

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/weft-realtime/weft/conformance/chaos"
)

// Cut is one thing done to a connection.
type Cut struct {
	Name string
	Do   func(p *chaos.Proxy)
}

// Schedule returns the cuts of the standard measure in a seeded order: rst RSTs, fin FINs and holes black holes of 1 to
// 3 seconds.
func Schedule(seed uint64, rst, fin, holes int) []Cut {
	r := rand.New(rand.NewPCG(seed, 0))
	var cuts []Cut
	for range rst {
		cuts = append(cuts, Cut{"rst", (*chaos.Proxy).CutRST})
	}
	for range fin {
		cuts = append(cuts, Cut{"fin", (*chaos.Proxy).CutFIN})
	}
	for range holes {
		d := time.Second + time.Duration(r.Int64N(int64(2*time.Second)))
		cuts = append(cuts, Cut{fmt.Sprintf("hole of %v", d.Round(time.Millisecond)), func(p *chaos.Proxy) { p.BlackHole(d) }})
	}
	r.Shuffle(len(cuts), func(i, j int) { cuts[i], cuts[j] = cuts[j], cuts[i] })
	return cuts
}

// Break makes the cuts one after the other, each when progress has moved on since the last, so that every one hits
// traffic. progress is the number of messages that have arrived so far, out of total; the cuts are spread over it.
func Break(ctx context.Context, p *chaos.Proxy, cuts []Cut, total int, progress func() int) error {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for i, cut := range cuts {
		for progress() < (i+1)*total/(len(cuts)+1) {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return fmt.Errorf("cut %d of %d (%s): %d of %d messages: %w", i+1, len(cuts), cut.Name, progress(), total, context.Cause(ctx))
			}
		}
		cut.Do(p)
	}
	return nil
}
