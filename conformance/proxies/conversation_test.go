package proxies

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/transport"
)

// said is as much of the chat's messages as is looked at here.
type said struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// refused is what the chat answers to a message that it does not take.
type refused struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// guest is somebody in the chat.
type guest struct {
	*client.Client
	name string
	mu   sync.Mutex
	all  []said
	full chan struct{} // closed when all has arrived
}

// enter connects to the chat at a host and port and joins the lobby, where total messages will be said.
func enter(t testing.TB, addr, name string, force transport.Kind, total int) *guest {
	t.Helper()
	g := &guest{name: name, full: make(chan struct{})}
	g.Client = client.New("http://"+addr+"/rt", client.Config{Force: force, OnLost: func(l client.Lost) {
		t.Errorf("%s: session lost: %d %s", name, l.Code, l.Reason)
	}})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		g.Close(ctx)
	})
	client.On(g.Client, "refused", func(r refused) { t.Errorf("%s: refused: %d %s", name, r.Code, r.Message) })
	ctx := minute(t)
	if err := g.Connect(ctx); err != nil {
		t.Fatal(name, err)
	}
	if _, err := g.Subscribe(ctx, "room:lobby", 0, func(p client.Publication) { g.hear(t, p, total) }); err != nil {
		t.Fatal(name, err)
	}
	if err := g.Call(ctx, "join", map[string]string{"room": "lobby", "name": name}, nil); err != nil {
		t.Fatal(name, err)
	}
	return g
}

// hear is called by the client, for one publication after the other.
func (g *guest) hear(t testing.TB, p client.Publication, total int) {
	var m said
	if p.Gap {
		t.Errorf("%s: a gap, %d to %d", g.name, p.From, p.To)
	} else if err := p.Decode(&m); err != nil {
		t.Error(err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.all = append(g.all, m); len(g.all) == total {
		close(g.full)
	}
}

// talk says the numbers below n, and then sends what went wrong, or nil.
func (g *guest) talk(ctx context.Context, n int, said chan<- error) {
	for i := range n {
		say := map[string]string{"room": "lobby", "id": fmt.Sprint(g.name, "-", i), "text": fmt.Sprint(i)}
		if err := g.Emit(ctx, "say", say); err != nil {
			said <- fmt.Errorf("%s, message %d: %w", g.name, i, err)
			return
		}
	}
	said <- nil
}

// order is what the guest has heard.
func (g *guest) order() []said {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.all)
}

// converse lets five guests say 1,000 messages over every transport that a proxy passes, and returns when each of them has
// heard all, in one and the same order. When all have entered it calls begin, which makes somebody say as many more as others.
func converse(t testing.TB, addr string, others int, begin func()) {
	t.Helper()
	const each = 200
	var guests []*guest
	for _, force := range []transport.Kind{transport.WebSocket, transport.SSE, transport.LongPoll, 0, 0} {
		name := fmt.Sprint("guest", len(guests))
		guests = append(guests, enter(t, addr, name, force, 5*each+others))
	}
	begin()
	ctx := minute(t)
	errs := make(chan error, len(guests))
	for _, g := range guests {
		go g.talk(ctx, each, errs)
	}
	for range guests {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	for _, g := range guests {
		select {
		case <-g.full:
		case <-ctx.Done():
			t.Fatalf("%s has heard %d", g.name, len(g.order()))
		}
	}
	heard := guests[0].order()
	next := map[string]int{}
	for _, m := range heard {
		if m.Text == fmt.Sprint(next[m.Name]) {
			next[m.Name]++
		}
	}
	for _, g := range guests {
		if next[g.name] != each {
			t.Errorf("%d messages of %s came in order", next[g.name], g.name)
		}
		if !slices.Equal(g.order(), heard) {
			t.Errorf("%s and %s did not hear the same", g.name, guests[0].name)
		}
	}
}

// TestConversation: 1,000 messages in the chat, behind each proxy.
func TestConversation(t *testing.T) {
	for _, p := range proxies {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			addr := p.start(t, p.file, []string{chat(t)}, p.http())
			converse(t, addr, 0, func() {})
		})
	}
}
