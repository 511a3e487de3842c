package proxies

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport"
)

// The proxies cut what is silent: nginx a server that does not say anything for 60 s, HAProxy either side after 50 s. Here
// all times are a twentieth of what they are, those of the server, too.
var twentieth = map[*proxy][]edit{
	nginx: {{"proxy_pass", "proxy_read_timeout 3s;\n        proxy_send_timeout 3s;\n        proxy_pass"}},
	haproxy: {
		{"default_backend", "timeout client 2500ms\n\tdefault_backend"},
		{"backend chat\n\t#", "backend chat\n\ttimeout server 2500ms\n\t#"},
	},
}

// TestSilent: a session that has nothing to say keeps its connection. PROTOCOL 11.4, 13.1
func TestSilent(t *testing.T) {
	t.Parallel()
	var clients []*counter
	for _, p := range proxies {
		s := listen(t, router.Config{Session: session.Config{
			Ping: 750 * time.Millisecond, Pong: 500 * time.Millisecond, Hold: 1250 * time.Millisecond,
		}})
		addr := p.start(t, p.file, []string{s.Addr()}, append(twentieth[p], p.http())...)
		for _, kind := range everyKind {
			c := count(t, addr, 0, client.Config{Force: kind})
			c.settle(t, kind)
			clients = append(clients, c)
		}
	}
	time.Sleep(5 * time.Second) // the proxies are programs of their own: there is no other way
	dead := func(d client.Decision) bool { return d.What == "died" || d.What == "suspect" }
	for i, c := range clients {
		if state, kind := c.State(); state != client.Open || slices.ContainsFunc(c.Decisions(), dead) {
			t.Errorf("%s, %v: %v", proxies[i/len(everyKind)].name, kind, c.Decisions())
		}
	}
}

// impatient are proxies that cut what is silent for less than a poll is held.
var impatient = map[*proxy]edit{
	nginx:   {"proxy_pass", "proxy_read_timeout 2500ms;\n        proxy_pass"},
	haproxy: {"backend chat\n\t#", "backend chat\n\ttimeout server 2500ms\n\t#"},
}

// TestImpatient: a proxy that cuts polls is found out, and from then on they are answered before that. PROTOCOL 11.4
func TestImpatient(t *testing.T) {
	t.Parallel()
	clients, held := map[*proxy]*counter{}, map[*proxy]chan bool{}
	for _, p := range proxies {
		s := listen(t, router.Config{})
		held[p] = make(chan bool, 100)
		s.Router.Use(watch(held[p]))
		addr := p.start(t, p.file, []string{s.Addr()}, impatient[p], p.http())
		clients[p] = count(t, addr, 0, client.Config{Force: transport.LongPoll})
	}
	ctx := minute(t)
	for _, p := range proxies {
		select {
		case answered := <-held[p]:
			if !answered {
				t.Errorf("%s cuts shorter polls as well", p.name)
			}
		case <-ctx.Done():
			t.Fatalf("through %s polls are not shortened", p.name)
		}
		if state, _ := clients[p].State(); state != client.Open || len(clients[p].Decisions()) != 3 { // create, ready, poll
			t.Errorf("%s: %s, %v", p.name, state, clients[p].Decisions())
		}
	}
}

// watch says of polls that ask to be held for shorter, and were held, whether they were answered.
func watch(held chan<- bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			begun := time.Now()
			next.ServeHTTP(w, r)
			if r.URL.Query().Has("hold") && time.Since(begun) > time.Second {
				held <- r.Context().Err() == nil
			}
		})
	}
}
