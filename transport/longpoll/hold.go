package longpoll

import (
	"sync"
	"time"
)

// held is how long a poll has waited at least, when it fails, for something to have cut it because it was silent.
const held = 2 * time.Second

// hold is how long polls may be held. Something between the ends may cut what is silent for long: a time that two polls
// did not survive, and none between them did, is stayed below from then on (PROTOCOL 11.4). The zero value leaves it to
// the server. It is safe for concurrent use.
type hold struct {
	mu       sync.Mutex
	limit    time.Duration // 0: the server's
	shortest time.Duration // after how long a poll was cut that no other was yet; 0: none was
}

// ask is what the server is asked for, or 0.
func (h *hold) ask() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.limit
}

// answered notes that a poll survived for d.
func (h *hold) answered(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if d > h.shortest {
		h.shortest = 0
	}
}

// failed notes that a poll failed after d, and reports whether that looks like a cut.
func (h *hold) failed(d time.Duration) (cut bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case d <= held:
		return false
	case h.shortest == 0:
		h.shortest = d
		return true
	}
	limit := min(h.shortest, d) * 4 / 5
	if h.limit == 0 || limit < h.limit {
		h.limit = limit
	}
	h.shortest = 0
	return true
}
