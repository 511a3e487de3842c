package core

import "container/heap"

// seen is the last number of VOLATILE that was seen per key, so that a late one cannot undo a newer one (PROTOCOL 17.5).
type seen struct {
	keys   map[string]*sighting
	lowest sightings // the same ones as a heap
	floor  uint64    // whatever is not above it is old, also of a key that was forgotten
	last   uint64    // the highest number of all
	bytes  int       // what the memory costs, about
}

type sighting struct {
	key   string
	n     uint64
	index int // in the heap
}

// sightingSize is about what one costs beside its key, in bytes.
const sightingSize = 96

// accept notes that n was seen for a key, or reports that it is old. Beyond limit the key with the lowest number is
// forgotten, and what is not above that number is old from now on.
func (s *seen) accept(key string, n uint64, limit int) bool {
	known := s.keys[key]
	if n <= s.floor || known != nil && n <= known.n {
		return false
	}
	s.last = max(s.last, n)
	if known != nil {
		known.n = n
		heap.Fix(&s.lowest, known.index)
		return true
	}
	if s.keys == nil {
		s.keys = map[string]*sighting{}
	}
	s.keys[key] = &sighting{key: key, n: n}
	heap.Push(&s.lowest, s.keys[key])
	s.bytes += len(key) + sightingSize
	if len(s.lowest) > limit {
		forgotten := heap.Pop(&s.lowest).(*sighting)
		delete(s.keys, forgotten.key)
		s.bytes -= len(forgotten.key) + sightingSize
		s.floor = forgotten.n
	}
	return true
}

// forget forgets all keys: what was sent before is old, and what is sent on another connection has a greater number.
func (s *seen) forget() { *s = seen{floor: s.last, last: s.last} }

// sightings is a heap.Interface.
type sightings []*sighting

func (h sightings) Len() int           { return len(h) }
func (h sightings) Less(i, j int) bool { return h[i].n < h[j].n }

func (h sightings) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *sightings) Push(x any) {
	x.(*sighting).index = len(*h)
	*h = append(*h, x.(*sighting))
}

func (h *sightings) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return x
}
