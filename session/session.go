package session

import (
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"sync"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// Handler is what a Registry hands sessions and their messages to. For one session, Connect, Event and Disconnect run
// one after the other in this order; each Request runs on a goroutine of its own. The goroutines of the others are used
// again: a handler that locks one to its thread, or gives it labels, undoes that before it returns.
type Handler interface {
	// Connect runs once, before the session's first message.
	Connect(s *Session)
	// Event handles an event. It is consumed when Event returns; the next message starts then. Volatile ones come when no
	// message that is in order can start, and one after 16 of those.
	Event(s *Session, m *Inbound)
	// Request handles a call, and returns the reply or the error that the client gets. ctx ends when the client cancels
	// it or the session ends.
	Request(ctx context.Context, s *Session, m *Inbound) (Payload, *Error)
	// Disconnect runs once, after everything else.
	Disconnect(s *Session, cause *CloseError)
}

// Payload is an encoded value.
type Payload struct {
	Codec frame.Codec
	Data  []byte
}

// Inbound is a message from the client. Its Payload is the handler's to keep.
type Inbound struct {
	Seq  uint64 // (session id, Seq) names the message for ever: a key for idempotent handlers. 0 of a volatile one
	Name string
	Key  string // what a volatile message is the latest value of; "" of any other
	Payload
	id       uint64
	request  bool
	canceled bool
}

// Unconfirmed is a message that was handed to Send or Call and is not known to have been handled.
type Unconfirmed struct {
	Name string
	Payload
	Sent bool // it was on its way; otherwise it never left
}

// Identity is whom a session belongs to.
type Identity struct {
	Subject string // "" is nobody
	Value   any    // the application's
}

// Session is one client's session. It lives through any number of connections. All methods may be called concurrently.
type Session struct {
	registry *Registry
	id       frame.SID
	hash     [sha256.Size]byte // of the token
	nonce    nonceKey
	identity Identity
	fn       func() // s.dispatch: a stored func, so that starting it allocates nothing

	ctx    context.Context
	cancel context.CancelCauseFunc
	values sync.Map

	inDetached *list.Element // guarded by Registry.mu
	place      place         // guarded by wheel.mu

	mu          sync.Mutex
	core        *core.Server
	att         *attachment  // nil while detached
	token       *frame.Token // until it is used
	inbox       inbox
	latest      core.Latest   // volatile messages that wait for the dispatcher
	dropped     uint64        // how many volatile messages were counted in Stats.Dropped
	dispatching bool          // a dispatcher runs
	aside       bool          // it handles a volatile message
	ahead       int           // how many in order went before a volatile one that waits
	starved     bool          // the first message of the inbox is a request that waits for a slot
	greeted     bool          // Connect was started
	ended       bool          // the core is over, and finish has run
	parted      bool          // Disconnect was started
	cause       *CloseError   // once it has ended
	idle        chan struct{} // closed when nothing that is in order is left to do; made by who waits
	room        chan struct{} // closed when the queue gets shorter; made by who waits
	full        frame.Window  // how long it was then
	calls       map[uint64]chan<- result
	requests    map[uint64]context.CancelFunc
	topics      map[string]*subscription
	hangUp      *attachment // its connection is to be closed when the lock is released
	notify      []func()    // hooks to call when the lock is released
	charged     int64       // bytes in Registry.used
	listed      bool        // in Registry.detached
	scheduled   core.Time   // when the wheel looks at the session next; 0: not in it
}

// ID is the session's public id.
func (s *Session) ID() frame.SID { return s.id }

// String is the id in base64url, as it stands in URLs and logs.
func (s *Session) String() string { return base64.RawURLEncoding.EncodeToString(s.id[:]) }

// Identity is whom the session belongs to.
func (s *Session) Identity() Identity { return s.identity }

// Context ends with the session; its cause is a *CloseError.
func (s *Session) Context() context.Context { return s.ctx }

// Values is a place for what the application knows of the session.
func (s *Session) Values() *sync.Map { return &s.values }

// Registry is the registry that holds the session.
func (s *Session) Registry() *Registry { return s.registry }

// Transport is the kind of the current connection, or 0 while the session is detached.
func (s *Session) Transport() transport.Kind {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.att == nil {
		return 0
	}
	return s.att.kind
}

// Close ends the session gracefully: what is queued is sent, and the session is over when the client has handled it, or
// when its time without a connection is up.
func (s *Session) Close(code frame.Code, reason string) {
	s.mu.Lock()
	s.core.Close(code, clip(reason, frame.MaxReason))
	s.unlock()
}

// Abort ends the session at once. What the client has not confirmed is reported to Disconnect.
func (s *Session) Abort(code frame.Code, reason string) {
	s.mu.Lock()
	s.core.Abort(code, clip(reason, frame.MaxReason))
	s.unlock()
}

// shed ends a detached session to free its memory.
func (s *Session) shed() {
	s.mu.Lock()
	if s.att == nil {
		s.core.Abort(frame.Shed, "shed for memory")
	}
	s.unlock()
}

// tick does what the time asks for.
func (s *Session) tick() {
	s.mu.Lock()
	s.scheduled = 0
	now := s.registry.now()
	if a := s.att; a != nil && a.stalled(now) {
		s.lose(a, errStalled)
	}
	fx := effects.Get().(*[]core.Effect)
	*fx = s.core.Tick(now, (*fx)[:0])
	s.apply(*fx)
	effects.Put(fx)
	s.unlock()
}

// unlock ends every section that has changed the core: it decides, still locked, what must follow, and does it unlocked.
func (s *Session) unlock() {
	if s.core.Over() != nil && !s.ended {
		s.finish()
	}
	dispatch := s.wantsDispatch()
	if dispatch {
		s.dispatching = true
		s.registry.running.Add(1) // still locked: once the session has ended, Shutdown may wait for the last one
	}
	a := s.att
	flush := a != nil && a.wantsFlush()
	if s.room != nil && (s.ended || s.shorter()) {
		close(s.room)
		s.room = nil
	}
	s.countDropped()
	bytes := int64(s.core.Bytes()) + int64(s.latest.Bytes())
	if s.ended {
		bytes = 0
	}
	delta := bytes - s.charged
	s.charged = bytes
	detached := s.att == nil && !s.ended
	relist := detached != s.listed
	at := s.reschedule()
	dead := s.hangUp
	s.hangUp = nil
	notify := s.notify
	s.notify = nil
	s.mu.Unlock()

	for _, f := range notify {
		f()
	}

	if dead != nil {
		dead.close()
	}
	if flush {
		s.registry.workers.run(a.fn)
	}
	if dispatch {
		s.registry.workers.run(s.fn)
	}
	if at != 0 {
		s.registry.wheel.add(s, at)
	}
	if relist {
		s.relist()
	}
	s.registry.charge(delta)
}

// shorter reports whether the queue got shorter since somebody found it full. s.mu is held.
func (s *Session) shorter() bool {
	q := s.core.Queued()
	return q.Messages < s.full.Messages || q.Bytes < s.full.Bytes
}

// reschedule returns when the wheel must look at the session, if that is earlier than it would.
func (s *Session) reschedule() core.Time {
	at := s.core.Deadline()
	if a := s.att; a != nil && a.writing != 0 {
		if stall := a.writing + millis(s.registry.cfg.WriteTimeout); at == 0 || stall < at {
			at = stall
		}
	}
	if at == 0 || s.ended || s.scheduled != 0 && s.scheduled <= at {
		return 0
	}
	s.scheduled = at
	return at
}

// relist puts the session on or off the list of detached ones.
func (s *Session) relist() {
	r := s.registry
	r.mu.Lock()
	s.mu.Lock()
	s.listed = s.att == nil && !s.ended
	if s.listed {
		r.detached.add(s)
	} else {
		r.detached.remove(s)
	}
	s.mu.Unlock()
	r.mu.Unlock()
}

// apply carries out the core's effects. s.mu is held.
func (s *Session) apply(fx []core.Effect) {
	for i := range fx {
		f := &fx[i]
		switch f.Kind {
		case core.Deliver:
			s.enqueue(f.Seq, &f.Message)
		case core.Resolve:
			s.resolve(&f.Message)
		case core.Volatile:
			s.hold(f.Key, f.Message)
		case core.Dead:
			switch over := s.core.Over(); {
			case over != nil && over.Code == f.Code && over.Reason == f.Reason && !over.Remote:
				s.registry.refused(s, f.Code, f.Reason)
			case over == nil && s.att != nil && s.att.binding == f.Binding:
				s.lose(s.att, &transport.Error{Code: f.Code, Reason: f.Reason})
			}
		}
	}
}

// finish takes the session out of the world. s.mu is held; what needs other locks runs on the dispatcher (part).
func (s *Session) finish() {
	s.ended = true
	over := s.core.Over()
	cause := &CloseError{Code: over.Code, Reason: over.Reason, Remote: over.Remote}
	items, sent := s.core.Unconfirmed()
	for i, it := range items {
		m := &it.Message
		cause.Unconfirmed = append(cause.Unconfirmed, Unconfirmed{m.Name, Payload{m.Codec, m.Payload}, i < sent})
	}
	s.cause = cause
	s.cancel(cause)
	s.inbox = inbox{}
	s.latest.Clear()
	for _, ch := range s.calls {
		ch <- result{err: cause}
	}
	s.calls, s.requests = nil, nil
	if s.att != nil {
		s.att.end(&transport.Error{Code: over.Code, Reason: over.Reason})
	}
}
