package differential

import (
	"fmt"
	"strings"
)

// Script is what goes into one end: a trace, and what came out of the Go core.
type Script struct {
	Name, Role, Config string
	Steps              []step
}

// step is a line of a trace that begins with @ or >.
type step struct {
	text    string
	outcome string // of an event: lines of a trace, with tabs between
}

func (s *Script) last() step { return s.Steps[len(s.Steps)-1] }

// events is how many steps are events.
func (s *Script) events() int {
	n := 0
	for _, step := range s.Steps {
		if step.text[0] == '>' {
			n++
		}
	}
	return n
}

// until is the script up to its i-th step.
func (s *Script) until(i int) *Script {
	return &Script{Name: s.Name, Role: s.Role, Config: s.Config, Steps: s.Steps[:i+1]}
}

// head is how a trace begins.
func (s *Script) head() string {
	head := fmt.Sprintf("name: %s\nrole: %s\n", s.Name, s.Role)
	if s.Config != "" {
		head += fmt.Sprintf("config: %s\n", s.Config)
	}
	return head
}

// input is the script as the other side reads it: a trace without outcomes.
func (s *Script) input() string {
	var b strings.Builder
	b.WriteString(s.head())
	for _, step := range s.Steps {
		b.WriteString(step.text + "\n")
	}
	return b.String()
}

// Trace is the script as a trace with all outcomes, and the state after the last event.
func (s *Script) Trace() string {
	var b strings.Builder
	b.WriteString(s.head())
	for i, step := range s.Steps {
		b.WriteString(step.text + "\n")
		for line := range strings.SplitSeq(step.outcome, "\t") {
			switch {
			case line == "", line[0] == '=' && i < len(s.Steps)-1:
			case line[0] == '<', line[0] == '=':
				b.WriteString(line + "\n")
			default:
				b.WriteString("# " + line + "\n") // the core has failed
			}
		}
	}
	return b.String()
}

func indent(outcome string) string { return "\t" + strings.ReplaceAll(outcome, "\t", "\n\t") }
