package differential

import (
	"fmt"
	"strings"

	"github.com/weft-realtime/weft/conformance/trace"
)

// player plays steps at the Go core, and writes down what comes out.
type player struct {
	Script
	walker *trace.Walker
	state  map[string]string // by key
	failed string            // the core has panicked or broken an invariant: nothing comes out any more
}

func newPlayer(name, role, config string) *player {
	p := &player{Script: Script{Name: name, Role: role, Config: config}, state: map[string]string{}}
	var err error
	if p.walker, err = trace.NewWalker(&trace.Trace{Role: role, Config: config}); err != nil {
		panic(err) // a schedule has made a config up that is none
	}
	if _, err := p.changes(); err != nil {
		panic(err)
	}
	return p
}

// play plays a step and returns its outcome.
func (p *player) play(text string) string {
	s := step{text: text}
	switch {
	case text[0] == '@':
		_, err := p.walker.Step(text)
		p.note(err)
	case p.failed == "":
		s.outcome = p.event(text)
	}
	if text[0] == '>' && p.failed != "" {
		s.outcome = p.failed
	}
	p.Steps = append(p.Steps, s)
	return s.outcome
}

// event returns what comes out, and what has changed in the state.
func (p *player) event(text string) string {
	defer func() {
		if r := recover(); r != nil {
			p.note(fmt.Errorf("panic: %v", r))
		}
	}()
	lines, err := p.walker.Step(text)
	p.note(err)
	changed, err := p.changes()
	p.note(err)
	return strings.Join(append(lines, changed...), "\t")
}

// note keeps the first error, as an outcome.
func (p *player) note(err error) {
	if err != nil && p.failed == "" {
		p.failed = "Go: " + strings.Join(strings.Fields(err.Error()), " ")
	}
}

// changes lists what is different in the state than it was before.
func (p *player) changes() ([]string, error) {
	var lines []string
	for _, key := range p.walker.Keys() {
		value, err := p.walker.State(key)
		if err != nil {
			return nil, err
		}
		if value != p.state[key] {
			p.state[key] = value
			lines = append(lines, "= "+key+" "+value)
		}
	}
	return lines, nil
}
