// Package timing holds what takes time in the real world against a bound, on machines that have other work, too.
package timing

import (
	"testing"
	"time"
)

// Tries is how often in a row a scenario has to be late before its test fails.
const Tries = 3

// Within runs a scenario, which says how long something took, and fails the test when that is longer than bound in each
// of three tries: what waits for a timer does so each time, a busy machine now and then. For one that was late the story
// is logged.
func Within(t testing.TB, bound time.Duration, scenario func() (took time.Duration, story func() string)) {
	t.Helper()
	for range Tries {
		took, story := scenario()
		t.Logf("took %v, may take %v", took.Round(time.Millisecond), bound)
		if t.Failed() || took <= bound {
			return
		}
		t.Log(story())
	}
	t.Errorf("too late %d times in a row", Tries)
}
