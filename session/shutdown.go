package session

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/weft-realtime/weft/transport/frame"
)

// Shutdown ends the registry: new sessions are refused with 4503, and every session is closed gracefully with the same
// code, so that its client handles what is queued and then opens a new session elsewhere. When ctx is done the sessions
// that are left are ended at once, what is not confirmed is reported to Disconnect, and the error is ctx's. Shutdown
// returns when nothing of the registry runs any more; a handler that does not return is waited for one second.
func (r *Registry) Shutdown(ctx context.Context) error {
	sessions, emptied := r.drain()
	for _, s := range sessions {
		s.leave()
	}
	var err error
	select {
	case <-emptied:
	case <-ctx.Done():
		err = context.Cause(ctx)
		for _, s := range sessions {
			s.Abort(frame.Draining, "server is shutting down")
		}
	}
	r.dropTopics()
	joined := make(chan struct{})
	go r.join(joined)
	select {
	case <-joined:
	case <-time.After(time.Second):
		if err == nil {
			err = context.DeadlineExceeded
		}
	}
	return err
}

// drain refuses new sessions from now on, and returns those there are and a channel that is closed when they have ended.
func (r *Registry) drain() ([]*Session, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.draining = true
	if r.emptied == nil {
		r.emptied = make(chan struct{})
	}
	emptied := r.emptied
	sessions := make([]*Session, 0, len(r.sessions))
	for _, s := range r.sessions {
		sessions = append(sessions, s)
	}
	if len(sessions) == 0 {
		close(r.emptied)
		r.emptied = nil
	}
	return sessions, emptied
}

// leave closes a session for a shutdown. One that has no connection and nothing to say is not waited for.
func (s *Session) leave() {
	s.mu.Lock()
	items, _ := s.core.Unconfirmed()
	if s.att == nil && len(items) == 0 {
		s.core.Abort(frame.Draining, "server is shutting down")
	} else {
		s.core.Close(frame.Draining, "server is shutting down")
	}
	s.unlock()
}

// dropTopics empties the topics, so that nothing is left to look after.
func (r *Registry) dropTopics() {
	r.topicsMu.Lock()
	topics := slices.Collect(maps.Values(r.topics))
	clear(r.topics)
	r.topicsMu.Unlock()
	for _, t := range topics {
		t.end()
	}
	r.wheel.stop()
}

// join waits for every goroutine of the registry.
func (r *Registry) join(joined chan<- struct{}) {
	r.running.Wait()
	close(joined)
}
