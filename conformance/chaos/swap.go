package chaos

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"
)

// SwapRequests exchanges the requests that match in pairs: the first is held until the server has begun to answer the
// second, but not beyond limit, if that is not 0, nor beyond Heal. Both clients get their answers. The first is sent even
// if its client has given up by then, so that requests are swapped too that a client sends one after the other.
func (h *HTTP) SwapRequests(match func(*http.Request) bool, limit time.Duration) {
	var s swap
	h.addUntilHealed(match, func(w http.ResponseWriter, r *http.Request, healed <-chan struct{}) {
		body := readBody(r)
		ctx, cancel := h.outlive(r)
		defer cancel()
		first, second := s.enter()
		if second {
			release := sync.OnceFunc(func() { close(first) })
			defer release() // if the server does not answer at all
			ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotFirstResponseByte: release})
		} else if open := h.hold(limit, healed, first); !open {
			panic(http.ErrAbortHandler)
		} else {
			s.leave(first)
		}
		h.forwards.ServeHTTP(w, again(ctx, r, body))
	})
}

// outlive is a context for a request that ends with the proxy instead of with the client.
func (h *HTTP) outlive(r *http.Request) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	forget := context.AfterFunc(h.over, cancel)
	return ctx, func() {
		forget()
		cancel()
	}
}

// swap pairs requests.
type swap struct {
	mu    sync.Mutex
	first chan struct{} // closed to let the one go that waits for its second; nil while none does
}

// enter returns the channel of the pair, and which of the two this one is.
func (s *swap) enter() (first chan struct{}, second bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if first = s.first; first != nil {
		s.first = nil
		return first, true
	}
	s.first = make(chan struct{})
	return s.first, false
}

// leave ends the wait for a second, if none has come.
func (s *swap) leave(first chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.first == first {
		s.first = nil
	}
}
