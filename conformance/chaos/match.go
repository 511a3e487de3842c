package chaos

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
)

// First is a match for the first n that match, counted over all callers.
func First[T any](n int, match func(T) bool) func(T) bool {
	var used atomic.Int64
	return func(v T) bool { return match(v) && used.Add(1) <= int64(n) }
}

// Nth is a match for the one that is the n-th to match, from 1, counted over all callers.
func Nth[T any](n int, match func(T) bool) func(T) bool {
	var used atomic.Int64
	return func(v T) bool { return match(v) && used.Add(1) == int64(n) }
}

// Chance is a match for those that match, each with probability p. The same seed makes the same sequence of decisions.
func Chance[T any](seed uint64, p float64, match func(T) bool) func(T) bool {
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(seed, 0))
	return func(v T) bool {
		if !match(v) {
			return false
		}
		mu.Lock()
		defer mu.Unlock()
		return r.Float64() < p
	}
}

// All is a match for what every match says yes to, in their order: after a no the others are not asked.
func All[T any](matches ...func(T) bool) func(T) bool {
	return func(v T) bool {
		for _, match := range matches {
			if !match(v) {
				return false
			}
		}
		return true
	}
}

// Any is a match for everything.
func Any[T any](T) bool { return true }

// Path is a match for requests whose path ends so.
func Path(suffix string) func(*http.Request) bool {
	return func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, suffix) }
}

// Method is a match for requests with this method, in upper case.
func Method(name string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Method == name }
}

// Upgrade is a match for WebSocket handshakes of HTTP/1.1.
func Upgrade(r *http.Request) bool { return strings.EqualFold(r.Header.Get("Upgrade"), "websocket") }

// AnswerTo is a match for the answers to requests that match.
func AnswerTo(match func(*http.Request) bool) func(*http.Response) bool {
	return func(res *http.Response) bool { return match(res.Request) }
}

// EventStream is a match for answers that are event streams.
func EventStream(res *http.Response) bool {
	kind, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(kind), "text/event-stream")
}
