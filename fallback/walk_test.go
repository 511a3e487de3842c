package fallback_test

import (
	"flag"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/weft-realtime/weft/fallback"
	"github.com/weft-realtime/weft/transport"
)

var seed = flag.Uint64("plan.seed", 0, "seed of the plan's random tests; 0: the clock's")

// Whatever happens, a client without an attachment has a next step, what is better is tried again, no two attempts are
// outstanding, and no deadline stays due. PROTOCOL 8.6, 14.3, 14.4
func TestPlanNeverStops(t *testing.T) {
	from := walkSeed()
	t.Logf("-plan.seed=%d", from)
	rnd := rand.New(rand.NewPCG(from, 0))
	for range 2000 {
		w := &walker{t: t, rnd: rnd, plan: fallback.NewPlan(four, rnd.IntN(2) == 0, fallback.Memory{}, rnd.Float64), now: 1}
		w.do(w.plan.Start(w.now, nil))
		for range 80 {
			w.step()
			w.check()
		}
		w.idle()
		if t.Failed() {
			return
		}
	}
}

// walkSeed is the seed that was asked for, or a new one.
func walkSeed() uint64 {
	if *seed != 0 {
		return *seed
	}
	return uint64(time.Now().UnixNano())
}

var (
	all  = []transport.Kind{ws, sse, polls}
	four = []transport.Kind{wt, ws, sse, polls}
)

// walker plays the network to a plan.
type walker struct {
	t       *testing.T
	rnd     *rand.Rand
	plan    *fallback.Plan
	now     fallback.Time
	attempt transport.Kind
	dialing map[transport.Kind]bool // true: and open
	offer   []transport.Kind
	tried   map[transport.Kind]bool // was dialled since idle began
	excused map[transport.Kind]bool // the network changed while it was dialled
	forced  transport.Kind
	hidden  bool
	resting bool
	polling bool
	moved   bool // WebTransport is at another place
}

