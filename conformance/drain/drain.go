// Package drain shuts a node down under traffic while another one takes over, and counts what becomes of the clients and
// their messages. Clients, nodes and connections are real; they share the machine.
package drain

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Config says how much. All fields must be set.
type Config struct {
	Clients int           // of which a fifth each is free, and kept to one of the four transports
	Every   time.Duration // between two emits of a client
	Within  time.Duration // for Shutdown; clients move in the first half of it
}

// Run connects the clients to one node, has all sides talk, shuts that node down, and counts when it is over. The error
// is that of setting up.
func Run(cfg Config) (Outcome, error) {
	b, err := newNode(nil)
	if err != nil {
		return Outcome{}, err
	}
	defer b.close()
	a, err := newNode(b.url)
	if err != nil {
		return Outcome{}, err
	}
	defer a.close()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute+cfg.Within)
	defer cancel()
	members, err := gather(ctx, cfg, a.url())
	defer closeAll(members)
	if err != nil {
		return Outcome{}, err
	}

	talking, stop := context.WithCancel(ctx)
	defer stop()
	var running sync.WaitGroup
	for _, n := range []*node{a, b} {
		running.Go(func() { _ = n.publish(talking) })
	}
	for _, m := range members {
		running.Go(func() { m.talk(talking) })
	}
	time.Sleep(time.Second) // of traffic, before
	o := Outcome{Clients: cfg.Clients}
	begun := time.Now()
	within, done := context.WithTimeout(ctx, cfg.Within)
	o.Error = a.router.Shutdown(within)
	done()
	o.Took = time.Since(begun)
	time.Sleep(time.Second) // of traffic, after
	stop()
	running.Wait()
	settle(b, members)
	o.count(a, b, members, begun, cfg.Within/2)
	return o, nil
}

// gather connects the clients, a few at a time.
func gather(ctx context.Context, cfg Config, url string) ([]*member, error) {
	var members []*member
	errs := make(chan error, cfg.Clients)
	few := make(chan struct{}, 50)
	var joining sync.WaitGroup
	for i := range cfg.Clients {
		m := newMember(i, url, cfg.Every)
		members = append(members, m)
		few <- struct{}{}
		joining.Go(func() {
			errs <- m.join(ctx)
			<-few
		})
	}
	joining.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return members, fmt.Errorf("a client does not connect: %w", err)
		}
	}
	return members, nil
}

func closeAll(members []*member) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var closing sync.WaitGroup
	for _, m := range members {
		closing.Go(func() { _ = m.client.Close(ctx) })
	}
	closing.Wait()
}

// settle closes the clients, so that what their nodes have sent is received or reported.
func settle(b *node, members []*member) {
	closeAll(members)
	b.close()
}

func (o *Outcome) count(a, b *node, members []*member, begun time.Time, spread time.Duration) {
	received := map[string]int{}
	tenths := make([]int, 10)
	for _, m := range members {
		m.mu.Lock()
		o.member(a, b, m)
		maps.Copy(received, m.down)
		i := int(10 * m.moved.Sub(begun) / spread)
		tenths[min(max(i, 0), 9)]++
		m.mu.Unlock()
	}
	for _, n := range []*node{a, b} {
		for id, sent := range n.sent {
			o.Down += sent
			o.DownLost += max(sent-n.left[id]-received[id], 0) // what is unconfirmed may have been received
		}
	}
	for _, left := range a.left {
		o.DownLeft += left
	}
	o.Jumbled += a.jumbled + b.jumbled
	o.Fullest = float64(slices.Max(tenths)) / (float64(len(members)) / 10)
}

func (o *Outcome) member(a, b *node, m *member) {
	last := 0 // at a
	for n := range len(m.acked) + len(m.failed) {
		e := emit{m.id, n + 1}
		inA, inB := a.handled[e], b.handled[e]
		o.Emits++
		if inA > 0 {
			if last > n+1 {
				o.Jumbled++
			}
			last = n + 1
		}
		switch {
		case inA+inB > 1:
			o.Twice++
		case inA+inB == 0 && slices.Contains(m.acked, n+1):
			o.Lost++
		}
	}
	if first := slices.IndexFunc(m.acked, func(n int) bool { return b.handled[emit{m.id, n}] > 0 }); first >= 0 && m.acked[first] < last {
		o.Jumbled++
	}
	o.Unconfirmed += m.reported
	o.Unreported += max(len(m.failed)-m.reported, 0)
	o.Jumbled += m.jumbled
	o.Calls += m.calls
	o.CallsFailed += m.callErrs
	for topic, pubs := range m.pubs {
		o.Topics++
		o.Gaps += m.gaps[topic]
		if m.gaps[topic] != 1 || pubs == 0 {
			o.OddTopics++
		}
	}
	if len(m.pubs) != 2 {
		o.OddTopics++
	}
	if m.losses != 1 {
		o.Stayed++
	}
	o.Without = max(o.Without, m.longest)
	o.Slowest = max(o.Slowest, m.slowest)
}
