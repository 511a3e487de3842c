// Package exchange is the measure of what weft promises: numbered messages both ways, counted at both ends, while
// something breaks the connection. Its server side is used by the tests of every client.
package exchange

import (
	"context"
	"embed"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/weft-realtime/weft/conformance/ports"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport/webtransport"
)

// Count is what one end has seen of the numbers 1, 2, 3, ... that the other sends.
type Count struct {
	Received  int `json:"received"`
	Missing   int `json:"missing"`   // numbers that were jumped over
	Repeated  int `json:"repeated"`  // numbers that came again
	Reordered int `json:"reordered"` // numbers that came after a greater one, for the first time
	highest   int
	seen      map[int]bool
}

// Add counts a number.
func (c *Count) Add(n int) {
	if c.seen == nil {
		c.seen = map[int]bool{}
	}
	switch {
	case c.seen[n]:
		c.Repeated++
		return
	case n < c.highest:
		c.Reordered++
		c.Missing--
	case n > c.highest:
		c.Missing += n - c.highest - 1
		c.highest = n
	}
	c.seen[n] = true
	c.Received++
}

// Exactly reports whether n numbers were counted, each once and in order.
func (c *Count) Exactly(n int) bool {
	return c.Received == n && c.Missing == 0 && c.Repeated == 0 && c.Reordered == 0
}

// Err returns an error unless exactly 1 to n were counted, in order.
func (c *Count) Err(n int) error {
	if !c.Exactly(n) || c.highest != n {
		return fmt.Errorf("received %d of %d, missing %d, repeated %d, reordered %d", c.Received, n, c.Missing, c.Repeated, c.Reordered)
	}
	return nil
}

// Files holds the client's side: exchange.js, and page.html, which starts it as window.x.
//
//go:embed exchange.js page.html
var Files embed.FS

func page(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, Files, "page.html") }

// Start is the payload of the call "start": the server sends N events "down", at most Rate a second.
type Start struct {
	N    int `json:"n"`
	Rate int `json:"rate"`
}

// Server serves an exchange on a loopback address. Static files for pages are added to Mux before requests come.
type Server struct {
	Router       *router.Router
	Mux          *chi.Mux
	WebTransport *webtransport.Transport // of All; nil: there is none

	addr   string
	http   http.Server
	served chan error           // by http
	h3     *webtransport.Server // of All, instead of http
	gate   *gate

	mu    sync.Mutex
	up    map[string]*Count // by session
	sends sync.WaitGroup
}

// Listen starts a server on a free port, or on addr if it is not "".
func Listen(addr string, cfg router.Config) (*Server, error) {
	l, err := ports.Listen(addr)
	if err != nil {
		return nil, err
	}
	return Serve(l, cfg), nil
}

// Serve starts a server on a listener, which is then the server's.
func Serve(l net.Listener, cfg router.Config) *Server {
	s := newServer(cfg)
	s.addr, s.http.Handler, s.served = l.Addr().String(), s.Mux, make(chan error, 1)
	go s.serve(l)
	return s
}

func newServer(cfg router.Config) *Server {
	s := &Server{Router: router.New(cfg), Mux: chi.NewRouter(), up: map[string]*Count{}, gate: newGate()}
	s.register()
	s.Mux.Mount("/rt", s.Router)
	s.Mux.Get("/", page)
	s.Mux.Handle("/exchange.js", http.FileServerFS(Files))
	return s
}

func (s *Server) serve(l net.Listener) { s.served <- s.http.Serve(l) }

// Addr is the server's host and port.
func (s *Server) Addr() string { return s.addr }

// Close ends the sessions and the server.
func (s *Server) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	s.Router.Shutdown(ctx)
	s.sends.Wait()
	if s.h3 != nil {
		s.h3.Shutdown(ctx)
		return
	}
	s.http.Close()
	<-s.served
}

// Up returns what was counted of a session's events.
func (s *Server) Up(session string) Count {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.up[session]; c != nil {
		return Count{Received: c.Received, Missing: c.Missing, Repeated: c.Repeated, Reordered: c.Reordered, highest: c.highest}
	}
	return Count{}
}

func (s *Server) register() {
	rt := s.Router
	rt.OnConnect(func(c *router.Context) error { return c.Send("hello", c.Session().String()) })
	router.On(rt, "up", func(c *router.Context, n int) error {
		if err := s.gate.pass(c, n); err != nil {
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		id := c.Session().String()
		if s.up[id] == nil {
			s.up[id] = new(Count)
		}
		s.up[id].Add(n)
		return nil
	})
	router.Handle(rt, "report", func(c *router.Context, _ struct{}) (Count, error) {
		return s.Up(c.Session().String()), nil
	})
	router.Handle(rt, "start", func(c *router.Context, in Start) (struct{}, error) {
		s.sends.Add(1)
		go s.send(c.Session().Context(), c, in)
		return struct{}{}, nil
	})
	router.Handle(rt, "sum", func(c *router.Context, in []int) (total int, _ error) {
		for _, n := range in {
			total += n
		}
		return total, nil
	})
	rt.OnSubscribe("topic:{name}", nil)
	router.On(rt, "publish", func(c *router.Context, n int) error { return rt.Topic("topic:a").Publish(c, "n", n) })
}

// send sends the numbers down, in bursts that keep to the rate.
func (s *Server) send(ctx context.Context, c *router.Context, in Start) {
	defer s.sends.Done()
	begin := time.Now()
	for n := 1; n <= in.N; n++ {
		if in.Rate > 0 {
			due := begin.Add(time.Duration(n) * time.Second / time.Duration(in.Rate))
			if wait := time.Until(due); wait > 5*time.Millisecond {
				select {
				case <-time.After(wait):
				case <-ctx.Done():
					return
				}
			}
		}
		if s.gate.pass(ctx, n) != nil {
			return
		}
		p, cancel := context.WithTimeout(ctx, time.Minute)
		err := sendNumber(p, c, n)
		cancel()
		if err != nil {
			return
		}
	}
}

func sendNumber(ctx context.Context, c *router.Context, n int) error {
	v, err := router.Encode(n)
	if err != nil {
		return err
	}
	return c.Session().Send(ctx, "down", v)
}
