package mutation

import (
	"strings"
	"testing"
	"time"
)

// TestGate puts mutants through the gate that it must not let pass, between two that it must.
func TestGate(t *testing.T) {
	gate, err := NewGate()
	if err != nil {
		t.Fatal(err)
	}
	defer gate.Close()
	gate.patience = 5 * time.Second
	duplicate := Check{Vector: "a duplicate is dropped, and an ACK becomes due"}
	tests := []struct {
		name string
		Mutant
		says string // by the error; empty: it is caught
	}{
		{"noticed by a vector", Mutant{
			File: "receive.go", Old: "case f.Seq <= r.rcv:", New: "case f.Seq < 1:", Check: duplicate,
		}, ""},
		{"changes nothing", Mutant{
			File: "receive.go", Old: "case f.Seq <= r.rcv:", New: "case f.Seq < r.rcv+1:", Check: duplicate,
		}, "survived"},
		{"noticed by something else", Mutant{
			File: "receive.go", Old: "case f.Seq <= r.rcv:", New: "case f.Seq < 1:", Check: Check{Vector: "PONG measures the round trip"},
		}, "survived"},
		{"another line", Mutant{
			File: "receive.go", Old: "case f.Seq <= r.rcv {", New: "case f.Seq < 1:", Check: duplicate,
		}, "does not apply"},
		{"another file", Mutant{
			File: "other.go", Old: "case f.Seq <= r.rcv:", New: "case f.Seq < 1:", Check: duplicate,
		}, "does not apply"},
		{"no Go", Mutant{
			File: "receive.go", Old: "case f.Seq <= r.rcv:", New: "case f.Seq <= :", Check: duplicate,
		}, "does not compile"},
		{"hangs", Mutant{
			File: "receive.go", Old: "lo = mid + 1", New: "lo = mid", Check: duplicate,
		}, "does not end"},
		{"noticed by the simulator", Mutant{
			File: "core.go", Old: "if b != e.current || b == 0 || e.over != nil {", New: "if b == 0 || e.over != nil {",
			Check: Check{Violation: "broken: a frame of a stale attachment changed something"},
		}, ""},
	}
	var mutants []*Mutant
	for i := range tests {
		mutants = append(mutants, &tests[i].Mutant)
	}
	var results []Result
	gate.Run(t.Context(), mutants, func(r Result) { results = append(results, r) })
	if len(results) != len(tests) {
		t.Fatalf("%d results of %d", len(results), len(tests))
	}
	for i, tt := range tests {
		r := results[i]
		if r.Mutant != mutants[i] {
			t.Errorf("result %d is of another mutant", i)
		}
		if (r.Err == nil) != (tt.says == "") || r.Err != nil && !strings.HasPrefix(r.Err.Error(), tt.says) {
			t.Errorf("%s: %v, want %q", tt.name, r.Err, tt.says)
		}
	}
}
