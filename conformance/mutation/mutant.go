// Package mutation shows that the protocol core's every rule is needed: it breaks one rule of internal/core at a time,
// in one line, and demands that the check which the mutant names notices it. A check is a trace vector
// (conformance/vectors/core), or an invariant of the simulator (conformance/simulator).
//
// The mutants stand in the folder mutants, in files that are named like those of the vectors:
//
//	name: duplicates are delivered
//	clause: 6.2
//	file: receive.go
//	- case f.Seq <= r.rcv:
//	+ case f.Seq < 1:
//	vector: a duplicate is dropped, and an ACK becomes due
//
// The line after - must be found exactly once in the file; white space around it means nothing. Instead of vector there
// may be simulator, followed by the kind of a violation and a part of what it says:
//
//	simulator: duplicated: comes out of the core after
//
// Who changes a rule of the core changes its mutant, too: one that no longer applies is a failure like one that
// survives.
package mutation

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed mutants/*.txt
var files embed.FS

// Mutant is one broken rule.
type Mutant struct {
	Name   string
	Clause string // of conformance/PROTOCOL.md
	File   string // in internal/core
	Old    string // the line that is replaced
	New    string // by this one; may be empty
	Check  Check
}

// Check is what notices a broken rule.
type Check struct {
	Vector    string // the name of a trace; or
	Violation string // what the simulator finds, as "kind: part of the text"
}

func (c Check) String() string {
	if c.Vector != "" {
		return "vector: " + c.Vector
	}
	return "simulator: " + c.Violation
}

// Meets reports whether what failed, a vector's name or a violation as "kind: text", is what the check names.
func (c Check) Meets(failed string) bool {
	if c.Vector != "" || c.Violation == "" {
		return failed == c.Vector
	}
	kind, part, _ := strings.Cut(c.Violation, ": ")
	return strings.HasPrefix(failed, kind+": ") && strings.Contains(failed, part)
}

// Load returns all mutants.
func Load() ([]*Mutant, error) {
	names, err := fs.Glob(files, "mutants/*.txt")
	if err != nil {
		return nil, err
	}
	var all []*Mutant
	seen := map[string]bool{}
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		mutants, err := parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, m := range mutants {
			if seen[m.Name] {
				return nil, fmt.Errorf("%s: %q is there twice", name, m.Name)
			}
			seen[m.Name] = true
		}
		all = append(all, mutants...)
	}
	return all, nil
}

func parse(text string) ([]*Mutant, error) {
	var all []*Mutant
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if name, ok := strings.CutPrefix(line, "name: "); ok {
			all = append(all, &Mutant{Name: name})
			continue
		}
		if len(all) == 0 {
			return nil, fmt.Errorf("%q stands before the first name", line)
		}
		if err := all[len(all)-1].add(line); err != nil {
			return nil, err
		}
	}
	for _, m := range all {
		if err := m.complete(); err != nil {
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
	}
	return all, nil
}

func (m *Mutant) add(line string) error {
	key, value, _ := strings.Cut(line, " ")
	field := map[string]*string{
		"clause:": &m.Clause, "file:": &m.File, "-": &m.Old, "+": &m.New,
		"vector:": &m.Check.Vector, "simulator:": &m.Check.Violation,
	}[key]
	switch {
	case field == nil:
		return fmt.Errorf("%s: %q is no line of a mutant", m.Name, line)
	case *field != "":
		return fmt.Errorf("%s: a second %q", m.Name, key)
	}
	*field = value
	return nil
}

func (m *Mutant) complete() error {
	switch {
	case m.Clause == "" || m.File == "" || m.Old == "":
		return errors.New("clause, file or the old line is missing")
	case m.Old == m.New:
		return errors.New("the new line is the old one")
	case (m.Check.Vector == "") == (m.Check.Violation == ""):
		return errors.New("one vector or one violation must be named")
	}
	return nil
}

// apply returns the source with the rule broken.
func (m *Mutant) apply(source string) (string, error) {
	lines := strings.SplitAfter(source, "\n")
	at := -1
	for i, line := range lines {
		if strings.TrimSpace(line) != m.Old {
			continue
		}
		if at >= 0 {
			return "", fmt.Errorf("lines %d and %d of %s are both %q", at+1, i+1, m.File, m.Old)
		}
		at = i
	}
	if at < 0 {
		return "", fmt.Errorf("no line of %s is %q", m.File, m.Old)
	}
	lines[at] = m.New + "\n"
	return strings.Join(lines, ""), nil
}
