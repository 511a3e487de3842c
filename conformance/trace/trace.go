// Package trace plays the traces in conformance/vectors/core against internal/core: what goes into one end of a session,
// and all that must come out. The README.md beside the traces is the reference; clientjs/src/core walks the same ones.
package trace

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
)

// Trace is one script.
type Trace struct {
	File   string
	Name   string
	Role   string
	Config string
	Steps  []string // the lines that begin with @, >, < or =
}

// Load reads all traces in a folder.
func Load(dir string) ([]*Trace, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return nil, err
	}
	var all []*Trace
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		traces, err := parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for _, t := range traces {
			t.File = filepath.Base(file)
		}
		all = append(all, traces...)
	}
	return all, nil
}

func parse(text string) ([]*Trace, error) {
	var all []*Trace
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		if name, ok := strings.CutPrefix(line, "name: "); ok {
			all = append(all, &Trace{Name: name})
			continue
		}
		if len(all) == 0 {
			return nil, fmt.Errorf("%q stands before the first name", line)
		}
		if err := all[len(all)-1].add(line); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (t *Trace) add(line string) error {
	key, value, _ := strings.Cut(line, " ")
	switch key {
	case "role:":
		t.Role = value
	case "config:":
		t.Config = value
	case "@", ">", "<", "=":
		t.Steps = append(t.Steps, line)
	default:
		return fmt.Errorf("%s: %q is no line of a trace", t.Name, line)
	}
	return nil
}

// Walk plays the trace and returns an error that names the first step at which something else comes out.
func (t *Trace) Walk() error {
	w, err := NewWalker(t)
	if err != nil {
		return err
	}
	for i := 0; i < len(t.Steps); {
		step := t.Steps[i]
		got, err := w.Step(step)
		if err != nil {
			return fmt.Errorf("%s: %w", step, err)
		}
		i++
		var want []string
		for ; i < len(t.Steps) && t.Steps[i][0] == '<'; i++ {
			want = append(want, t.Steps[i])
		}
		if step[0] == '=' {
			want = []string{step}
		}
		if !equal(got, want) {
			return fmt.Errorf("%s\ngot:\n\t%s\nwant:\n\t%s", step, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
		}
	}
	return nil
}

func equal(got, want []string) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range got {
		gotText, gotObject := canonical(got[i])
		wantText, wantObject := canonical(want[i])
		if gotText != wantText || !reflect.DeepEqual(gotObject, wantObject) {
			return false
		}
	}
	return true
}

// canonical separates the object at the end of a step from the text before it: the order of its members means nothing.
func canonical(step string) (text string, object any) {
	if at := strings.IndexByte(step, '{'); at >= 0 && json.Unmarshal([]byte(step[at:]), &object) == nil {
		return step[:at], object
	}
	return step, nil
}
