package timing_test

import (
	"testing"
	"time"

	"github.com/weft-realtime/weft/conformance/timing"
)

// outcome is of a test that may fail.
type outcome struct {
	testing.TB
	failed bool
}

func (o *outcome) Helper()               {}
func (o *outcome) Log(...any)            {}
func (o *outcome) Logf(string, ...any)   {}
func (o *outcome) Errorf(string, ...any) { o.failed = true }
func (o *outcome) Failed() bool          { return o.failed }

func TestWithin(t *testing.T) {
	for name, tt := range map[string]struct {
		late  int
		fails int // in which try something else goes wrong; 0: in none
		runs  int
		want  bool // failed
	}{
		"at once":               {0, 0, 1, false},
		"late twice":            {2, 0, 3, false},
		"late each time":        {9, 0, 3, true},
		"wrong, not late":       {0, 1, 1, true},
		"wrong in the next try": {2, 2, 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			var o outcome
			runs := 0
			timing.Within(&o, time.Second, func() (time.Duration, func() string) {
				runs++
				if runs == tt.fails {
					o.failed = true
				}
				if runs <= tt.late {
					return time.Second + 1, func() string { return "" }
				}
				return time.Second, func() string { return "" }
			})
			if runs != tt.runs || o.failed != tt.want {
				t.Errorf("%d runs, failed %v", runs, o.failed)
			}
		})
	}
}
