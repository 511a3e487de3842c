package session

import (
	"sync/atomic"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// Hooks observe a registry's sessions. Any of them may be nil. They may be called concurrently, must not block, and must
// not call the session's methods that send.
type Hooks struct {
	Attached func(s *Session, kind transport.Kind)            // a connection was bound, the first or another
	Detached func(s *Session, kind transport.Kind, err error) // the connection died; the session is kept
	Ended    func(s *Session, cause *CloseError)
}

// Stats are a registry's counters. They only grow, but Sessions, Detached, Topics and Bytes.
type Stats struct {
	Sessions int   // that live
	Detached int   // of them, without a connection
	Topics   int   // that have a log or subscribers
	Bytes    int64 // held by sessions and topics

	Created, Resumed, Ended, Refused uint64
	Lost                             uint64 // connections that died under a session
	BatchesIn, BatchesOut            uint64
	MessagesIn, MessagesOut          uint64 // direct messages
	Dropped                          uint64 // volatile messages that lost their place to others, or their connection
	Published                        uint64
	BytesOut                         uint64
}

type counters struct {
	created, resumed, ended, refused, lost atomic.Uint64
	batchesIn, batchesOut                  atomic.Uint64
	messagesIn, messagesOut, published     atomic.Uint64
	dropped, bytesOut                      atomic.Uint64
}

func (c *counters) sent(bytes int) {
	c.batchesOut.Add(1)
	c.bytesOut.Add(uint64(bytes))
}

// Stats returns the counters now.
func (r *Registry) Stats() Stats {
	c := &r.stats
	st := Stats{
		Bytes: r.used.Load(), Created: c.created.Load(), Resumed: c.resumed.Load(), Ended: c.ended.Load(),
		Refused: c.refused.Load(), Lost: c.lost.Load(), BatchesIn: c.batchesIn.Load(), BatchesOut: c.batchesOut.Load(),
		MessagesIn: c.messagesIn.Load(), MessagesOut: c.messagesOut.Load(), Published: c.published.Load(),
		Dropped: c.dropped.Load(), BytesOut: c.bytesOut.Load(),
	}
	r.mu.Lock()
	st.Sessions, st.Detached = len(r.sessions), r.detached.order.Len()
	r.mu.Unlock()
	r.topicsMu.Lock()
	st.Topics = len(r.topics)
	r.topicsMu.Unlock()
	return st
}

// The functions below note what happened to a session. Those with s.mu held queue nothing and call no hook but through
// notify, which runs them when the lock is released.

func (r *Registry) attachedTo(s *Session, kind transport.Kind, told []frame.Extra) {
	if h := r.cfg.Hooks.Attached; h != nil {
		s.notify = append(s.notify, func() { h(s, kind) })
	}
	r.cfg.Logger.Debug("weft: attached", "session", s, "transport", kind, "att", s.core.Att(), "told", told)
}

func (r *Registry) detachedFrom(s *Session, kind transport.Kind, err error) {
	r.stats.lost.Add(1)
	if h := r.cfg.Hooks.Detached; h != nil {
		s.notify = append(s.notify, func() { h(s, kind, err) })
	}
	r.cfg.Logger.Debug("weft: detached", "session", s, "transport", kind, "err", err)
}

func (r *Registry) refused(s *Session, code frame.Code, reason string) {
	r.stats.refused.Add(1)
	r.cfg.Logger.Warn("weft: session ended for what its client sent", "session", s, "code", code, "reason", reason)
}

func (r *Registry) ended(s *Session, cause *CloseError) {
	r.stats.ended.Add(1)
	if h := r.cfg.Hooks.Ended; h != nil {
		h(s, cause)
	}
	r.cfg.Logger.Debug("weft: ended", "session", s, "code", cause.Code, "reason", cause.Reason)
}
