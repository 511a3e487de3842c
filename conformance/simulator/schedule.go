package simulator

import "github.com/weft-realtime/weft/internal/core"

// schedule is the virtual clock: what is to happen, in the order of time and, at the same time, of planning.
type schedule struct {
	now     core.Time
	planned uint64
	heap    []event
}

type event struct {
	at     core.Time
	serial uint64
	do     func()
}

func (e *event) before(o *event) bool {
	return e.at < o.at || e.at == o.at && e.serial < o.serial
}

func (s *schedule) after(d core.Time, do func()) { s.at(s.now+d, do) }

func (s *schedule) at(at core.Time, do func()) {
	s.planned++
	e := event{max(at, s.now), s.planned, do}
	s.heap = append(s.heap, e)
	i := len(s.heap) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !e.before(&s.heap[parent]) {
			break
		}
		s.heap[i] = s.heap[parent]
		i = parent
	}
	s.heap[i] = e
}

// step does what is next.
func (s *schedule) step() {
	first := s.heap[0]
	last := len(s.heap) - 1
	e := s.heap[last]
	s.heap[last] = event{}
	s.heap = s.heap[:last]
	if last > 0 {
		s.sink(e)
	}
	s.now = first.at
	first.do()
}

// sink puts e at the top and lets it sink to its place.
func (s *schedule) sink(e event) {
	i := 0
	for {
		child := 2*i + 1
		if child >= len(s.heap) {
			break
		}
		if right := child + 1; right < len(s.heap) && s.heap[right].before(&s.heap[child]) {
			child = right
		}
		if !s.heap[child].before(&e) {
			break
		}
		s.heap[i] = s.heap[child]
		i = child
	}
	s.heap[i] = e
}
