package exchange

import (
	"context"
	"fmt"
	"math"
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

// Break makes the cuts while the session exchanges n numbers each way: one behind the other, evenly spread, each in the
// middle of messages that are on their way. The exchange is held back so that it cannot be over before the last cut.
func (s *Server) Break(ctx context.Context, p *chaos.Proxy, session string, n int, cuts []Cut) error {
	defer s.gate.allow(math.MaxInt)
	part := n / (len(cuts) + 1)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for i, cut := range cuts {
		s.gate.allow((i + 1) * part)
		for s.Up(session).Received < i*part+part/2 {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return fmt.Errorf("cut %d of %d (%s): %d of %d: %w",
					i+1, len(cuts), cut.Name, s.Up(session).Received, n, context.Cause(ctx))
			}
		}
		cut.Do(p)
	}
	return nil
}
