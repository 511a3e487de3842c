package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/weft-realtime/weft/conformance/mutation"
	"github.com/weft-realtime/weft/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// TestSurvivorFails: of a mutant that changes nothing the command says so, and fails.
func TestSurvivorFails(t *testing.T) {
	gate, err := mutation.NewGate()
	if err != nil {
		t.Fatal(err)
	}
	defer gate.Close()
	mutant := func(name, broken string) *mutation.Mutant {
		return &mutation.Mutant{
			Name: name, Clause: "6.2", File: "receive.go", Old: "case f.Seq <= r.rcv:", New: broken,
			Check: mutation.Check{Vector: "a duplicate is dropped, and an ACK becomes due"},
		}
	}
	broken, same := mutant("broken", "case f.Seq < 1:"), mutant("same", "case f.Seq < r.rcv+1:")
	var out bytes.Buffer
	if !judge(t.Context(), gate, []*mutation.Mutant{broken}, false, &out) || out.String() != "mutants 1  caught 1\n" {
		t.Errorf("one that is caught:\n%s", &out)
	}
	out.Reset()
	if judge(t.Context(), gate, []*mutation.Mutant{broken, same}, false, &out) {
		t.Error("a survivor is no failure")
	}
	for _, want := range []string{"same (6.2): NOT CAUGHT: survived\n", "\tit was to be noticed by\tvector: a duplicate is dropped"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, &out)
		}
	}
	if !strings.HasSuffix(out.String(), "\nmutants 2  caught 1\n") {
		t.Errorf("the last line is another:\n%s", &out)
	}
}

// TestList: the list names the mutants that -run has chosen, and what must notice them.
func TestList(t *testing.T) {
	var out bytes.Buffer
	good, err := run(t.Context(), []string{"-list", "-run", "^duplicates are delivered$"}, &out)
	const want = "duplicates are delivered (6.2)\n\tvector: a duplicate is dropped, and an ACK becomes due\n"
	if !good || err != nil || out.String() != want {
		t.Errorf("%v, %v:\n%s", good, err, &out)
	}
	if _, err := run(t.Context(), []string{"-run", "^there is none$"}, &out); err == nil {
		t.Error("a pattern that matches nothing is taken")
	}
}
