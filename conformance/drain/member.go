package drain

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/longpoll"
	"github.com/weft-realtime/weft/transport/sse"
	"github.com/weft-realtime/weft/transport/websocket"
	"github.com/weft-realtime/weft/transport/webtransport"
)

// member is one client and what it has seen.
type member struct {
	id     int
	client *client.Client
	every  time.Duration

	mu       sync.Mutex
	acked    []int
	failed   []int
	reported int            // unconfirmed, in OnLost
	down     map[string]int // by session: the last number that came
	jumbled  int            // of them, what was no successor
	gaps     map[string]int
	pubs     map[string]int
	moved    time.Time // when a session was lost last
	losses   int
	without  time.Time     // since when there is no session
	longest  time.Duration // without one
	slowest  time.Duration // for an emit to be acknowledged
	calls    int
	callErrs int
}

var (
	forced  = []transport.Kind{0, transport.WebTransport, transport.WebSocket, transport.SSE, transport.LongPoll}
	dialers = []transport.Dialer{&webtransport.Dialer{}, &websocket.Dialer{}, &sse.Dialer{}, &longpoll.Dialer{}}
)

func newMember(id int, url string, every time.Duration) *member {
	m := &member{id: id, every: every, gaps: map[string]int{}, pubs: map[string]int{}, down: map[string]int{}}
	m.client = client.New(url, client.Config{
		Dialers: dialers, Force: forced[id%len(forced)], Logger: quiet,
		OnLost: m.lost, OnState: m.state,
	})
	client.On(m.client, "down", m.number)
	return m
}

func (m *member) lost(l client.Lost) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reported += len(l.Unconfirmed)
	m.losses++
	m.moved = time.Now()
}

func (m *member) state(s client.State, _ transport.Kind) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case s == client.Open && !m.without.IsZero():
		m.longest = max(m.longest, time.Since(m.without))
		m.without = time.Time{}
	case s == client.Connecting && m.without.IsZero() && m.losses > 0:
		m.without = time.Now()
	}
}

func (m *member) number(d down) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if d.N != m.down[d.Session]+1 {
		m.jumbled++
	}
	m.down[d.Session] = d.N
}

func (m *member) join(ctx context.Context) error {
	if err := m.client.Connect(ctx); err != nil {
		return err
	}
	for _, topic := range []string{"topic:all", fmt.Sprintf("topic:%d", m.id%topics)} {
		_, err := m.client.Subscribe(ctx, topic, 0, func(p client.Publication) {
			m.mu.Lock()
			defer m.mu.Unlock()
			if p.Gap {
				m.gaps[topic]++
			} else {
				m.pubs[topic]++
			}
		})
		if err != nil {
			return fmt.Errorf("%s: %w", topic, err)
		}
	}
	return nil
}

// talk emits, and now and then calls, until ctx ends; what is on its way then is waited for.
func (m *member) talk(ctx context.Context) {
	tick := time.NewTicker(m.every)
	defer tick.Stop()
	for n := 1; ; n++ {
		at := time.Now()
		patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		err := m.client.Emit(patience, "up", emit{m.id, n})
		var echo int
		var failed error
		if n%5 == 0 {
			failed = m.client.Call(patience, "echo", n, &echo)
		}
		cancel()
		m.mu.Lock()
		m.slowest = max(m.slowest, time.Since(at))
		if err == nil {
			m.acked = append(m.acked, n)
		} else {
			m.failed = append(m.failed, n)
		}
		if n%5 == 0 {
			m.calls++
			if failed != nil || echo != n {
				m.callErrs++
			}
		}
		m.mu.Unlock()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
