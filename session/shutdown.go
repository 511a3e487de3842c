package session

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/weft-realtime/weft/transport/frame"
)

// Without a deadline a shutdown with a successor takes at most this long to hand over.
const handOver = 20 * time.Second

// Shutdown ends the registry: new sessions are refused with 4503, and every session is closed gracefully with the same
// code, so that its client handles what is queued and then opens a new session elsewhere.
//
// When Config.Successor names another node, clients are asked first to open their next session there, each at a random
// moment of the first half of the time that ctx leaves, or of 10 s (PROTOCOL 18): they are never without a session, and
// what is on its way either way still arrives. Who has not gone after three quarters of the time is closed as above.
//
// When ctx is done the sessions that are left are ended at once, what is not confirmed is reported to Disconnect, and the
// error is ctx's. Shutdown returns when nothing of the registry runs any more; a handler that does not return is waited
// for one second.
func (r *Registry) Shutdown(ctx context.Context) error {
	if to := r.successor(); to != "" {
		r.move(ctx, to)
	}
	var err error
	sessions, emptied := r.drain()
	for _, s := range sessions {
		s.leave()
	}
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

// successor is the node that takes over, as it stands in GOAWAY, or "".
func (r *Registry) successor() string {
	if r.cfg.Successor == nil {
		return ""
	}
	to, err := url.Parse(r.cfg.Successor())
	if err == nil && len(to.String()) > frame.MaxURL {
		err = fmt.Errorf("longer than %d bytes", frame.MaxURL)
	}
	if err != nil {
		r.cfg.Logger.Error("weft: Config.Successor is no URL to move to", "err", err)
		return ""
	}
	return to.String()
}

// move asks every client to go to another node, and waits until they are gone, or have had their time.
func (r *Registry) move(ctx context.Context, to string) {
	total := handOver
	if at, ok := ctx.Deadline(); ok {
		total = time.Until(at)
	}
	patience, cancel := context.WithTimeout(ctx, total*3/4)
	defer cancel()
	sessions, emptied := r.drain()
	for _, s := range sessions {
		s.mu.Lock()
		s.core.Move(r.now(), millis(total/2), to)
		s.unlock()
	}
	select {
	case <-emptied:
	case <-patience.Done():
	}
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
	r.workers.setKeep(false) // also if a handler ended its goroutine, and so left its session behind
	r.workers.running.Wait()
	close(joined)
}
