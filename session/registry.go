package session

import (
	"crypto/sha256"
	"crypto/subtle"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// Registry holds the sessions of one node. All methods may be called concurrently.
//
// Lock order: Topic -> Registry -> Session -> the topic's log. No lock is held during I/O or a callback.
type Registry struct {
	cfg     Config
	handler Handler
	start   time.Time // the core's clock begins here
	stats   counters
	used    atomic.Int64 // bytes held by sessions and topics
	wheel   wheel
	workers workers
	running sync.WaitGroup // dispatchers, flushers, calls

	mu       sync.Mutex
	sessions map[frame.SID]*Session
	nonces   map[nonceKey]*Session // by what their HELLO said
	tombs    tombstones
	detached detachedList
	draining bool
	emptied  chan struct{} // closed when the last session ends; made by Shutdown

	topicsMu sync.Mutex
	topics   map[string]*Topic
}

type nonceKey struct {
	nonce   frame.Nonce
	subject string
}

// NewRegistry returns an empty registry. It starts nothing; what it starts later ends with its sessions.
func NewRegistry(cfg Config, h Handler) *Registry {
	r := &Registry{
		cfg: cfg.withDefaults(), handler: h, start: time.Now(),
		sessions: map[frame.SID]*Session{}, nonces: map[nonceKey]*Session{}, topics: map[string]*Topic{},
	}
	r.wheel.init(r)
	return r
}

// Limits is what transports must hold clients to.
func (r *Registry) Limits() transport.Limits {
	return transport.Limits{
		MaxFrame: r.cfg.MaxFrame, FirstFrame: 5 * time.Second, Body: 10 * time.Second,
		Write: r.cfg.WriteTimeout, Hold: r.cfg.Hold, Settle: 50 * time.Millisecond,
	}
}

// now is the core's time: milliseconds, never 0.
func (r *Registry) now() core.Time { return core.Time(time.Since(r.start).Milliseconds()) + 1 }

var (
	errUnknown    = &transport.Error{Code: frame.Unknown, Reason: "unknown session", Reset: true}
	errDraining   = &transport.Error{Code: frame.Draining, Reason: "draining"}
	errSubject    = &transport.Error{Code: frame.Forbidden, Reason: "another identity"}
	errSuperseded = &transport.Error{Code: frame.Superseded, Reason: "superseded"}
	errGivenUp    = &transport.Error{Code: frame.Timeout, Reason: "connection was given up"}
)

// lookup returns the session of a sid and token. Unknown and wrong are the same answer, and take the same time; the
// holder of an ended session's token learns how it ended (PROTOCOL 8.3, 9.6).
func (r *Registry) lookup(sid frame.SID, token frame.Token) (*Session, error) {
	hash := sha256.Sum256(token[:])
	r.mu.Lock()
	s := r.sessions[sid]
	r.tombs.expire(r.now())
	tomb := r.tombs.find(sid)
	r.mu.Unlock()
	var want [sha256.Size]byte
	switch {
	case s != nil:
		want = s.hash
	case tomb != nil:
		want = tomb.hash
	}
	right := subtle.ConstantTimeCompare(hash[:], want[:]) == 1
	switch {
	case right && s != nil:
		return s, nil
	case right && tomb != nil:
		return nil, tomb.refusal()
	}
	return nil, errUnknown
}

// Find returns the current attachment of a session for a POST. The error is a *transport.Error: 4409 for another
// attachment, and for one that was given up 4408, which the client may resume from.
func (r *Registry) Find(sid frame.SID, token frame.Token, att uint64) (transport.Attachment, error) {
	a, err := r.find(sid, token, att)
	switch err {
	case nil:
		return a, nil
	case errUnknown:
		return nil, r.Refuse(err)
	}
	return nil, err // an attachment's last POST may well come late
}

func (r *Registry) find(sid frame.SID, token frame.Token, att uint64) (*attachment, error) {
	s, err := r.lookup(sid, token)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokenUsed()
	switch a := s.att; {
	case s.core.Over() != nil:
		return nil, s.gone(errUnknown)
	case a != nil && a.att == att:
		return a, nil
	case a == nil && s.core.Att() == att:
		return nil, errGivenUp
	}
	return nil, errSuperseded
}

// tokenUsed forgets the token in clear: HELLO does not give it out again (PROTOCOL 1.2, 8.2). s.mu is held.
func (s *Session) tokenUsed() {
	s.core.TokenUsed()
	s.token = nil
}

// Session returns a live session by its id, or nil.
func (r *Registry) Session(sid frame.SID) *Session {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sessions[sid]
}

// remove takes an ended session out and leaves a tombstone.
func (r *Registry) remove(s *Session, over core.Over, consumed uint64) {
	r.mu.Lock()
	delete(r.sessions, s.id)
	if r.nonces[s.nonce] == s {
		delete(r.nonces, s.nonce)
	}
	r.detached.remove(s)
	r.tombs.expire(r.now())
	r.tombs.add(&tombstone{
		sid: s.id, nonce: s.nonce, hash: s.hash, over: over, consumed: consumed, until: r.now() + tombstoneTTL,
	})
	if len(r.sessions) == 0 {
		r.workers.setKeep(false)
		if r.emptied != nil {
			close(r.emptied)
			r.emptied = nil
		}
	}
	r.mu.Unlock()
	r.wheel.remove(s)
}

// charge accounts for bytes that were taken or freed, and sheds when there are too many.
func (r *Registry) charge(delta int64) {
	if delta != 0 && r.used.Add(delta) > r.cfg.Budget && delta > 0 {
		r.shed()
	}
}

// shed ends the session that was detached first.
func (r *Registry) shed() {
	r.mu.Lock()
	victim := r.detached.front()
	r.mu.Unlock()
	if victim != nil {
		victim.shed()
	}
}
