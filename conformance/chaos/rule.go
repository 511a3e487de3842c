package chaos

import (
	"net/http"
	"time"
)

// rule is what happens to requests that match. Both functions are called concurrently.
type rule struct {
	match func(*http.Request) bool
	serve http.HandlerFunc
}

// answerRule is what happens to the server's answers that match, before they go on. Both functions are called
// concurrently.
type answerRule struct {
	match func(*http.Response) bool
	apply func(*http.Response) error // an error is a 502 for the client
}

// OnRequest calls seen with each request from now on, before any rule, on the request's goroutine. It must not read the
// body. nil removes it.
func (h *HTTP) OnRequest(seen func(*http.Request)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen = seen
}

// Heal removes all rules. Requests that are held go to the server, and upgraded connections live on. What hangs, hangs
// on, what is mute stays so, and an answer that is being buffered is buffered to its end.
func (h *HTTP) Heal() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rules, h.answers = nil, nil
	close(h.healed)
	h.healed = make(chan struct{})
}

// add puts a rule before the others.
func (h *HTTP) add(match func(*http.Request) bool, serve http.HandlerFunc) {
	h.addUntilHealed(match, func(w http.ResponseWriter, r *http.Request, _ <-chan struct{}) { serve(w, r) })
}

// addUntilHealed adds a rule whose effects last, and end with the Heal that removes it: healed is closed then.
func (h *HTTP) addUntilHealed(match func(*http.Request) bool,
	serve func(w http.ResponseWriter, r *http.Request, healed <-chan struct{})) {
	h.mu.Lock()
	defer h.mu.Unlock()
	healed := h.healed
	added := rule{match, func(w http.ResponseWriter, r *http.Request) { serve(w, r, healed) }}
	h.rules = append([]rule{added}, h.rules...)
}

// addAnswer puts a rule for answers before the others.
func (h *HTTP) addAnswer(match func(*http.Response) bool, apply func(*http.Response) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answers = append([]answerRule{{match, apply}}, h.answers...)
}

// choose returns the latest rule that matches, or the way through.
func (h *HTTP) choose(r *http.Request) http.HandlerFunc {
	h.mu.Lock()
	rules, seen := h.rules, h.seen
	h.mu.Unlock()
	if seen != nil {
		seen(r)
	}
	for _, rule := range rules {
		if rule.match(r) {
			return rule.serve
		}
	}
	return h.forwards.ServeHTTP
}

// modify applies the latest rule for answers that matches. Those that upgrade are no answers of this kind.
func (h *HTTP) modify(res *http.Response) error {
	h.mu.Lock()
	rules := h.answers
	h.mu.Unlock()
	if res.StatusCode == http.StatusSwitchingProtocols {
		return nil
	}
	for _, rule := range rules {
		if rule.match(res) {
			return rule.apply(res)
		}
	}
	return nil
}

// hold waits for d, or for ever when d is 0, but no longer than until Heal or free, which may be nil. It returns false if
// the proxy is closed.
func (h *HTTP) hold(d time.Duration, healed, free <-chan struct{}) bool {
	var due <-chan time.Time
	if d > 0 {
		due = time.After(d)
	}
	select {
	case <-due:
	case <-healed:
	case <-free:
	case <-h.over.Done():
	}
	return h.over.Err() == nil
}
