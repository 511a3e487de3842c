package drain

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/longpoll"
	"github.com/weft-realtime/weft/transport/sse"
	"github.com/weft-realtime/weft/transport/websocket"
	"github.com/weft-realtime/weft/transport/webtransport"
)

// emit is a number that a client sends.
type emit struct{ Client, N int }

// node is a server that writes down what it handles and what it sends.
type node struct {
	router  *router.Router
	server  *webtransport.Server
	sends   sync.WaitGroup
	closing sync.Once

	mu      sync.Mutex
	handled map[emit]int
	last    map[int]int    // per client the last number that was handled
	jumbled int            // numbers that came after a greater one
	sent    map[string]int // by session: direct messages that were taken for sending
	left    map[string]int // of them, the last ones, what was reported as unconfirmed
}

// down is a number that a node sends to a session.
type down struct {
	Session string
	N       int
}

// topics is how many there are beside that of everybody.
const topics = 20

var quiet = slog.New(slog.DiscardHandler)

func newNode(successor func() string) (*node, error) {
	n := &node{handled: map[emit]int{}, last: map[int]int{}, sent: map[string]int{}, left: map[string]int{}}
	wt := webtransport.New()
	rt := router.New(router.Config{
		Session: session.Config{Successor: successor, Logger: quiet},
		Transports: []transport.Transport{
			wt, websocket.New(websocket.Config{}), sse.New(sse.Config{}), longpoll.New(longpoll.Config{}),
		},
	})
	n.router = rt
	rt.OnSubscribe("topic:{name}", nil)
	rt.OnConnect(func(c *router.Context) error {
		n.sends.Add(1)
		go n.send(c)
		return nil
	})
	rt.OnDisconnect(func(c *router.Context, cause *router.CloseError) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.left[c.Session().String()] = len(cause.Unconfirmed)
	})
	router.On(rt, "up", func(_ *router.Context, e emit) error {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.handled[e]++
		if e.N <= n.last[e.Client] {
			n.jumbled++
		}
		n.last[e.Client] = e.N
		return nil
	})
	router.Handle(rt, "echo", func(_ *router.Context, in int) (int, error) { return in, nil })
	mux := chi.NewRouter()
	mux.Mount("/rt", rt)
	n.server = &webtransport.Server{Addr: "127.0.0.1:0", Handler: mux, Transport: wt, Logger: quiet}
	return n, n.server.Listen()
}

func (n *node) url() string { return "http://" + n.server.Address().String() + "/rt" }

// send sends numbers to a session until it takes no more.
func (n *node) send(c *router.Context) {
	defer n.sends.Done()
	id := c.Session().String()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for i := 1; ; i++ {
		p, err := router.Encode(down{id, i})
		if err != nil || c.Session().TrySend("down", p) != nil {
			return
		}
		n.mu.Lock()
		n.sent[id] = i
		n.mu.Unlock()
		select {
		case <-tick.C:
		case <-c.Session().Context().Done():
			return
		}
	}
}

// publish publishes on every topic, until ctx ends.
func (n *node) publish(ctx context.Context) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for i := 1; ; i++ {
		for _, t := range append([]string{"topic:all"}, fmt.Sprintf("topic:%d", i%topics)) {
			if err := n.router.Topic(t).Publish(ctx, "n", i); err != nil && ctx.Err() == nil {
				return err
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// close ends what is left of a node, once.
func (n *node) close() { n.closing.Do(n.end) }

func (n *node) end() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = n.router.Shutdown(ctx)
	n.sends.Wait()
	_ = n.server.Shutdown(ctx)
}
