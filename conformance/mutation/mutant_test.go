package mutation

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weft-realtime/weft/conformance/trace"
)

func load(t *testing.T) []*Mutant {
	t.Helper()
	mutants, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return mutants
}

// TestMutantsApply holds the table against the core, the protocol and the vectors, without running anything: who changes
// a rule sees at once that its mutant needs the change, too.
func TestMutantsApply(t *testing.T) {
	protocol, err := os.ReadFile("../PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	traces, err := trace.Load("../vectors/core")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{"": true}
	for _, trace := range traces {
		named[trace.Name] = true
	}
	mutants := load(t)
	if len(mutants) < 20 {
		t.Errorf("%d mutants, want 20 at least", len(mutants))
	}
	for _, m := range mutants {
		source, err := os.ReadFile(filepath.Join("../..", core, m.File))
		if err == nil {
			_, err = m.apply(string(source))
		}
		if err != nil {
			t.Errorf("%s: %v", m.Name, err)
		}
		if !strings.Contains(string(protocol), "\n**"+m.Clause+"** ") {
			t.Errorf("%s: PROTOCOL.md has no clause %s", m.Name, m.Clause)
		}
		if !named[m.Check.Vector] {
			t.Errorf("%s: there is no vector %q", m.Name, m.Check.Vector)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	const whole = "name: n\nclause: 1.1\nfile: f.go\n- a\n+ b\nvector: v\n"
	if mutants, err := parse(whole); err != nil || len(mutants) != 1 {
		t.Fatalf("%v, %v", mutants, err)
	}
	for _, tt := range []struct{ name, text string }{
		{"a line before the first name", "clause: 1.1\n" + whole},
		{"an unknown line", whole + "vectors: v\n"},
		{"a second old line", whole + "- c\n"},
		{"no old line", strings.Replace(whole, "- a\n", "", 1)},
		{"nothing changed", strings.Replace(whole, "+ b", "+ a", 1)},
		{"no check", strings.Replace(whole, "vector: v\n", "", 1)},
		{"two checks", whole + "simulator: lost: x\n"},
	} {
		if _, err := parse(tt.text); err == nil {
			t.Errorf("%s is taken", tt.name)
		}
	}
}

func TestApply(t *testing.T) {
	const source = "if a {\n\tb()\n\tc()\n\tc()\n}\n"
	for _, tt := range []struct{ old, new, want, says string }{
		{"b()", "d()", "if a {\nd()\n\tc()\n\tc()\n}\n", ""},
		{"b()", "", "if a {\n\n\tc()\n\tc()\n}\n", ""},
		{"b", "d()", "", "no line"},
		{"c()", "d()", "", "lines 3 and 4"},
	} {
		m := &Mutant{File: "f.go", Old: tt.old, New: tt.new}
		got, err := m.apply(source)
		if got != tt.want || (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%q for %q: %q, %v", tt.new, tt.old, got, err)
		}
	}
}

// TestMeets: a vector is known by its name, a violation by its kind and a part of its text.
func TestMeets(t *testing.T) {
	const violation = "duplicated: at 5 ms: session 1 up: message 3 twice"
	for _, tt := range []struct {
		check  Check
		failed string
		want   bool
	}{
		{Check{Vector: "a gap"}, "a gap", true},
		{Check{Vector: "a gap"}, "a gap on a stream", false},
		{Check{Vector: "a gap on a stream"}, "a gap", false},
		{Check{Violation: "duplicated: message"}, violation, true},
		{Check{Violation: "duplicated: other"}, violation, false},
		{Check{Violation: "lost: message"}, violation, false},
		{Check{Violation: "duplicate: message"}, violation, false},
		{Check{}, violation, false},
	} {
		if got := tt.check.Meets(tt.failed); got != tt.want {
			t.Errorf("%v meets %q: %v", tt.check, tt.failed, got)
		}
	}
}
