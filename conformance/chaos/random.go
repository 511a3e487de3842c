package chaos

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Random applies one fault of r's choice and says which, for the log. Nothing has to be undone: a black hole ends within
// limit, so does a refusal of connections, a delay is at most a tenth of it, and a drip is at least 256 bytes a
// millisecond. The same generator in the same state chooses the same.
func (p *Proxy) Random(r *rand.Rand, limit time.Duration) string {
	switch r.IntN(8) {
	case 0:
		p.CutRST()
		return "reset"
	case 1:
		p.CutFIN()
		return "fin"
	case 2:
		gone := Side(r.IntN(2))
		p.HalfOpen(gone)
		return fmt.Sprintf("half open, side %d gone", gone)
	case 3:
		d, n := Direction(r.IntN(2)), r.Int64N(4096)
		p.TruncateAfter(d, n)
		return fmt.Sprintf("truncate direction %d after %d bytes", d, n)
	case 4:
		delay := time.Duration(r.Int64N(int64(limit)/10 + 1))
		p.SetDelay(delay)
		return fmt.Sprintf("delay %v", delay)
	case 5:
		d, n := Direction(r.IntN(2)), 256+r.IntN(4096)
		p.SetDrip(d, n, time.Millisecond)
		return fmt.Sprintf("drip of %d bytes a millisecond, direction %d", n, d)
	case 6:
		d := 1 + time.Duration(r.Int64N(int64(limit)))
		p.RefuseConns(d)
		return fmt.Sprintf("connections refused for %v", d)
	default:
		d := 1 + time.Duration(r.Int64N(int64(limit)))
		p.BlackHole(d)
		return fmt.Sprintf("black hole for %v", d)
	}
}
