package fallback_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weft-realtime/weft/fallback"
	"github.com/weft-realtime/weft/transport"
)

const (
	ws    = transport.WebSocket
	polls = transport.LongPoll
)

// situation is one entry of the vectors; their README says what the keys mean.
type situation struct {
	name   string
	order  []transport.Kind
	random []float64
	steps  []string
}

func situations(t *testing.T) []situation {
	t.Helper()
	files, err := filepath.Glob("../conformance/vectors/plan/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no vectors", err)
	}
	var all []situation
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for block := range strings.SplitSeq(string(text), "\n\n") {
			if s := parseSituation(t, block); len(s.steps) > 0 {
				all = append(all, s)
			}
		}
	}
	return all
}

func parseSituation(t *testing.T, block string) (s situation) {
	t.Helper()
	for line := range strings.SplitSeq(strings.TrimSpace(block), "\n") {
		key, value, _ := strings.Cut(line, ": ")
		switch {
		case line == "" || line[0] == '#' || key == "clauses":
		case key == "name":
			s.name = value
		case key == "order":
			s.order = kinds(strings.Fields(value))
		case key == "random":
			for _, field := range strings.Fields(value) {
				n, err := strconv.ParseFloat(field, 64)
				if err != nil {
					t.Fatal(err)
				}
				s.random = append(s.random, n)
			}
		default:
			s.steps = append(s.steps, line)
		}
	}
	return s
}

func kinds(names []string) (out []transport.Kind) {
	for _, name := range names {
		out = append(out, transport.ParseKind(name))
	}
	return out
}

// The plan does in every situation what the vectors say. PROTOCOL 14.1, 14.2, 14.3, 14.4, 14.5
func TestPlanVectors(t *testing.T) {
	for _, s := range situations(t) {
		t.Run(s.name, func(t *testing.T) {
			asked := 0
			plan := fallback.NewPlan(s.order, func() float64 {
				asked++
				return s.random[min(asked, len(s.random))-1]
			})
			for _, step := range s.steps {
				given, _, _ := strings.Cut(step, " -> ")
				if got := walk(t, plan, given); got != step {
					t.Errorf("got  %s\nwant %s", got, step)
				}
			}
		})
	}
}

// walk makes one step and returns it with its outcome, as the vectors write it.
func walk(t *testing.T, p *fallback.Plan, given string) string {
	t.Helper()
	fields := strings.Fields(given)
	ms, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, a := range happen(t, p, fallback.Time(ms), fields[1], kinds(fields[2:])) {
		actions = append(actions, acts[a.Act]+" "+a.Kind.String())
	}
	if len(actions) == 0 {
		actions = []string{"-"}
	}
	current, deadline := "-", "-"
	if k := p.Current(); k != 0 {
		current = k.String()
	}
	if at := p.Deadline(); at != 0 {
		deadline = strconv.FormatInt(int64(at), 10)
	}
	return fmt.Sprintf("%s -> %s ; %s %s", given, strings.Join(actions, ", "), current, deadline)
}

var acts = map[fallback.Act]string{
	fallback.Create: "create", fallback.Dial: "dial", fallback.Attach: "attach", fallback.Poll: "poll", fallback.Drop: "drop",
}

func happen(t *testing.T, p *fallback.Plan, now fallback.Time, event string, with []transport.Kind) []fallback.Action {
	t.Helper()
	switch event {
	case "start":
		return p.Start(now, nil)
	case "force":
		return p.Force(now, with[0], nil)
	case "opened":
		return p.Opened(now, with[0], nil)
	case "ready":
		return p.Ready(now, with[0], nil)
	case "failed":
		return p.Failed(now, with[0], nil)
	case "died":
		return p.Died(now, nil)
	case "suspect":
		return p.Suspect(now, nil)
	case "online":
		return p.Online(now, nil)
	case "tick":
		return p.Tick(now, nil)
	case "limited":
		p.Limited(now)
	default:
		t.Fatalf("unknown event %q", event)
	}
	return nil
}

