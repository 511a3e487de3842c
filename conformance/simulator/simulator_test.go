package simulator

import (
	"reflect"
	"runtime"
	"testing"

	"github.com/weft-realtime/weft/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// seed differs from the command's default, so that a test run adds to what was covered.
const seed = 2026

// TestSimulation does a tenth of what the command does by default: no message is lost, repeated or reordered, nothing
// stalls, and every session ends as it was planned.
//
// PROTOCOL 1.8, 1.10, 5.4, 5.5, 6.1, 6.2, 6.3, 8.2, 8.4, 9.1, 9.6, 9.8, 10.3, 10.5, 17.1, 17.2, 17.5
func TestSimulation(t *testing.T) {
	const runs, messages = 100, 10_000
	total := Simulate(Config{Runs: runs, Messages: messages, Seed: seed})
	for _, v := range total.Violations {
		t.Errorf("seed %d, run %d: %s", seed, v.Run, v.What)
	}
	if want := uint64(runs) * messages; total.Messages < want {
		t.Errorf("%d messages, want %d", total.Messages, want)
	}
	if want := uint64(runs) * messages / 50; total.Faults < want {
		t.Errorf("%d faults, want %d: the simulation has become too easy", total.Faults, want)
	}
	if want := uint64(runs) * messages / 20; total.Volatile < want {
		t.Errorf("%d volatile messages, want %d", total.Volatile, want)
	}
	if total.Expected < runs {
		t.Errorf("%d sessions ended, want one per run at least", total.Expected)
	}
}

// TestDeterminism: a run depends on its seed and its number, and on nothing else.
func TestDeterminism(t *testing.T) {
	cfg := Config{Runs: 6, Messages: 2_000, Seed: seed}
	all := Simulate(cfg)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if again := Simulate(cfg); !reflect.DeepEqual(all, again) {
		t.Errorf("one processor: %+v, many: %+v", again, all)
	}
	var alone Tally
	for i := range cfg.Runs {
		cfg.Only = i + 1
		alone.merge(Simulate(cfg))
	}
	if !reflect.DeepEqual(all, alone) {
		t.Errorf("run by run: %+v, together: %+v", alone, all)
	}
	cfg.Seed++
	if other := Simulate(cfg); reflect.DeepEqual(alone, other) {
		t.Error("another seed makes no difference")
	}
}
