package differential

import (
	"flag"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/weft-realtime/weft/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

var (
	seed  = flag.Uint64("seed", 2026, "seed of TestDifferential")
	steps = flag.Int("steps", 10_000, "events that TestDifferential compares")
)

// TestDifferential puts random schedules through both cores. All that the language of the traces can say must occur in
// them, or the schedules have become too easy.
//
// PROTOCOL 1.8, 5.1, 5.4, 5.5, 6.2, 6.5, 8.2, 8.3, 9.1, 11.5
func TestDifferential(t *testing.T) {
	t.Logf("seed %d", *seed)
	result, err := Run(Config{Steps: *steps, Seed: *seed}, "../..")
	if err != nil {
		t.Fatal(err)
	}
	if result.Difference != nil {
		t.Fatalf("seed %d, %s", *seed, result.Difference)
	}
	if result.Steps < *steps {
		t.Errorf("%d events were compared, want %d", result.Steps, *steps)
	}
	for _, want := range []struct {
		section string
		got     map[string]int
	}{
		{"Events of both ends", result.Tally.Events}, {"Events of a client", result.Tally.Events},
		{"Events of a server", result.Tally.Events}, {"Outcomes", result.Tally.Outcomes},
	} {
		for _, verb := range language(t, want.section) {
			if want.got[verb] == 0 {
				t.Errorf("seed %d: %q never occurred", *seed, verb)
			}
		}
	}
}

// language returns the verbs in a section of the README beside the traces.
func language(t *testing.T, section string) []string {
	t.Helper()
	text, err := os.ReadFile("../vectors/core/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, _ := strings.Cut(string(text), "\n## "+section+"\n")
	part, _, _ = strings.Cut(part, "\n## ")
	verbs := map[string]bool{}
	for row := range strings.Lines(part) {
		cell, _, ok := strings.Cut(strings.TrimPrefix(row, "| "), " | ")
		if !ok {
			continue
		}
		for _, code := range regexp.MustCompile("`[^`]+`").FindAllString(cell, -1) {
			verbs[word(strings.Trim(code, "`"), 0)] = true
		}
	}
	if len(verbs) < 2 {
		t.Fatalf("%q: only %v", section, verbs)
	}
	return slices.Sorted(maps.Keys(verbs))
}

// TestScheduleRepeats: a schedule depends on its seed and its number only.
func TestScheduleRepeats(t *testing.T) {
	input := func(seed uint64, number int) string {
		s := newSchedule(seed, number)
		return s.client.input() + s.server.input()
	}
	first := input(*seed, 7)
	if again := input(*seed, 7); again != first {
		t.Errorf("seed %d: schedule 7 is another one the second time", *seed)
	}
	if other := input(*seed, 8); other == first {
		t.Errorf("seed %d: schedules 7 and 8 are the same", *seed)
	}
}

// TestFindsAndShrinks: a core that is wrong somewhere is found to be, in a trace that has nothing else in it.
func TestFindsAndShrinks(t *testing.T) {
	program, err := compile("../..")
	if err != nil {
		t.Fatal(err)
	}
	defer program.remove()
	file := program.dir + "/core/receive.js"
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const rule = "receiver.rcv = seq;"
	wrong := strings.Replace(string(source), rule, "receiver.rcv = Math.min(seq, 2);", 1)
	if wrong == string(source) {
		t.Fatalf("receive.js has no %q any more", rule)
	}
	if err := os.WriteFile(file, []byte(wrong), 0o666); err != nil {
		t.Fatal(err)
	}
	r := &run{cfg: Config{Steps: 20_000, Seed: *seed}, result: Result{Tally: newTally()}}
	d, err := r.compare(program)
	if err != nil || d == nil {
		t.Fatalf("seed %d: found %v, %v", *seed, d, err)
	}
	least, err := shrink(program, d)
	if err != nil {
		t.Fatal(err)
	}
	if n := least.Script.events(); n > 15 {
		t.Errorf("seed %d: %d events are left\n%s", *seed, n, least.Script.Trace())
	}
	t.Log(least.Script.Trace())
}
