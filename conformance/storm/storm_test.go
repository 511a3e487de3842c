package storm

import (
	"flag"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/weft-realtime/weft/internal/leak"
)

var seed = flag.Uint64("seed", uint64(time.Now().UnixNano()), "seed of the traffic; printed, so that a run can be repeated")

func TestMain(m *testing.M) {
	Main()
	leak.Main(m)
}

// TestStorm is the command with fewer clients. A machine that stands still for a moment shows as a crest that nobody
// sent, as a client that is late, and as a transport that does not open in time: of three storms in a row one must be as
// promised. Nobody may be left behind or lost in any of them.
// PROTOCOL 14.3, 14.9
func TestStorm(t *testing.T) {
	t.Logf("seed %d", *seed)
	for range 3 {
		kept := true
		err := Run(Config{Clients: 200, Seed: *seed, Every: 300 * time.Millisecond}, func(o Outcome) {
			t.Log(o)
			kept = kept && o.Err() == nil
			if o.Blamed > 0 { // which is then left alone for longer than the storm lasts
				o.OnWebSocket = o.Clients
			}
			o.Worst, o.Haste, o.Slowest, o.Blamed = 0, 0, 0, 0
			if err := o.Err(); err != nil {
				t.Error(err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if kept {
			return
		}
	}
	t.Error("no storm of three was as promised")
}

func TestWorst(t *testing.T) {
	at := func(ms ...int) (times []time.Duration) {
		for _, n := range ms {
			times = append(times, time.Duration(n)*time.Millisecond)
		}
		return times
	}
	for _, tt := range []struct {
		arrivals []time.Duration
		clients  int
		want     float64
	}{
		{nil, 10, 0},
		{at(0, 50, 100, 150, 200), 5, 1},
		{at(0, 0, 0, 0, 0), 5, 5},
		{at(200, 149, 190, 0, 100), 5, 2}, // in any order, and wherever 50 ms begin
		{at(0, 0, 500, 500, 1000, 1000), 2, 5},
	} {
		if got := worst(tt.arrivals, tt.clients, ofConnection); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("worst(%v, %d) = %v, want %v", tt.arrivals, tt.clients, got, tt.want)
		}
	}
}

// TestOutcome: whatever is not as promised is said.
func TestOutcome(t *testing.T) {
	good := Outcome{What: "cut", Clients: 10, Back: 10, OnWebSocket: 10, Slowest: deadline, Worst: crest, Haste: crest}
	if err := good.Err(); err != nil {
		t.Errorf("%+v: %v", good, err)
	}
	for want, spoil := range map[string]func(*Outcome){
		"1 clients are not back":         func(o *Outcome) { o.Back-- },
		"1 clients are not on WebSocket": func(o *Outcome) { o.OnWebSocket-- },
		"the slowest":                    func(o *Outcome) { o.Slowest++ },
		"times the mean arrived":         func(o *Outcome) { o.Worst += 0.1 },
		"times the mean waited":          func(o *Outcome) { o.Haste += 0.1 },
		"blamed 1 times":                 func(o *Outcome) { o.Blamed++ },
		"1 sessions were lost":           func(o *Outcome) { o.Lost++ },
		"0 sessions were lost":           func(o *Outcome) { o.What = "restart" },
	} {
		o := good
		spoil(&o)
		if got := fmt.Sprint(o.Err()); !strings.Contains(got, want) {
			t.Errorf("%+v: %s, want %q", o, got, want)
		}
	}
}