func (w *walker) do(actions []fallback.Action) {
	if w.dialing == nil {
		w.dialing, w.offer, w.tried = map[transport.Kind]bool{}, four, map[transport.Kind]bool{}
		w.excused = map[transport.Kind]bool{}
	}
	for _, a := range actions {
		if w.resting && a.Kind != 0 {
			w.t.Errorf("at rest, and yet: %s %s", a.Act, a.Kind)
		}
		switch a.Act {
		case fallback.Create, fallback.Attach:
			if w.attempt != 0 {
				w.t.Errorf("a second attempt, by %s, beside one by %s", a.Kind, w.attempt)
			}
			if a.Kind != polls && !w.dialing[a.Kind] {
				w.t.Errorf("attaches by %s, which is not open", a.Kind)
			}
			w.attempt = a.Kind
		case fallback.Dial:
			if _, twice := w.dialing[a.Kind]; twice {
				w.t.Errorf("dials %s twice", a.Kind)
			}
			w.dialing[a.Kind], w.tried[a.Kind], w.excused[a.Kind] = false, true, false
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
	delete(w.dialing, kind)
}

// some is one of the kinds that are dialled, and open or not, or 0.
func (w *walker) some(open bool) transport.Kind {
	for _, k := range four {
		if is, ok := w.dialing[k]; ok && is == open && w.rnd.IntN(2) == 0 {
			return k
		}
	}
	return 0
}

func (w *walker) step() {
	p := w.plan
	w.now += fallback.Time(w.rnd.IntN(500))
	switch w.rnd.IntN(19) {
	case 0, 1, 2:
		if kind := w.attempt; kind != 0 {
			w.welcome()
			if w.attempt != kind {
				return // it was dropped: the server does not offer it any more
			}
			w.gone(kind)
			w.polling = false
			w.do(p.Ready(w.now, kind, nil))
		}
	case 3, 4:
		if k := w.some(false); k != 0 {
			w.dialing[k] = true
			w.do(p.Opened(w.now, k, nil))
		}
	case 5, 6:
		w.fail(w.attempt)
	case 7:
		w.fail(w.some(w.rnd.IntN(2) == 0))
	case 8:
		if p.Current() != 0 {
			w.polling = false
			w.do(p.Died(w.now, w.rnd.IntN(2) == 0, nil))
		}
	case 9:
		w.do(p.Suspect(w.now, nil))
	case 10:
		w.resting = false
		w.online()
	case 11:
		w.forced = []transport.Kind{0, 0, 0, wt, ws, sse, polls}[w.rnd.IntN(7)]
		w.do(p.Force(w.now, w.forced, nil))
	case 12:
		w.hidden = w.rnd.IntN(2) == 0
		w.do(p.Hide(w.now, w.hidden, nil))
	case 13:
		p.Limited(w.now)
	case 14:
		w.polling = false
		w.do(p.Rest(nil))
		if w.attempt != 0 || len(w.dialing) != 0 {
			w.t.Errorf("at rest, with an attempt by %s and %v", w.attempt, w.dialing)
		}
		w.resting = true
	case 15, 16:
		if at := p.Deadline(); at != 0 {
			w.now = max(w.now, at)
			w.do(p.Tick(w.now, nil))
			if at := p.Deadline(); at != 0 && at <= w.now {
				w.t.Errorf("something is still due, at %d of %d", at, w.now)
			}
		}
	case 17, 18:
		w.wear()
	}
}

// wear tells of a connection that has carried as much as it may. Nothing else is begun than another one of its kind, once.
func (w *walker) wear() {
	current, attempt, forced := w.plan.Current(), w.attempt, w.forced != 0 && w.forced != w.plan.Current()
	_, busy := w.dialing[current]
	actions := w.plan.Worn(w.now, nil)
	w.do(actions)
	for _, a := range actions {
		switch {
		case a.Act == fallback.Rotate && a.Kind == current && current > polls:
		case a.Act == fallback.Dial && a.Kind == current && !busy && !forced:
		default:
			w.t.Errorf("%s is worn, and it goes on with %s %s", current, a.Act, a.Kind)
		}
	}
	if w.plan.Current() != current || w.attempt != attempt {
		w.t.Errorf("%s is worn, and is not used until another is READY", current)
	}
	if again := w.plan.Worn(w.now, nil); len(again) > 0 {
		w.t.Errorf("told again, it goes on with %v", again)
	}
}

// fail lets what is under way with a kind come to nothing, and sees to it that this is not tried again at once.
func (w *walker) fail(kind transport.Kind) {
	if kind == 0 {
		return
	}
	excused := w.excused[kind]
	w.gone(kind)
	actions := w.plan.Failed(w.now, kind, nil)
	w.do(actions)
	again := func(a fallback.Action) bool {
		return a.Kind == kind && (a.Act == fallback.Dial || a.Act == fallback.Attach)
	}
	floor := w.forced == 0 && slices.Contains(w.offer, polls) // else there is jitter, which may be none
	if floor && !excused && w.plan.Current() != 0 && slices.ContainsFunc(actions, again) {
		w.t.Errorf("%s failed beside %s, and is tried again at once", kind, w.plan.Current())
	}
}

func (w *walker) online() {
	for kind, open := range w.dialing {
		w.excused[kind] = !open
	}
	w.do(w.plan.Online(w.now, nil))
}

// idle lets the end of the walk last for long: whatever happened before, everything that is better than polls is tried
// within the 8 minutes that a kind is left alone at most.
func (w *walker) idle() {
	p := w.plan
	if p.Current() != polls || w.forced != 0 || w.hidden || !slices.Contains(w.offer, polls) {
		return
	}
	clear(w.tried)
	if w.rnd.IntN(2) == 0 {
		w.online()
	}
	for until := w.now + 9*minute; p.Deadline() != 0 && p.Deadline() <= until; {
		w.now = max(w.now, p.Deadline())
		w.do(p.Tick(w.now, nil))
		for kind := range w.dialing {
			w.tried[kind] = true
			w.fail(kind)
		}
		w.fail(w.attempt)
	}
	for _, kind := range w.offer[:slices.Index(w.offer, polls)] {
		if !w.tried[kind] {
			w.t.Errorf("%s is never tried again", kind)
		}
	}
}

// welcome is what the server says in READY: most often what it said before.
func (w *walker) welcome() {
	network := "home"
	switch w.rnd.IntN(14) {
	case 12:
		w.moved = !w.moved
	case 0:
		network = "office"
	case 1:
		w.offer = [][]transport.Kind{four, all, {sse, wt, polls}, {sse, polls}, {ws, polls, sse}, {}, {wt}, {polls}}[w.rnd.IntN(8)]
	}
	var words []string
	for _, k := range w.offer {
		words = append(words, k.String())
	}
	if i := slices.Index(words, "webtransport"); i >= 0 && w.moved {
		words[i] += "@elsewhere"
	}
	w.do(w.plan.Welcome(offers(words), network, nil))
}

func (w *walker) check() {
	p := w.plan
	at, current := p.Deadline(), p.Current()
	floor := w.forced == 0 && slices.Contains(w.offer, polls)
	switch {
	case w.resting:
		if current != 0 || at != 0 {
			w.t.Errorf("at rest, on %s, with something to do at %d", current, at)
		}
	case current == 0 && at == 0:
		w.t.Error("detached, with nothing to do")
	case current == polls && floor && !w.polling && at == 0:
		w.t.Error("on polls that never go on")
	case w.hidden || current == 0 || at != 0 || w.attempt != 0:
	case w.forced != 0 && current != w.forced:
		w.t.Errorf("on %s, and %s, which is forced, is never tried", current, w.forced)
	case floor && slices.Index(w.offer, current) > 0 && current == polls:
		w.t.Error("what is better than polls is never tried again")
	}
}
