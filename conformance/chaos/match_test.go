package chaos

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

func TestRequestMatches(t *testing.T) {
	r := httptest.NewRequest("POST", "/app/weft/send?x=y", nil)
	r.Header.Set("Upgrade", "WebSocket")
	plain := httptest.NewRequest("GET", "/", nil)
	for name, match := range map[string]func(*http.Request) bool{
		"any":     Any[*http.Request],
		"path":    Path("/send"),
		"method":  Method("POST"),
		"upgrade": Upgrade,
		"all":     All(Path("/send"), Method("POST")),
	} {
		if !match(r) {
			t.Errorf("%s does not match", name)
		}
		if match(plain) != (name == "any") {
			t.Errorf("%s matches %v", name, plain.URL)
		}
	}
	if All(Path("/send"), Method("GET"))(r) {
		t.Error("all matches though one does not")
	}
}

func TestAnswerMatches(t *testing.T) {
	for kind, want := range map[string]bool{
		"text/event-stream":                 true,
		"Text/Event-Stream ; charset=utf-8": true,
		"text/html":                         false,
		"":                                  false,
	} {
		res := &http.Response{Header: http.Header{"Content-Type": {kind}}}
		if EventStream(res) != want {
			t.Errorf("%q: event stream is %v", kind, !want)
		}
	}
	res := &http.Response{Request: httptest.NewRequest("POST", "/send", nil)}
	if !AnswerTo(Path("/send"))(res) || AnswerTo(Path("/other"))(res) {
		t.Error("AnswerTo does not ask of the request")
	}
}

// TestCountedMatches counts only what the inner match says yes to.
func TestCountedMatches(t *testing.T) {
	even := func(n int) bool { return n%2 == 0 }
	pick := func(match func(int) bool) (picked []int) {
		for n := range 10 {
			if match(n) {
				picked = append(picked, n)
			}
		}
		return picked
	}
	if got := pick(First(2, even)); !slices.Equal(got, []int{0, 2}) {
		t.Errorf("the first two even numbers are %v", got)
	}
	if got := pick(Nth(2, even)); !slices.Equal(got, []int{2}) {
		t.Errorf("the second even number is %v", got)
	}
	if got := pick(Chance(1, 1, even)); len(got) != 5 {
		t.Errorf("with certainty: %v", got)
	}
	if got := pick(Chance(1, 0, even)); len(got) != 0 {
		t.Errorf("with probability 0: %v", got)
	}
}

func TestChanceIsSeeded(t *testing.T) {
	const n = 1000
	sequence := func(seed uint64) (all []bool) {
		match := Chance(seed, 0.25, Any[int])
		for i := range n {
			all = append(all, match(i))
		}
		return all
	}
	one, same, other := sequence(1), sequence(1), sequence(2)
	if !slices.Equal(one, same) || slices.Equal(one, other) {
		t.Error("the seed does not decide")
	}
	hits := 0
	for _, hit := range one {
		if hit {
			hits++
		}
	}
	if hits < n/5 || hits > n*3/10 {
		t.Errorf("%d of %d with probability 0.25", hits, n)
	}
}
