package post

import (
	"net/http"
	"sync"
	"time"
)

// Stream is an answer that goes on: what is written leaves at once. Write has one caller at a time. Cut may be called by
// anyone at any time, also when the handler has returned.
type Stream struct {
	w  http.ResponseWriter
	rc *http.ResponseController

	mu   sync.Mutex // what follows, and who sets a deadline
	cut  bool       // nothing can be written any more
	over bool       // the handler returns: from here on the connection may belong to another request
}

// Stream begins an answer of events. Both ends may be silent from now on: the deadlines that an http.Server sets for
// requests and answers are taken away.
func (x *Exchange) Stream() *Stream {
	x.setHeader()["Content-Type"] = streamType
	// Errors mean a ResponseWriter without deadlines, or a dead connection: both show by themselves.
	_ = x.rc.SetReadDeadline(time.Time{}) // net/http would take it for the end of the client
	_ = x.rc.SetWriteDeadline(time.Time{})
	x.w.WriteHeader(http.StatusOK)
	return &Stream{w: x.w, rc: x.rc}
}

// Write writes p and flushes it. It has no deadline, see Within.
func (s *Stream) Write(p []byte) error {
	if _, err := s.w.Write(p); err != nil {
		return err
	}
	return s.rc.Flush()
}

// Within is Write with a deadline, which ends with it.
func (s *Stream) Within(d time.Duration, p []byte) error {
	s.setDeadline(d)
	err := s.Write(p)
	s.setDeadline(0)
	return err
}

// Cut makes a Write that runs fail, and every later one.
func (s *Stream) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over && !s.cut {
		s.cut = true
		_ = s.rc.SetWriteDeadline(time.Unix(1, 0))
	}
}

// End is what the handler calls last, when no Write runs: net/http still has a few bytes to write, within d.
func (s *Stream) End(d time.Duration) {
	s.setDeadline(d)
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
}

// setDeadline lets writes take d; 0: as long as they like.
func (s *Stream) setDeadline(d time.Duration) {
	var t time.Time
	if d > 0 {
		t = time.Now().Add(d)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.cut {
		_ = s.rc.SetWriteDeadline(t)
	}
}
