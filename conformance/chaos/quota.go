package chaos

import (
	"sync"
	"time"
)

// quota is how much may go in an interval, over all that draw on it. Until it is set, and after it is set to 0,
// everything may.
type quota struct {
	mu      sync.Mutex
	n       int
	every   time.Duration
	left    int           // of n, in the interval that began last
	ends    time.Time     // when that interval does
	changed chan struct{} // closed and replaced at each change
}

func newQuota() *quota { return &quota{changed: make(chan struct{})} }

func (q *quota) set(n int, every time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.n, q.every, q.left, q.ends = n, every, 0, time.Time{}
	close(q.changed)
	q.changed = make(chan struct{})
}

// take waits until some of want, which is positive, may go, and returns how much: 0 if done came first.
func (q *quota) take(want int, done <-chan struct{}) int {
	for {
		n, ends, changed := q.try(want)
		if n > 0 {
			return n
		}
		select {
		case <-time.After(time.Until(ends)):
		case <-changed:
		case <-done:
			return 0
		}
	}
}

func (q *quota) try(want int) (n int, ends time.Time, changed <-chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.n <= 0 {
		return want, q.ends, q.changed
	}
	if now := time.Now(); !now.Before(q.ends) {
		q.left, q.ends = q.n, now.Add(q.every)
	}
	n = min(want, q.left)
	q.left -= n
	return n, q.ends, q.changed
}
