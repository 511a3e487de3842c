package differential

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Tally counts what has occurred in the schedules, by name.
type Tally struct {
	Events   map[string]int // by verb
	Outcomes map[string]int // by verb; a frame is "{...}"
	Frames   map[string]int // that came out: by type, and DATA by the message's kind
	Codes    map[string]int // by outcome and code
}

func newTally() Tally {
	return Tally{map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}}
}

func (t *Tally) add(s step) {
	t.Events[word(s.text, 1)]++
	for line := range strings.SplitSeq(s.outcome, "\t") {
		switch {
		case strings.HasPrefix(line, "< {"):
			t.Outcomes["{...}"]++
			f := parseFrame(line[2:])
			t.Frames[strings.TrimSpace(f.Type+" "+f.Kind)]++
		case strings.HasPrefix(line, "< "):
			t.Outcomes[word(line, 1)]++
			t.addCode(line)
		case strings.HasPrefix(line, "= over ") && line != "= over no":
			t.Codes["over "+word(line, 2)+" "+word(line, 3)]++
		}
	}
}

func (t *Tally) addCode(line string) {
	switch verb := word(line, 1); verb {
	case "error":
		t.Codes[verb+" "+word(line, 2)]++
	case "dead", "refused":
		t.Codes[verb+" "+word(line, 3)]++
	}
}

// String lists all counts.
func (t Tally) String() string {
	var b strings.Builder
	for _, part := range []struct {
		name   string
		counts map[string]int
	}{{"events", t.Events}, {"outcomes", t.Outcomes}, {"frames", t.Frames}, {"codes", t.Codes}} {
		fmt.Fprintf(&b, "%s:\n", part.name)
		for _, name := range slices.Sorted(maps.Keys(part.counts)) {
			fmt.Fprintf(&b, "\t%-22s %d\n", name, part.counts[name])
		}
	}
	return b.String()
}

// word returns the i-th word of a line, or nothing.
func word(line string, i int) string {
	words := strings.SplitN(line, " ", i+2)
	if i < len(words) {
		return words[i]
	}
	return ""
}
