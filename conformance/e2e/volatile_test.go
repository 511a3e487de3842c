package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/conformance/exchange"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport"
)

// at is the payload of a volatile message.
type at struct {
	Key string `json:"key"`
	N   int    `json:"n"`
}

// newest notes that no key goes back.
type newest struct {
	mu     sync.Mutex
	last   map[string]int
	seen   int
	undone int
}

func (l *newest) add(v at) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == nil {
		l.last = map[string]int{}
	}
	if v.N <= l.last[v.Key] {
		l.undone++
	}
	l.last[v.Key] = v.N
	l.seen++
}

// mirror lets a server send volatile messages back, and note them.
func mirror(s *exchange.Server) *newest {
	up := new(newest)
	router.On(s.Router, "at", func(c *router.Context, v at) error {
		up.add(v)
		if err := c.SendVolatile(v.Key, "at", v); err != client.ErrDetached {
			return err
		}
		return nil
	})
	return up
}

// last is what is sent after everything else.
const last = 1_000_000_000

// TestGoClientVolatileFlood: 3,000 messages each way through 12 cuts, under a flood of volatile ones: exactly once and in
// order; no value undoes a newer one; and on a connection that stays the last ones arrive.
// PROTOCOL 17.1, 17.5, 17.6
func TestGoClientVolatileFlood(t *testing.T) {
	t.Parallel()
	for _, kind := range []transport.Kind{transport.WebSocket, transport.SSE, transport.LongPoll} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			const n, keys, each = 3_000, 7, 20
			ctx := minutes(t, 2)
			s, p := listen(t, router.Config{})
			up := mirror(s)
			var numbers exchange.Count
			var down newest
			finished := make(chan struct{})
			lasts := make(chan string, 10*keys)
			session := make(chan string, 1)
			open := make(chan transport.Kind, 1000)
			c := dial(t, p.URL(), client.Config{Force: kind,
				OnLost: func(l client.Lost) { t.Errorf("session lost: %d %s", l.Code, l.Reason) },
				OnState: func(st client.State, k transport.Kind) {
					if st == client.Open {
						open <- k
					}
				},
			}, func(c *client.Client) {
				client.On(c, "hello", func(id string) { session <- id })
				client.On(c, "down", func(i int) {
					if numbers.Add(i); numbers.Received == n {
						close(finished)
					}
				})
				client.On(c, "at", func(v at) {
					if down.add(v); v.N == last {
						lasts <- v.Key
					}
				})
			})
			id := await(t, session, "the session")
			if err := c.Call(ctx, "start", exchange.Start{N: n}, nil); err != nil {
				t.Fatal(err)
			}
			taken := 0
			flood := func(i int) {
				for k := range each {
					v := at{fmt.Sprint("k", k%keys), i*each + k}
					if c.EmitVolatile(v.Key, "at", v) == nil {
						taken++
					}
				}
			}
			sent := make(chan error, 1)
			go func() { sent <- sendUpAnd(ctx, c, n, flood) }() // joined below
			t.Logf("seed %d", *seed)
			if err := s.Break(ctx, p, id, n, exchange.Schedule(*seed, 5, 5, 2)); err != nil {
				t.Fatal(err)
			}
			if err := <-sent; err != nil {
				t.Fatal(err)
			}
			select {
			case <-finished:
			case <-ctx.Done():
			}
			if count := s.Up(id); count.Err(n) != nil || numbers.Err(n) != nil {
				t.Fatalf("up: %v; down: %v", count.Err(n), numbers.Err(n))
			}
			for st, k := c.State(); st != client.Open || k != kind; st, k = c.State() {
				select {
				case <-open:
				case <-ctx.Done():
					t.Fatal("the client does not come back")
				}
			}
			for k := range keys {
				v := at{fmt.Sprint("k", k), last}
				if err := c.EmitVolatile(v.Key, "at", v); err != nil {
					t.Fatal(err)
				}
			}
			for range keys {
				select {
				case <-lasts:
				case <-ctx.Done():
					t.Fatalf("the last values do not arrive: up %v, down %v", up.last, down.last)
				}
			}
			if up.undone > 0 || down.undone > 0 {
				t.Errorf("%d and %d values undid newer ones", up.undone, down.undone)
			}
			t.Logf("%d volatile messages were taken, %d arrived, %d came back", taken, up.seen, down.seen)
		})
	}
}

// sendUpAnd is sendUp that does something before every number.
func sendUpAnd(ctx context.Context, c *client.Client, n int, and func(i int)) error {
	var waits []func(context.Context) error
	for i := 1; i <= n; i++ {
		and(i)
		v, err := router.Encode(i)
		if err != nil {
			return err
		}
		handled, err := c.Post(ctx, "up", client.Payload(v))
		if err != nil {
			return err
		}
		waits = append(waits, handled)
	}
	for _, handled := range waits {
		if err := handled(ctx); err != nil {
			return err
		}
	}
	return nil
}

// TestNodeVolatileFlood is the same with the bundle in Node.
func TestNodeVolatileFlood(t *testing.T) {
	t.Parallel()
	const n = 3_000
	ctx := minutes(t, 2)
	cutting, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	s, p := listen(t, router.Config{})
	up := mirror(s)
	cmd := exec.CommandContext(ctx, "node", "../exchange/volatile.mjs", p.URL()+"/rt", strconv.Itoa(n))
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("node does not start: %v", err)
	}
	lines := bufio.NewScanner(stdout)
	lines.Scan()
	session := lines.Text()
	line := make(chan string, 1)
	go follow(lines, line, stop)
	t.Logf("seed %d", *seed)
	broken := s.Break(cutting, p, session, n, exchange.Schedule(*seed, 5, 5, 2))
	text := <-line
	if err := cmd.Wait(); err != nil || broken != nil {
		t.Fatalf("%v, %v: %s", err, broken, text)
	}
	var o struct {
		outcome
		Fleeting struct{ Taken, Refused, Back, Undone, Keys int }
	}
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	o.check(t, n)
	t.Logf("volatile: %+v; %d arrived at the server", o.Fleeting, up.seen)
	if o.Fleeting.Undone > 0 || up.undone > 0 || o.Fleeting.Keys != 7 {
		t.Errorf("%+v; %d values undid newer ones at the server", o.Fleeting, up.undone)
	}
}
