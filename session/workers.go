package session

import "sync"

// maxParked is how many goroutines wait for more to do.
const maxParked = 32

// workers runs dispatchers and flushers on goroutines that are used again: a new one would have to grow its stack first,
// through handlers and transports, for every burst of messages. They end when the registry has no session any more.
type workers struct {
	running sync.WaitGroup // those at work and those parked

	mu     sync.Mutex
	keep   bool          // there are sessions
	parked []chan func() // the one parked last is taken first, so that few are kept warm
}

// run calls f on a goroutine of its own, soon.
func (w *workers) run(f func()) {
	w.mu.Lock()
	if n := len(w.parked); n > 0 {
		next := w.parked[n-1]
		w.parked = w.parked[:n-1]
		w.mu.Unlock()
		next <- f // it has room for one
		return
	}
	w.mu.Unlock()
	w.running.Add(1)
	go w.work(f)
}

// work is joined by Registry.join.
func (w *workers) work(f func()) {
	defer w.running.Done()
	next := make(chan func(), 1)
	for f != nil {
		f()
		if !w.park(next) {
			return
		}
		f = <-next
	}
}

// park reports whether something more to do, or nil, will come by next.
func (w *workers) park(next chan func()) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.keep || len(w.parked) == maxParked {
		return false
	}
	w.parked = append(w.parked, next)
	return true
}

// setKeep says whether there are sessions. Without, those that are parked end, and the others when they are done.
func (w *workers) setKeep(keep bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.keep = keep; keep {
		return
	}
	for _, next := range w.parked {
		close(next)
	}
	w.parked = nil
}
