package longpoll

import (
	"testing"
	"time"
)

// Two cuts make the hold shorter than the shorter of them, unless a poll survived as long between them; what fails at
// once is no cut. PROTOCOL 11.4
func TestHoldShrinks(t *testing.T) {
	const s = time.Second
	var h hold
	for i, step := range []struct {
		failed, answered time.Duration
		cut              bool
		ask              time.Duration
	}{
		{2 * s, 0, false, 0},
		{20 * s, 0, true, 0},
		{0, 25 * s, false, 0}, // it survived: the first was an accident
		{20 * s, 0, true, 0},
		{time.Millisecond, 0, false, 0},
		{0, 19 * s, false, 0},
		{15 * s, 0, true, 12 * s},
		{12 * s, 0, true, 12 * s},
		{10 * s, 0, true, 8 * s},
		{30 * s, 0, true, 8 * s},
		{30 * s, 0, true, 8 * s}, // never longer again
	} {
		cut := false
		if step.answered > 0 {
			h.answered(step.answered)
		} else {
			cut = h.failed(step.failed)
		}
		if cut != step.cut || h.ask() != step.ask {
			t.Errorf("step %d: cut is %v, asks for %v, want %+v", i, cut, h.ask(), step)
		}
	}
}
