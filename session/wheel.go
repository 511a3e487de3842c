package session

import (
	"container/heap"
	"sync"
	"time"

	"github.com/weft-realtime/weft/internal/core"
)

// wheel is the one timer that all sessions of a registry share. Its goroutine runs while something is scheduled.
type wheel struct {
	registry *Registry
	kick     chan struct{} // something earlier was scheduled

	mu      sync.Mutex
	due     schedule
	topics  bool      // there are topics to look after
	tidyAt  core.Time // when
	running bool
	stopped bool // by Shutdown: nothing starts any more
}

const tidyEvery = core.Time(10_000)

// place is a session's place in the schedule. It is guarded by wheel.mu.
type place struct {
	at    core.Time
	index int // in wheel.due, plus 1; 0: none
}

// schedule is a heap of sessions, the earliest first.
type schedule []*Session

func (h schedule) Len() int           { return len(h) }
func (h schedule) Less(i, j int) bool { return h[i].place.at < h[j].place.at }
func (h schedule) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place.index, h[j].place.index = i+1, j+1
}

func (h *schedule) Push(x any) {
	s := x.(*Session)
	*h = append(*h, s)
	s.place.index = len(*h)
}

func (h *schedule) Pop() any {
	last := len(*h) - 1
	s := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	s.place.index = 0
	return s
}

func (w *wheel) init(r *Registry) {
	w.registry = r
	w.kick = make(chan struct{}, 1)
}

// add has a session's tick called at a time, or earlier.
func (w *wheel) add(s *Session, at core.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch p := &s.place; {
	case p.index == 0:
		p.at = at
		heap.Push(&w.due, s)
	case at < p.at:
		p.at = at
		heap.Fix(&w.due, p.index-1)
	}
	w.changed(w.due[0] == s)
}

// remove forgets a session that has ended.
func (w *wheel) remove(s *Session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.place.index > 0 {
		heap.Remove(&w.due, s.place.index-1)
	}
}

// keepTopics has the topics looked after.
func (w *wheel) keepTopics() {
	w.mu.Lock()
	if !w.topics {
		w.topics = true
		w.tidyAt = w.registry.now() + tidyEvery
		w.changed(true)
	}
	w.mu.Unlock()
}

// changed starts the goroutine, or wakes it when it sleeps too long. w.mu is held.
func (w *wheel) changed(earlier bool) {
	if !w.running && !w.stopped {
		w.running = true
		w.registry.running.Add(1)
		go w.run()
		return
	}
	if earlier {
		select {
		case w.kick <- struct{}{}:
		default:
		}
	}
}

func (w *wheel) run() {
	defer w.registry.running.Done()
	timer := time.NewTimer(0)
	defer timer.Stop()
	var ready []*Session
	for {
		var next core.Time
		ready, next = w.take(ready[:0])
		for _, s := range ready {
			s.tick()
		}
		clear(ready)
		if next == 0 {
			return
		}
		timer.Reset(time.Duration(max(next-w.registry.now(), 1)) * time.Millisecond)
		select {
		case <-timer.C:
		case <-w.kick:
		}
	}
}

// take returns the sessions that are due, and when the next one is: 0 ends the goroutine.
func (w *wheel) take(ready []*Session) ([]*Session, core.Time) {
	now := w.registry.now()
	w.mu.Lock()
	tidy := w.topics && now >= w.tidyAt
	w.mu.Unlock()
	if tidy {
		w.tidy(now)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.due) > 0 && w.due[0].place.at <= now {
		ready = append(ready, heap.Pop(&w.due).(*Session))
	}
	if w.stopped {
		w.running = false
		return ready, 0
	}
	var next core.Time
	if w.topics {
		next = w.tidyAt
	}
	if len(w.due) > 0 && (next == 0 || w.due[0].place.at < next) {
		next = w.due[0].place.at
	}
	if next == 0 && len(ready) > 0 {
		next = now // their ticks may schedule again
	}
	w.running = next != 0
	return ready, next
}

// stop forgets everything that is scheduled, which ends the goroutine for good.
func (w *wheel) stop() {
	w.mu.Lock()
	for len(w.due) > 0 {
		heap.Pop(&w.due)
	}
	w.topics, w.stopped = false, true
	w.changed(true)
	w.mu.Unlock()
}

// tidy drops what is too old in the topics, and the topics that are of no more use.
func (w *wheel) tidy(now core.Time) {
	r := w.registry
	r.topicsMu.Lock()
	topics := make([]*Topic, 0, len(r.topics))
	for _, t := range r.topics {
		topics = append(topics, t)
	}
	r.topicsMu.Unlock()
	for _, t := range topics {
		if t.expire() {
			r.topicsMu.Lock()
			if r.topics[t.name] == t {
				delete(r.topics, t.name)
			}
			r.topicsMu.Unlock()
		}
	}
	r.topicsMu.Lock()
	w.mu.Lock()
	w.topics = len(r.topics) > 0
	w.tidyAt = now + tidyEvery
	w.mu.Unlock()
	r.topicsMu.Unlock()
}
