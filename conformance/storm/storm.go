// Package storm cuts many clients at once, and kills their server, and measures how they come back.
package storm

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/weft-realtime/weft/conformance/process"
)

// Config is what a storm is made of. Clients must be set.
type Config struct {
	Clients int
	Seed    uint64        // of the moments at which the clients emit
	Every   time.Duration // between two emits of a client; default 1 s
	Limit   time.Duration // what Run may take; default 2 minutes
}

// Run starts a server in a process of its own and connects the clients, resets all connections at once, and then kills
// the server and starts another one on the same address. tell gets the outcome of either. An error means that there was
// no storm, or that a message was lost, repeated or reordered; what an outcome broke is Outcome.Err's to say.
//
// The binary must call Main before.
func Run(cfg Config, tell func(Outcome)) error {
	if cfg.Every == 0 {
		cfg.Every = time.Second
	}
	if cfg.Limit == 0 {
		cfg.Limit = 2 * time.Minute
	}
	ctx, cancel := context.WithTimeout(context.Background(), cfg.Limit)
	defer cancel()
	server, err := process.Start("")
	if err != nil {
		return err
	}
	s := &storm{server: server, crowd: newCrowd("http://"+server.Addr, cfg.Clients)}
	defer func() { s.server.Kill() }()
	defer s.crowd.close()
	settled := s.crowd.expect(true)
	if err := s.crowd.each(func(m *member) error { return m.Connect(ctx) }); err != nil {
		return err
	}
	if err := wait(ctx, settled); err != nil {
		return fmt.Errorf("not everybody is on WebSocket: %w", err)
	}
	if err := s.strike(ctx, cfg, "cut", s.cut, tell); err != nil {
		return fmt.Errorf("cut: %w", err)
	}
	if err := s.crowd.count(ctx); err != nil {
		return fmt.Errorf("cut: not exactly once, in order: %w", err)
	}
	if err := s.strike(ctx, cfg, "restart", s.restart, tell); err != nil {
		return fmt.Errorf("restart: %w", err)
	}
	return nil
}

func wait[T any](ctx context.Context, done <-chan T) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

type storm struct {
	server *process.Process
	crowd  *crowd
	spent  float64 // the server's CPU seconds when it was struck
}

// cut resets all connections and says when.
func (s *storm) cut() (begin time.Time, err error) {
	s.spent, _ = s.server.CPU() // strike asks again, and sees the error
	answer, err := s.server.Ask("cut")
	if err != nil {
		return begin, err
	}
	return begin, json.Unmarshal([]byte(answer), &begin)
}

// restart kills the server, starts another one at once, and says when.
func (s *storm) restart() (begin time.Time, err error) {
	begin = time.Now()
	s.server.Kill()
	again, err := process.Start(s.server.Addr)
	if err == nil {
		s.server, s.spent = again, 0
	}
	return begin, err
}

// patience is how long a client may take to be on WebSocket again before it is counted as one that is not.
const patience = 20 * time.Second

// strike does something bad while the clients emit, and tells how they came back.
func (s *storm) strike(ctx context.Context, cfg Config, name string, do func() (time.Time, error), tell func(Outcome)) error {
	s.crowd.chatter(ctx, cfg.Every, cfg.Seed)
	if err := wait(ctx, time.After(cfg.Every)); err != nil { // everybody has said something
		return err
	}
	settled := s.crowd.expect(false)
	pulse := newPulse()
	begin, err := do()
	if err != nil {
		pulse.end()
		return err
	}
	patient, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_ = wait(patient, settled) // the outcome says who is not
	lag := pulse.end()
	answer, err := s.server.Ask("arrivals")
	if err != nil {
		return err
	}
	var arrivals []arrival
	if err := json.Unmarshal([]byte(answer), &arrivals); err != nil {
		return err
	}
	o := s.crowd.outcome(name, begin, arrivals)
	o.Lag = lag
	if cpu, err := s.server.CPU(); err == nil {
		o.CPU = time.Duration((cpu - s.spent) / float64(cfg.Clients) * float64(time.Second))
	}
	tell(o)
	return s.crowd.hush()
}