var seed = flag.Uint64("plan.seed", 0, "seed of the plan's random walk; 0: the clock's")

// Whatever happens, a client without an attachment has a next step, and no two attempts are outstanding.
// PROTOCOL 8.6, 14.3
func TestPlanNeverStops(t *testing.T) {
	from := *seed
	if from == 0 {
		from = uint64(time.Now().UnixNano())
	}
	t.Logf("-plan.seed=%d", from)
	rnd := rand.New(rand.NewPCG(from, 0))
	for range 2000 {
		w := walker{t: t, rnd: rnd, plan: fallback.NewPlan([]transport.Kind{ws, polls}, rnd.Float64), now: 1}
		w.do(w.plan.Start(w.now, nil))
		for range 60 {
			w.step()
			w.check()
		}
		if t.Failed() {
			return
		}
	}
}

// walker plays the network to a plan.
type walker struct {
	t             *testing.T
	rnd           *rand.Rand
	plan          *fallback.Plan
	now           fallback.Time
	attempt       transport.Kind
	dialing, open bool
	forced        bool
	polling       bool
}

func (w *walker) do(actions []fallback.Action) {
	for _, a := range actions {
		switch a.Act {
		case fallback.Create, fallback.Attach:
			if w.attempt != 0 {
				w.t.Errorf("a second attempt, by %s, beside one by %s", a.Kind, w.attempt)
			}
			if a.Kind == ws && !w.open {
				w.t.Error("attaches on a WebSocket that is not open")
			}
			w.attempt = a.Kind
		case fallback.Dial:
			if w.dialing || w.open {
				w.t.Error("dials twice")
			}
			w.dialing = true
		case fallback.Drop:
			w.gone(a.Kind)
		case fallback.Poll:
			w.polling = true
		}
	}
}

func (w *walker) gone(kind transport.Kind) {
	if w.attempt == kind {
		w.attempt = 0
	}
	if kind == ws {
		w.dialing, w.open = false, false
	}
}

func (w *walker) step() {
	p := w.plan
	w.now += fallback.Time(w.rnd.IntN(500))
	switch w.rnd.IntN(12) {
	case 0, 1:
		if w.attempt != 0 {
			kind := w.attempt
			w.gone(kind)
			w.polling = false
			w.do(p.Ready(w.now, kind, nil))
		}
	case 2, 3:
		if w.dialing {
			w.dialing, w.open = false, true
			w.do(p.Opened(w.now, ws, nil))
		}
	case 4, 5:
		if w.attempt != 0 {
			kind := w.attempt
			w.gone(kind)
			w.do(p.Failed(w.now, kind, nil))
		}
	case 6:
		if w.dialing || w.open {
			w.gone(ws)
			w.do(p.Failed(w.now, ws, nil))
		}
	case 7:
		if p.Current() != 0 {
			w.polling = false
			w.do(p.Died(w.now, nil))
		}
	case 8:
		w.do(p.Suspect(w.now, nil))
	case 9:
		w.do(p.Online(w.now, nil))
	case 10:
		kind := []transport.Kind{0, 0, ws, polls}[w.rnd.IntN(4)]
		w.forced = kind != 0
		w.do(p.Force(w.now, kind, nil))
	case 11:
		if at := p.Deadline(); at != 0 {
			w.now = max(w.now, at)
			w.do(p.Tick(w.now, nil))
		}
	}
}

func (w *walker) check() {
	at := w.plan.Deadline()
	if w.plan.Current() == 0 && at == 0 {
		w.t.Error("detached, with nothing to do")
	}
	if w.plan.Current() == polls && !w.forced && !w.polling && at == 0 {
		w.t.Error("on polls that never go on")
	}
	if w.plan.Current() == polls && !w.forced && w.attempt == 0 && at == 0 {
		w.t.Error("WebSocket is never tried again")
	}
}
