// Package differential puts the same random schedules through the Go core and the TypeScript core, and compares all
// that comes out, event by event, and all of the state that can be seen.
//
// A schedule is a client and a server, and an imaginary network between them that loses, delays, repeats and reorders.
// The Go cores play it while it is made up, so that what happens next is mostly what could happen. What went into each
// end, as a trace in the language of conformance/vectors/core, then goes into the TypeScript core.
package differential

import "fmt"

// Config says what is run.
type Config struct {
	Steps int    // at least as many events are compared, all schedules together
	Seed  uint64 // of all schedules
	Only  int    // just this schedule, counted from 1; 0: all
}

// Result is what a run has found.
type Result struct {
	Steps      int
	Schedules  int
	Tally      Tally
	Difference *Difference // the first one, where the run has ended; nil when there is none
}

// Difference is an event after which the two cores do not say the same.
type Difference struct {
	Schedule       int
	Script         *Script // up to that event
	Go, TypeScript string  // what came out, with tabs between
	Minimal        *Difference
}

// String is for people: both outcomes, and the least trace that shows such a difference.
func (d *Difference) String() string {
	return fmt.Sprintf("schedule %d, the %s, event %d\n%s\nMinimal:\n\n%s\n%s", d.Schedule, d.Script.Role,
		d.Script.events(), d.outcomes(), d.Minimal.Script.Trace(), d.Minimal.outcomes())
}

func (d *Difference) outcomes() string {
	return fmt.Sprintf("%s\nGo:\n%s\nTypeScript:\n%s\n", d.Script.last().text, indent(d.Go), indent(d.TypeScript))
}

// Run makes schedules up and compares, until enough steps are done or a difference is found. The TypeScript core is
// compiled from clientjs under root, the root of the module, into a folder that is removed again.
func Run(cfg Config, root string) (Result, error) {
	program, err := compile(root)
	if err != nil {
		return Result{}, err
	}
	defer program.remove()
	r := &run{cfg: cfg, result: Result{Tally: newTally()}}
	difference, err := r.compare(program)
	if difference != nil && err == nil {
		difference.Minimal, err = shrink(program, difference)
	}
	r.result.Difference = difference
	return r.result, err
}

// run is a run of many schedules.
type run struct {
	cfg    Config
	result Result
}

// compare plays schedules at both until one differs.
func (r *run) compare(program *program) (*Difference, error) {
	p, err := program.start()
	if err != nil {
		return nil, err
	}
	schedules := make(chan *Schedule, 64)
	stop := make(chan struct{})
	go r.generate(p, schedules, stop)
	var found *Difference
	for s := range schedules {
		if found != nil || err != nil {
			continue // generate ends soon
		}
		if found, err = r.judge(p, s); found != nil || err != nil {
			close(stop)
			p.kill() // generate may be stuck in a write
		}
	}
	if ended := p.wait(); err == nil && found == nil {
		err = ended
	}
	return found, err
}

// generate makes schedules up and sends them to the other side. It closes schedules when there are enough, or on stop.
func (r *run) generate(p *peer, schedules chan<- *Schedule, stop <-chan struct{}) {
	defer close(schedules)
	defer p.end()
	for number, steps := max(1, r.cfg.Only), 0; steps < r.cfg.Steps; number++ {
		s := newSchedule(r.cfg.Seed, number)
		select {
		case schedules <- s: // first: whoever writes must know that somebody reads
		case <-stop:
			return
		}
		for _, script := range s.Scripts() {
			p.write(script)
			steps += script.events()
		}
		if r.cfg.Only > 0 {
			return
		}
	}
}

// judge compares what the other side says of a schedule.
func (r *run) judge(p *peer, s *Schedule) (*Difference, error) {
	r.result.Schedules++
	for _, script := range s.Scripts() {
		for i, step := range script.Steps {
			if step.text[0] != '>' {
				continue
			}
			line, err := p.read()
			if err != nil {
				return nil, fmt.Errorf("schedule %d: %w", s.Number, err)
			}
			r.result.Steps++
			r.result.Tally.add(step)
			if line != step.outcome {
				return &Difference{Schedule: s.Number, Script: script.until(i), Go: step.outcome, TypeScript: line}, nil
			}
		}
	}
	return nil, nil
}
