package chaos

import (
	"fmt"
	"math/rand/v2"
	"net/http"
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

// Random adds one rule of r's choice for the next request that matches, or the next two if they are swapped, and says
// which, for the log. Nothing has to be undone: whatever is held or silent is so for limit at most. The requests must be
// of a kind that is answered and done, since some faults wait for the whole answer. The same generator in the same state
// chooses the same.
func (h *HTTP) Random(r *rand.Rand, match func(*http.Request) bool, limit time.Duration) string {
	once := First(1, match)
	d := 1 + time.Duration(r.Int64N(int64(limit)))
	status := []int{http.StatusBadGateway, http.StatusGatewayTimeout}[r.IntN(2)]
	switch r.IntN(10) {
	case 0:
		h.DropRequest(once)
		return "request dropped"
	case 1:
		h.DropAnswer(once)
		return "answer dropped"
	case 2:
		h.dropAnswerAfter(once, d)
		return fmt.Sprintf("answer dropped after %v of silence", d)
	case 3:
		h.DuplicateRequest(once)
		return "request duplicated"
	case 4:
		h.DuplicateLater(once, d)
		return fmt.Sprintf("request duplicated %v later", d)
	case 5:
		h.DeliverLater(once, d)
		return fmt.Sprintf("request delivered %v later", d)
	case 6:
		h.SwapRequests(First(2, match), d)
		return fmt.Sprintf("requests swapped within %v", d)
	case 7:
		h.FailRequest(once, status)
		return fmt.Sprintf("%d instead of the request", status)
	case 8:
		h.FailAnswer(once, status)
		return fmt.Sprintf("%d instead of the answer", status)
	default:
		n := 1 + r.Int64N(256)
		h.TruncateAnswer(First(1, AnswerTo(match)), n)
		return fmt.Sprintf("answer truncated after %d bytes", n)
	}
}
