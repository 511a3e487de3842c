// Package soak exchanges many messages between a real server and a real Go client, over real sockets, while faults come
// one after the other, and counts what is lost, repeated or reordered.
package soak

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/conformance/exchange"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport"
)

// Config says what to do.
type Config struct {
	Kind     transport.Kind // to keep to; 0: the session moves among all of them all the time
	Messages int            // both ways together
	Faults   int
	Seed     uint64 // of the faults and the moves
}

// Outcome is what came of it.
type Outcome struct {
	Config
	Lost, Duplicated, Reordered int
	Resume                      time.Duration // 99 of 100 connections that died were followed by the next within this
	Took                        time.Duration
}

// Name is the transport, or "moving".
func (c Config) Name() string {
	if c.Kind == 0 {
		return "moving"
	}
	return c.Kind.String()
}

func (o Outcome) String() string {
	return fmt.Sprintf("transport %s  messages %d  faults %d  lost %d  duplicated %d  reordered %d  p99 resume %d ms",
		o.Name(), o.Messages, o.Faults, o.Lost, o.Duplicated, o.Reordered, o.Resume.Milliseconds())
}

// Err says which promise was broken, if one was.
func (o Outcome) Err() error {
	if o.Lost+o.Duplicated+o.Reordered > 0 {
		return fmt.Errorf("soak: not exactly once, in order: -transport %s -messages %d -faults %d -seed %d",
			o.Name(), o.Messages, o.Faults, o.Seed)
	}
	return nil
}

// Run does it. The error is what kept it from ending: ctx's, or a session that was lost.
func Run(ctx context.Context, cfg Config) (Outcome, error) {
	o := Outcome{Config: cfg}
	r, err := newRig(cfg.Seed)
	if err != nil {
		return o, err
	}
	defer r.close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	n := cfg.Messages / 2
	begun := time.Now()
	w := &watch{n: n, finished: make(chan struct{}), session: make(chan string, 1)}
	r.client = client.New(r.mount(), client.Config{
		Dialers: dialers(), Force: cfg.Kind, Logger: quiet, OnState: w.state,
		OnLost: func(l client.Lost) { cancel(fmt.Errorf("soak: session lost: %s (%d)", l.Reason, l.Code)) },
	})
	client.On(r.client, "hello", w.hello)
	client.On(r.client, "down", w.down)
	if err := r.client.Connect(ctx); err != nil {
		return o, err
	}
	id := <-w.session
	if err := r.client.Call(ctx, "start", exchange.Start{N: n}, nil); err != nil {
		return o, err
	}
	var running sync.WaitGroup
	sent := make(chan error, 1)
	running.Go(func() { sent <- send(ctx, r.client, n) })
	stop := make(chan struct{})
	if cfg.Kind == 0 {
		running.Go(func() { r.move(stop) })
	}
	err = r.server.Break(ctx, r.tcp, id, n, r.faults(cfg, w))
	if err == nil {
		err = <-sent
	}
	if err == nil {
		select {
		case <-w.finished:
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
	}
	close(stop)
	cancel(err)
	running.Wait()
	o.Took = time.Since(begun)
	o.count(r.server.Up(id), n)
	w.mu.Lock()
	defer w.mu.Unlock()
	o.count(w.got, n)
	slices.Sort(w.resumes)
	if len(w.resumes) > 0 {
		o.Resume = w.resumes[len(w.resumes)*99/100]
	}
	return o, err
}

func (o *Outcome) count(c exchange.Count, n int) {
	o.Lost += n - c.Received
	o.Duplicated += c.Repeated
	o.Reordered += c.Reordered
}

// send emits 1 to n, and waits until all are handled.
func send(ctx context.Context, c *client.Client, n int) error {
	waits := make(chan func(context.Context) error, 1024)
	failed := make(chan error, 1)
	go confirm(ctx, waits, failed) // joined by the receive below
	for i := 1; i <= n; i++ {
		v, err := router.Encode(i)
		if err != nil {
			return err
		}
		handled, err := c.Post(ctx, "up", client.Payload(v))
		if err != nil {
			close(waits)
			<-failed
			return err
		}
		waits <- handled
	}
	close(waits)
	return <-failed
}

// confirm waits for emits in their order, and says what the first failure was.
func confirm(ctx context.Context, waits <-chan func(context.Context) error, failed chan<- error) {
	var first error
	for handled := range waits {
		if err := handled(ctx); err != nil && first == nil {
			first = err
		}
	}
	failed <- first
}
