package chaos

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestRandomIsSeeded(t *testing.T) {
	for name, next := range map[string]func(t *testing.T, r *rand.Rand) func() string{
		"tcp": func(t *testing.T, r *rand.Rand) func() string {
			p, _, _ := pair(t)
			return func() string { return p.Random(r, time.Millisecond) }
		},
		"http": func(t *testing.T, r *rand.Rand) func() string {
			h, _, _ := newSite(t)
			return func() string { return h.Random(r, Any, time.Millisecond) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			sequence := func(seed uint64) (all []string) {
				fault := next(t, rand.New(rand.NewPCG(seed, 0)))
				for range 50 {
					all = append(all, fault())
				}
				return all
			}
			one, same, other := sequence(1), sequence(1), sequence(2)
			if !slices.Equal(one, same) {
				t.Errorf("one seed, two sequences:\n%v\n%v", one, same)
			}
			if slices.Equal(one, other) {
				t.Errorf("two seeds, one sequence:\n%v", one)
			}
		})
	}
}

// persist posts each number until it is answered with its echo; the test joins it through done.
func persist(c *http.Client, url string, numbers int, done chan<- error) {
	var last error
	for i := range numbers {
		for attempt := 0; !echoes(c, url, strconv.Itoa(i)); attempt++ {
			if attempt == 100 {
				last = fmt.Errorf("%d was never answered", i)
				break
			}
		}
	}
	done <- last
}

func echoes(c *http.Client, url, body string) bool {
	resp, err := c.Post(url, "text/plain", strings.NewReader(body))
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	got := make([]byte, 100)
	n, _ := resp.Body.Read(got) // short, or no echo at all, is a no
	return resp.StatusCode == http.StatusOK && string(got[:n]) == body
}

// TestHTTPRandomEndsByItself: whoever repeats what was not answered gets everything through.
func TestHTTPRandomEndsByItself(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	h, o, client := newSite(t)
	for i := range 100 {
		fault := h.Random(r, Method("POST"), 10*time.Millisecond)
		done := make(chan error, 1)
		persist(client, h.URL(), 1, done)
		if err := <-done; err != nil {
			t.Fatalf("%d, %s: %v", i, fault, err)
		}
		o.expectHeard(t, "0")
		for len(o.heard) > 0 {
			<-o.heard
		}
	}
}

// TestRulesWhileTrafficFlows changes the rules under requests that are on their way.
func TestRulesWhileTrafficFlows(t *testing.T) {
	const posters, numbers = 4, 20
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	h, o, _ := newSite(t)
	done := make(chan error)
	for range posters {
		transport := &http.Transport{}
		t.Cleanup(transport.CloseIdleConnections)
		go persist(&http.Client{Transport: transport, Timeout: patience}, h.URL(), numbers, done)
	}
	for left := posters; left > 0; {
		select {
		case err := <-done:
			left--
			if err != nil {
				t.Error(err)
			}
		case <-o.heard:
			h.Random(r, Any, 10*time.Millisecond)
			h.BufferAnswers(First(1, Any[*http.Response]), Buffer{Size: 1 + r.IntN(10)})
			if r.IntN(4) == 0 {
				h.Heal()
			}
		}
	}
}
