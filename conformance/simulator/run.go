package simulator

import (
	"fmt"

	"github.com/weft-realtime/weft/conformance/prng"
	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// run is one simulation.
type run struct {
	schedule
	rand   *prng.Rand
	set    settings
	number int
	tally  Tally
	log    func(format string, args ...any)

	server  *server
	client  *client
	topics  []*topic
	threads []*thread

	weather weather
	watch   watch
	calm    bool // faults and traffic have ceased
	finale  finale
	over    bool // everything is done, or a promise was broken
	target  uint64
}

// thread is a session as the truth knows it.
type thread struct {
	run      *run
	nonce    frame.Nonce
	up, down lane
	client   *side
	server   *side // nil until HELLO arrives
	plan     ending
	quota    uint64    // messages of the run after which it ends
	begun    core.Time // when its end began; 0 before
}

func newRun(cfg Config, number int) *run {
	r := &run{
		rand: prng.New(cfg.Seed, uint32(number)), number: number, log: cfg.Trace, target: uint64(cfg.Messages),
	}
	r.now = 1_000
	r.tally.Runs = 1
	r.set = randomSettings(r.rand)
	r.server = newServer(r)
	r.client = &client{run: r}
	for i := range r.set.topics {
		t := &topic{run: r, name: fmt.Sprintf("t%d", i)}
		t.renew()
		r.topics = append(r.topics, t)
	}
	return r
}

// play plays the run to its end.
func (r *run) play() {
	r.client.open()
	r.after(0, r.fault)
	r.after(watchEvery, r.look)
	for crowd := 0; !r.over; {
		before := r.now
		r.step()
		if crowd++; r.now > before {
			crowd = 0
		}
		if crowd > crowded {
			r.fail(Stalled, "time stands still")
		}
	}
}

func (r *run) stopped() bool { return r.over }

// fail notes a broken promise and ends the run: what follows would only be its consequences.
func (r *run) fail(kind Kind, format string, args ...any) {
	if r.over {
		return
	}
	r.over = true
	what := fmt.Sprintf("at %d ms: ", r.now) + fmt.Sprintf(format, args...)
	r.trace("VIOLATION %s", what)
	r.tally.add(Violation{Run: r.number, Kind: kind, What: what})
}

func (r *run) topic(name string) *topic {
	for _, t := range r.topics {
		if t.name == name {
			return t
		}
	}
	return nil
}

// newThread begins the truth about a session that the client is about to open.
func (r *run) newThread() *thread {
	t := &thread{run: r}
	r.rand.Bytes(t.nonce[:])
	t.up = lane{run: r, name: fmt.Sprintf("session %d up", len(r.threads)+1)}
	t.down = lane{run: r, name: fmt.Sprintf("session %d down", len(r.threads)+1)}
	r.threads = append(r.threads, t)
	r.planEnding(t)
	return t
}

const (
	crowded              = 1_000_000 // events at one time: somebody is in a loop
	watchEvery core.Time = 100
	patience   core.Time = 4_000 // of the client, for READY and for a POST
)
