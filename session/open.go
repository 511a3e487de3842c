package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"log/slog"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// Grant is what was found out about a request before its session is known.
type Grant struct {
	Identity  Identity
	Presented bool          // the request carried credentials: at ATTACH they must name the stored subject
	Extras    []frame.Extra // for READY, ascending by name
	SID       *frame.SID    // from the request's path, which an ATTACH must not contradict; nil: there is none
}

// Open takes the first batch of a connection, which begins with HELLO or ATTACH, and binds the connection to a session
// (PROTOCOL 8). The error is a *transport.Error; nothing has changed then.
func (r *Registry) Open(first []byte, c transport.Conn, g Grant) (transport.Attachment, error) {
	d := decoders.Get().(*frame.Decoder)
	defer decoders.Put(d)
	d.Reset(inbound(c), first, min(r.cfg.MaxFrame, frame.MaxFirstFrame))
	var f frame.Frame
	ok, err := d.Next(&f)
	if err != nil {
		return nil, r.Refuse(err)
	}
	d.Limit(r.cfg.MaxFrame)
	var a *attachment
	switch {
	case ok && f.Type == frame.Hello && c.Kind() != transport.SSE: // whose URL names a session (PROTOCOL 11.12)
		a, err = r.hello(f.Open, c, g)
	case ok && f.Type == frame.Attach:
		a, err = r.attach(&f, c, g)
	default:
		err = errFirst
	}
	if err != nil {
		return nil, r.Refuse(err)
	}
	if err := a.take(d, c.Kind().Posts()); err != nil {
		return nil, err
	}
	return a, nil
}

var errPath = &transport.Error{Code: frame.BadProtocol, Reason: "sid is not the path's"}

var errFirst = &transport.Error{Code: frame.BadProtocol, Reason: "first frame must be HELLO or ATTACH"}

// Refuse notes that somebody was not let in, and returns the *transport.Error that says why.
func (r *Registry) Refuse(err error) error {
	e := transport.AsError(err)
	r.stats.refused.Add(1)
	level := slog.LevelInfo
	if e.Code == frame.Superseded || e.Code == frame.StalePoll {
		level = slog.LevelDebug // late copies, and what was on its way when a session moved
	}
	r.cfg.Logger.Log(context.Background(), level, "weft: connection refused", "code", e.Code, "reason", e.Reason)
	return e
}

// hello creates a session, or finds the one that the same nonce and identity created (PROTOCOL 8.2).
func (r *Registry) hello(o *frame.Opening, c transport.Conn, g Grant) (*attachment, error) {
	s, err := r.create(nonceKey{o.Nonce, g.Identity.Subject}, g.Identity)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.unlock()
	if s.token == nil {
		return nil, errSuperseded
	}
	ready := s.ready(g)
	ready.HasToken, ready.Token = true, *s.token
	b, err := s.core.Hello(r.now(), c.Kind().Pulled(), ready)
	if err != nil {
		return nil, err
	}
	return s.bind(b, c, g), nil
}

func (r *Registry) create(key nonceKey, id Identity) (*Session, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.nonces[key]; s != nil {
		return s, nil
	}
	r.tombs.expire(r.now())
	if tomb := r.tombs.byNonce[key]; tomb != nil {
		return nil, tomb.refusal()
	}
	if r.draining {
		return nil, errDraining
	}
	s := &Session{registry: r, nonce: key, identity: id, core: core.NewServer(r.cfg.core()), token: new(frame.Token)}
	s.fn = s.dispatch
	rand.Read(s.id[:])
	rand.Read(s.token[:])
	s.hash = sha256.Sum256(s.token[:])
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	if len(r.sessions) == 0 {
		r.workers.setKeep(true)
	}
	r.sessions[s.id] = s
	r.nonces[key] = s
	r.stats.created.Add(1)
	return s, nil
}

// attach takes a session over (PROTOCOL 8.3).
func (r *Registry) attach(f *frame.Frame, c transport.Conn, g Grant) (*attachment, error) {
	if g.SID != nil && *g.SID != f.Open.SID {
		return nil, errPath
	}
	s, err := r.lookup(f.Open.SID, f.Open.Token)
	if err != nil {
		return nil, err
	}
	if g.Presented && g.Identity.Subject != s.identity.Subject {
		return nil, errSubject // PROTOCOL 8.10
	}
	fx := effects.Get().(*[]core.Effect)
	defer effects.Put(fx)
	s.mu.Lock()
	defer s.unlock()
	b, out, err := s.core.Attach(r.now(), c.Kind().Pulled(), f, s.ready(g), (*fx)[:0])
	*fx = out
	if err != nil {
		return nil, s.gone(err)
	}
	s.tokenUsed()
	r.stats.resumed.Add(1)
	return s.bind(b, c, g), nil
}

// gone adds what was consumed to the refusal of an ended session. s.mu is held.
func (s *Session) gone(err error) error {
	e := transport.AsError(err)
	if over := s.core.Over(); over != nil {
		e = &transport.Error{Code: over.Code, Reason: over.Reason, Reset: true}
	}
	if e.Reset {
		_, e.Consumed = s.core.Progress()
	}
	return e
}

// ready is what READY says beside the numbers. s.mu is held.
func (s *Session) ready(g Grant) *frame.Opening {
	return &frame.Opening{Version: frame.Version, SID: s.id, Extras: g.Extras}
}

// bind makes c the session's connection. s.mu is held.
func (s *Session) bind(b core.Binding, c transport.Conn, g Grant) *attachment {
	a := &attachment{
		s: s, conn: c, kind: c.Kind(), enc: c.Encoding(), binding: b, att: s.core.Att(), done: make(chan struct{}),
	}
	a.fn = a.flush
	if old := s.att; old != nil {
		old.supersede()
	}
	s.att = a
	s.registry.attachedTo(s, a.kind, g.Extras)
	return a
}
