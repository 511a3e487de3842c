package core

import "github.com/weft-realtime/weft/transport/frame"

// Server is the end that owns the session.
type Server struct {
	End
	used     bool // the token was (PROTOCOL 8.2)
	repeated bool // HELLO came again: which READY the client has got is not known
}

// NewServer returns a server end that nothing is bound to.
func NewServer(cfg Config) *Server {
	s := &Server{}
	s.init(cfg)
	s.server, s.send.onePasses = true, true
	return s
}

func (e *End) init(cfg Config) {
	e.cfg = cfg
	e.send.una, e.send.cursor, e.send.window = 1, 1, cfg.Send
	e.receive.window = cfg.Receive
}

var (
	errSuperseded = &frame.Error{Code: frame.Superseded, Reason: "superseded"}
	errDiverged   = &frame.Error{Code: frame.Diverged, Reason: "diverged"}
	errOver       = &frame.Error{Code: frame.Unknown, Reason: "unknown session"}
)

// TokenUsed says that a request bore the session's token: the client has READY, and HELLO is over.
func (s *Server) TokenUsed() { s.used = true }

// Hello binds a connection that said HELLO, the first time or again. ready says what READY is to carry beside the
// numbers: version, sid, token, gen, extras. The error is a *frame.Error.
func (s *Server) Hello(now Time, pulled bool, ready *frame.Opening) (Binding, error) {
	if s.over != nil {
		return 0, errOver
	}
	if s.used || s.send.peerRcv > 0 {
		return 0, errSuperseded // PROTOCOL 8.2
	}
	s.repeated = s.bindings > 0
	return s.accept(now, 1, pulled, ready), nil
}

// Attach binds a connection that said ATTACH with the right token. Nothing has changed when it returns an error, which
// is a *frame.Error (PROTOCOL 8.3).
func (s *Server) Attach(now Time, pulled bool, f *frame.Frame, ready *frame.Opening, out []Effect) (Binding, []Effect, error) {
	switch o := f.Open; {
	case s.over != nil:
		return 0, out, errOver
	case o.Att <= s.att:
		return 0, out, errSuperseded
	case o.Gen != ready.Gen || f.Rcv > s.send.top || f.Ack > f.Rcv:
		return 0, out, errDiverged
	}
	s.used, s.repeated = true, false
	out = s.confirm(now, f.Rcv, f.Ack, out)
	if s.over != nil { // it was the last word of a close
		return 0, out, &frame.Error{Code: s.over.Code, Reason: s.over.Reason}
	}
	return s.accept(now, f.Open.Att, pulled, ready), out, nil
}

func (s *Server) accept(now Time, att uint64, pulled bool, ready *frame.Opening) Binding {
	s.bindings++
	s.att = att
	s.bind(now, s.bindings, pulled)
	s.live.ready = ready
	return s.bindings
}

// bind makes a connection the current one. What was told on the old one may be lost with it, and counts as told only
// when it is said again.
func (e *End) bind(now Time, b Binding, pulled bool) {
	e.current = b
	e.send.rewind()
	e.receive.fresh = false
	e.closing.written, e.closing.heard = false, false
	e.moving.due = e.moving.until != 0
	e.live.attached(now, pulled)
}

// writeReady writes READY, which tells what an ACK would (PROTOCOL 8.5).
func (e *End) writeReady(w *batch) {
	o := e.live.ready
	e.live.ready = nil
	o.Att, o.Top = e.att, e.send.top
	o.Window, o.DownWindow = e.receive.window, e.send.window
	o.MaxFrame, o.PingMs, o.TTLMs = uint64(e.cfg.MaxFrame), uint64(e.cfg.Ping), uint64(e.cfg.TTL)
	f := frame.Frame{Type: frame.Ready, Open: o}
	f.Rcv, f.Ack = e.tell()
	w.frame(&f)
}

// Poll takes a poll of the current binding: what the client says it received rewinds the writing (PROTOCOL 11.5). again
// says that the client did not get the answer before, so that it is told once more what it was told there.
func (s *Server) Poll(now Time, b Binding, rcv, ack uint64, again bool, out []Effect) ([]Effect, bool) {
	if b != s.current || s.over != nil {
		return out, false
	}
	s.live.hear(now)
	s.live.polls++
	if again || s.repeated {
		s.repeated = false
		s.receive.due = true
		s.closing.written = false // before the ack, which is then no word about it
		s.send.asked = 0
		s.moving.due = s.moving.until != 0
	}
	out, ok := s.receiveAck(now, rcv, ack, out)
	if !ok {
		return out, false
	}
	s.send.cursor = max(s.send.una, s.send.peerRcv+1)
	return out, true
}

// PollDone says that a poll of a binding was answered or given up.
func (s *Server) PollDone(now Time, b Binding) {
	if b == s.current {
		s.live.hear(now)
		s.live.polls--
	}
}

// Tick does what the time asks for. It may be called at any time, and has something to do at Deadline.
func (s *Server) Tick(now Time, out []Effect) []Effect {
	l := &s.live
	switch {
	case s.over != nil:
		return out
	case s.current == 0:
		if l.detach != 0 && now >= l.detach+s.cfg.TTL {
			s.expire()
		}
		return out
	case l.pulled:
		if l.polls <= 0 && now >= l.heard+s.cfg.Hold+s.cfg.Pong {
			return s.dead(now, out)
		}
	case l.pingAt != 0 && l.heard < l.pingAt:
		if now >= s.pongDue() {
			return s.dead(now, out)
		}
	case now >= s.pingDue():
		l.ping, l.pingAt = true, 0
	}
	if r := &s.receive; r.since != 0 && now >= r.since+s.cfg.AckDelay {
		r.due = true
	}
	return out
}

// pingDue is when the next PING is due: after silence from either end (PROTOCOL 13.1).
func (s *Server) pingDue() Time { return min(s.live.wrote, s.live.heard) + s.cfg.Ping }

// pongDue is when the PING that was written must be answered. A narrow network may first have to carry what was written
// before it (PROTOCOL 13.9).
func (s *Server) pongDue() Time {
	return s.live.pingAt + s.cfg.Pong + Time((s.send.flight.Bytes+s.send.unreceived)/longWay)*longWayTime
}

func (s *Server) expire() {
	if s.closing.any() {
		s.end(s.closing.over())
		return
	}
	s.end(Over{Code: frame.Unknown, Reason: "expired"}) // PROTOCOL 9.9
}

func (e *End) dead(now Time, out []Effect) []Effect {
	b := e.current
	e.detach(now)
	return append(out, Effect{Kind: Dead, Binding: b, Code: frame.Timeout, Reason: "no answer"})
}

// Deadline is when Tick has something to do next, or 0 when only an event can change that.
func (s *Server) Deadline() Time {
	l := &s.live
	if s.over != nil {
		return 0
	}
	if s.current == 0 {
		if l.detach == 0 {
			return 0
		}
		return l.detach + s.cfg.TTL
	}
	var ack, path Time
	if s.receive.since != 0 && !s.receive.due {
		ack = s.receive.since + s.cfg.AckDelay
	}
	switch {
	case l.pulled && l.polls > 0:
	case l.pulled:
		path = l.heard + s.cfg.Hold + s.cfg.Pong
	case l.pingAt != 0 && l.heard < l.pingAt:
		path = s.pongDue()
	case !l.ping:
		path = s.pingDue()
	}
	return earliest(ack, path)
}
