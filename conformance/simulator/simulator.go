// Package simulator drives the real protocol core of both ends through faults, in virtual time.
//
// A run is one client and one server with their applications and a network between them, all in one goroutine: a
// discrete event simulation that a seed determines completely. The core (internal/core) and the encodings
// (transport/frame) are the real ones; the drivers around them (client, server, side) are as thin as a real session's;
// the network, the applications and the clock are models. A ledger knows the truth about every message, whatever the
// two machines believe, and the first difference ends the run.
//
// The files: run and schedule are the clock; settings, traffic, faults and ending decide what happens; link and
// exchange are the network; side, dispatcher, client, path and server are the drivers; ledger, calls, topics, volatile,
// watch and verdict are what is checked.
package simulator

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Config says what to simulate.
type Config struct {
	Runs     int    // how many runs
	Messages int    // how many application messages each run delivers at least
	Seed     uint64 // with the number of the run, all that a run depends on
	Only     int    // if greater than 0: this run alone, counted from 1
	Trace    func(format string, args ...any)
}

// Tally is what happened, over one run or many.
type Tally struct {
	Runs                                 int
	Messages, Faults                     uint64
	Volatile                             uint64 // messages outside the sequence that arrived
	Lost, Duplicated, Reordered, Stalled int
	Resets, Expected                     int // sessions' ends: those nobody planned, and the planned ones
	Violations                           []Violation
}

// Violation is a promise that was broken.
type Violation struct {
	Run  int // counted from 1
	Kind Kind
	What string
}

// Kind says how a violation is counted.
type Kind uint8

const (
	Broken Kind = iota // an invariant that has no column of its own
	Lost
	Duplicated
	Reordered
	Stalled
	Reset
)

var kinds = [...]string{"broken", "lost", "duplicated", "reordered", "stalled", "reset"}

func (k Kind) String() string { return kinds[k] }

func (t *Tally) add(v Violation) {
	t.Violations = append(t.Violations, v)
	switch v.Kind {
	case Lost:
		t.Lost++
	case Duplicated:
		t.Duplicated++
	case Reordered:
		t.Reordered++
	case Stalled:
		t.Stalled++
	case Reset:
		t.Resets++
	}
}

func (t *Tally) merge(o Tally) {
	t.Runs += o.Runs
	t.Messages += o.Messages
	t.Faults += o.Faults
	t.Volatile += o.Volatile
	t.Expected += o.Expected
	for _, v := range o.Violations {
		t.add(v)
	}
}

// Simulate does all runs, spread over the processors. The result does not depend on their number.
func Simulate(cfg Config) Tally {
	if cfg.Only > 0 {
		return simulate(cfg, cfg.Only)
	}
	tallies := make([]Tally, cfg.Runs)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), cfg.Runs) {
		workers.Go(func() {
			for i := int(next.Add(1)); i <= cfg.Runs; i = int(next.Add(1)) {
				tallies[i-1] = simulate(cfg, i)
			}
		})
	}
	workers.Wait()
	var total Tally
	for _, t := range tallies {
		total.merge(t)
	}
	return total
}

func simulate(cfg Config, number int) Tally {
	r := newRun(cfg, number)
	r.play()
	return r.tally
}
