package core

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/weft-realtime/weft/transport/frame"
)

var volatileSeed = flag.Uint64("volatile.seed", uint64(time.Now().UnixNano()), "seed of the random tests of what is outside the sequence")

func (r *rig) volatile(key, name string) {
	r.t.Helper()
	if err := r.end().SendVolatile(key, NewItem(event(name), nil)); err != nil {
		r.t.Fatal(err)
	}
	r.check()
}

func volatileFrame(n uint64, key string) *frame.Frame {
	return &frame.Frame{Type: frame.Volatile, Seq: n, Text: key, Message: event("v")}
}

// A flood of keys costs a bounded amount of memory at both ends, whatever the limits are.
//
// PROTOCOL 17.3, 17.5
func TestVolatileFlood(t *testing.T) {
	r := newServer(t, small())
	for i := range 10_000 {
		r.volatile(fmt.Sprint("key", i), "v")
	}
	waiting, dropped := r.s.Volatile()
	if waiting.Messages != 256 || dropped != 10_000-256 {
		t.Errorf("%d wait and %d were dropped", waiting.Messages, dropped)
	}
	if got := r.out(); len(got) != 256 || got[0] != "volatile 1 key9744 v" || got[255] != "volatile 256 key9999 v" {
		t.Errorf("%d were written, from %s to %s", len(got), got[0], got[len(got)-1])
	}
	before := r.s.Bytes()
	for i := range uint64(10_000) {
		r.want(r.in(volatileFrame(i+1, fmt.Sprint("key", i))), fmt.Sprintf("volatile %d key%d", i+1, i))
	}
	if got, most := r.s.Bytes()-before, 1024*(sightingSize+len("key1234")); got != most {
		t.Errorf("the keys cost %d bytes, want %d", got, most)
	}
	r.want(r.in(volatileFrame(10_000-1024, "new"), volatileFrame(10_000-1023, "new")), "volatile 8977 new")
	r.s.Lost(r.now, r.b)
	if r.s.Bytes() != before {
		t.Error("the keys of a session without a connection still cost something")
	}
}

// The queue's bytes bound what waits outside the sequence.
//
// PROTOCOL 17.3
func TestVolatileBytes(t *testing.T) {
	cfg := small()
	cfg.Queue.Bytes = 10_000
	r := newServer(t, cfg)
	for i := range 100 {
		if err := r.s.SendVolatile(fmt.Sprint(i), NewItem(sized("v", 998), nil)); err != nil {
			t.Fatal(err)
		}
		if got, _ := r.s.Volatile(); got.Bytes > 10_000 || r.s.Bytes() != int(got.Bytes) {
			t.Fatalf("%+v wait, in %d bytes", got, r.s.Bytes())
		}
	}
	if got, _ := r.s.Volatile(); got.Messages != 10 {
		t.Errorf("%+v wait", got)
	}
}

// Latest against a list that says the same in the plainest way.
//
// PROTOCOL 17.3
func TestLatest(t *testing.T) {
	t.Logf("-volatile.seed %d", *volatileSeed)
	random := rand.New(rand.NewPCG(*volatileSeed, 1))
	limit := frame.Window{Messages: 5, Bytes: 200}
	type entry struct {
		key  string
		item *Item
	}
	var l Latest
	var plain []entry
	dropped := 0
	size := func() (n int) {
		for _, e := range plain {
			n += len(e.key) + e.item.Size()
		}
		return n
	}
	for range 20_000 {
		if random.IntN(4) == 0 {
			key, item := l.Take()
			if len(plain) == 0 {
				if item != nil {
					t.Fatal("took something from nothing")
				}
				continue
			}
			if plain[0] != (entry{key, item}) {
				t.Fatalf("took %q, want %q", key, plain[0].key)
			}
			plain = plain[1:]
		} else {
			e := entry{strconv.Itoa(random.IntN(12)), NewItem(sized("v", 4+random.IntN(120)), nil)}
			if i := slices.IndexFunc(plain, func(old entry) bool { return old.key == e.key }); i >= 0 {
				plain[i] = e
			} else {
				plain = append(plain, e)
			}
			for len(plain) > 1 && (len(plain) > int(limit.Messages) || size() > int(limit.Bytes)) {
				oldest := 0
				if plain[0] == e {
					oldest = 1
				}
				plain = slices.Delete(slices.Clone(plain), oldest, oldest+1)
				dropped++
			}
			l.Put(e.key, e.item, limit)
		}
		if l.Len() != len(plain) || l.Bytes() != uint64(size()) || l.Dropped() != uint64(dropped) {
			t.Fatalf("holds %d, %d bytes, %d dropped; want %d, %d, %d",
				l.Len(), l.Bytes(), l.Dropped(), len(plain), size(), dropped)
		}
	}
	l.Clear()
	if l.Len() != 0 || l.Bytes() != 0 || l.Dropped() != uint64(dropped+len(plain)) {
		t.Errorf("after Clear: %d, %d bytes, %d dropped", l.Len(), l.Bytes(), l.Dropped())
	}
}

// Whatever comes in whatever order, nothing is undone by something older, and what comes in order is never refused.
//
// PROTOCOL 17.5
func TestSeen(t *testing.T) {
	t.Logf("-volatile.seed %d", *volatileSeed)
	random := rand.New(rand.NewPCG(*volatileSeed, 2))
	const limit = 8
	var s seen
	newest := map[string]uint64{}
	next := uint64(0)
	for range 50_000 {
		key := strconv.Itoa(random.IntN(20))
		n := next - min(next, random.Uint64N(30))
		inOrder := random.IntN(3) > 0
		if inOrder {
			next++
			n = next
		}
		forgotten := random.IntN(1000) == 0
		if forgotten {
			s.forget()
		}
		switch taken := s.accept(key, n, limit); {
		case taken && n <= newest[key]:
			t.Fatalf("%d was taken for %s after %d", n, key, newest[key])
		case !taken && inOrder:
			t.Fatalf("%d was refused, though all before were lower", n)
		case taken && forgotten && !inOrder:
			t.Fatalf("%d was taken although %d was seen on the connection before", n, s.last)
		case taken:
			newest[key] = n
		}
		if len(s.keys) != len(s.lowest) || len(s.keys) > limit {
			t.Fatalf("%d keys, %d in the heap", len(s.keys), len(s.lowest))
		}
		for i, x := range s.lowest {
			if x.index != i || s.keys[x.key] != x || x.n < s.lowest[0].n {
				t.Fatalf("the heap is broken at %d: %+v", i, x)
			}
		}
	}
}
