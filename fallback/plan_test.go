package fallback_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/weft-realtime/weft/fallback"
	"github.com/weft-realtime/weft/transport"
)

const (
	wt    = transport.WebTransport
	ws    = transport.WebSocket
	sse   = transport.SSE
	polls = transport.LongPoll
)

// situation is one entry of the vectors; their README says what the keys mean.
type situation struct {
	name   string
	order  []transport.Kind
	ranked bool
	random []float64
	steps  []string
}

func situations(t *testing.T) []situation {
	t.Helper()
	files, err := filepath.Glob("../conformance/vectors/plan/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no vectors", err)
	}
	var all []situation
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for block := range strings.SplitSeq(string(text), "\n\n") {
			if s := parseSituation(t, block); len(s.steps) > 0 {
				all = append(all, s)
			}
		}
	}
	return all
}

func parseSituation(t *testing.T, block string) (s situation) {
	t.Helper()
	for line := range strings.SplitSeq(strings.TrimSpace(block), "\n") {
		key, value, _ := strings.Cut(line, ": ")
		switch {
		case line == "" || line[0] == '#' || key == "clauses":
		case key == "name":
			s.name = value
		case key == "order":
			s.order = kinds(strings.Fields(value))
		case key == "ranked":
			s.ranked = true
		case key == "random":
			for _, field := range strings.Fields(value) {
				n, err := strconv.ParseFloat(field, 64)
				if err != nil {
					t.Fatal(err)
				}
				s.random = append(s.random, n)
			}
		default:
			s.steps = append(s.steps, line)
		}
	}
	return s
}

func kinds(names []string) (out []transport.Kind) {
	for _, name := range names {
		out = append(out, transport.ParseKind(name))
	}
	return out
}

// offers reads kinds, and what stands behind an @ is where one is.
func offers(words []string) (out []transport.Offer) {
	for _, w := range words {
		kind, url, _ := strings.Cut(w, "@")
		out = append(out, transport.Offer{Kind: kind, URL: cmp.Or(url, kind)})
	}
	return out
}

// The plan does in every situation what the vectors say. PROTOCOL 14.1, 14.2, 14.3, 14.4, 14.5, 14.7, 14.8, 14.9
func TestPlanVectors(t *testing.T) {
	for _, s := range situations(t) {
		t.Run(s.name, func(t *testing.T) {
			p := s.page(fallback.Memory{})
			for _, step := range s.steps {
				given, _, _ := strings.Cut(step, " -> ")
				if _, event, _ := strings.Cut(given, " "); event == "reload" {
					p.Plan = fallback.NewPlan(s.order, s.ranked, p.Memory(), p.random)
				} else if got := p.walk(t, given); got != step {
					t.Errorf("got  %s\nwant %s", got, step)
				}
			}
		})
	}
}

// page is a plan and its random numbers; the next page takes over what they have come to.
type page struct {
	*fallback.Plan
	random func() float64
}

func (s *situation) page(m fallback.Memory) *page {
	asked := 0
	random := func() float64 {
		asked++
		return s.random[min(asked, len(s.random))-1]
	}
	return &page{fallback.NewPlan(s.order, s.ranked, m, random), random}
}

// walk makes one step and returns it with its outcome, as the vectors write it.
func (p *page) walk(t *testing.T, given string) string {
	t.Helper()
	fields := strings.Fields(given)
	ms, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, a := range happen(t, p.Plan, fallback.Time(ms), fields[1], fields[2:]) {
		actions = append(actions, strings.TrimSuffix(a.Act.String()+" "+a.Kind.String(), " none"))
	}
	if len(actions) == 0 {
		actions = []string{"-"}
	}
	current, deadline := "-", "-"
	if k := p.Current(); k != 0 {
		current = k.String()
	}
	if at := p.Deadline(); at != 0 {
		deadline = strconv.FormatInt(int64(at), 10)
	}
	return fmt.Sprintf("%s -> %s ; %s %s", given, strings.Join(actions, ", "), current, deadline)
}

func happen(t *testing.T, p *fallback.Plan, now fallback.Time, event string, words []string) []fallback.Action {
	t.Helper()
	if event == "welcome" {
		return p.Welcome(offers(words[1:]), words[0], nil)
	}
	with := kinds(words)
	switch event {
	case "hide", "show":
		return p.Hide(now, event == "hide", nil)
	case "start":
		return p.Start(now, nil)
	case "force":
		return p.Force(now, with[0], nil)
	case "opened":
		return p.Opened(now, with[0], nil)
	case "ready":
		return p.Ready(now, with[0], nil)
	case "failed":
		return p.Failed(now, with[0], nil)
	case "died", "barren":
		return p.Died(now, event == "died", nil)
	case "left":
		return p.Left(now, nil)
	case "worn":
		return p.Worn(now, nil)
	case "suspect":
		return p.Suspect(now, nil)
	case "rest":
		return p.Rest(nil)
	case "online":
		return p.Online(now, nil)
	case "tick":
		return p.Tick(now, nil)
	case "limited":
		p.Limited(now)
	default:
		t.Fatalf("unknown event %q", event)
	}
	return nil
}

// A place of WebTransport that is long is not remembered. PROTOCOL 14.8
func TestLongPlaces(t *testing.T) {
	for length, kept := range map[int]bool{900: true, 1000: false} {
		p := fallback.NewPlan([]transport.Kind{wt, polls}, false, fallback.Memory{}, func() float64 { return 0 })
		p.Start(1, nil)
		p.Welcome([]transport.Offer{{Kind: "webtransport", URL: strings.Repeat("x", length), Rotate: 5}}, "home", nil)
		p.Ready(2, wt, nil)
		if place := p.Memory().Networks[0].Place; (place.URL != "") != kept || place.Rotate != 0 {
			t.Errorf("of a place of %d characters it remembers %+v", length, place)
		}
	}
}
