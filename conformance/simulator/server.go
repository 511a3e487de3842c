package simulator

import (
	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// server is the modelled registry: sessions by id and by nonce. What has ended stays as a tombstone (PROTOCOL 9.6).
type server struct {
	run      *run
	sessions map[frame.SID]*hosted
	nonces   map[frame.Nonce]*hosted
	newest   *hosted
}

// hosted is a session at the server.
type hosted struct {
	thread    *thread
	side      *side
	core      *core.Server
	sid       frame.SID
	token     frame.Token
	door      door
	cursors   map[string]*core.Cursor
	settling  int  // POSTs that wait for consumption: their answers tell what an ACK would
	forgotten bool // the tombstone was dropped
}

// door is the way to the client that the current attachment uses: a stream, or polls.
type door struct {
	binding core.Binding
	conn    *serverConn // nil: polls
	poll    uint64      // the last poll's number
	held    *heldPoll
}

// takesPosts reports whether what the client sends comes in POSTs.
func (d *door) takesPosts() bool { return d.conn == nil || d.conn.posts }

func newServer(r *run) *server {
	return &server{run: r, sessions: map[frame.SID]*hosted{}, nonces: map[frame.Nonce]*hosted{}}
}

// host creates a session.
func (s *server) host(nonce frame.Nonce) *hosted {
	r := s.run
	var t *thread
	for _, known := range r.threads {
		if known.nonce == nonce {
			t = known
		}
	}
	h := &hosted{thread: t, core: core.NewServer(r.set.server), cursors: map[string]*core.Cursor{}}
	r.rand.Bytes(h.sid[:])
	r.rand.Bytes(h.token[:])
	h.side = newSide(r, t, t.down.name, h.core, r.set.server, h)
	h.side.out, h.side.in = &t.down, &t.up
	h.side.window, h.side.grant = r.set.server.Send, r.set.server.Receive
	t.server = h.side
	s.sessions[h.sid], s.nonces[nonce], s.newest = h, h, h
	r.startTraffic(h.side)
	return h
}

// admit takes HELLO or ATTACH. A refusal is the frame that answers it, and the session is then nil.
func (s *server) admit(f *frame.Frame, pulled bool) (*hosted, core.Binding, *frame.Frame) {
	switch f.Type {
	case frame.Hello:
		return s.hello(f, pulled)
	case frame.Attach:
		return s.attach(f, pulled)
	}
	s.run.fail(Broken, "the first frame has type %d", f.Type)
	return nil, 0, refusal(frame.BadProtocol)
}

// hello creates a session, or finds the one that the nonce created (PROTOCOL 8.2).
func (s *server) hello(f *frame.Frame, pulled bool) (*hosted, core.Binding, *frame.Frame) {
	h := s.nonces[f.Open.Nonce]
	if h == nil {
		h = s.host(f.Open.Nonce)
	}
	b, err := h.core.Hello(s.run.now, pulled, h.ready(true))
	if err != nil {
		return nil, 0, refusal(err.(*frame.Error).Code)
	}
	return h, b, nil
}

func (s *server) attach(f *frame.Frame, pulled bool) (*hosted, core.Binding, *frame.Frame) {
	h := s.sessions[f.Open.SID]
	if h == nil || h.token != f.Open.Token {
		return nil, 0, reset(frame.Unknown, 0)
	}
	if h.side.over != nil {
		return nil, 0, h.tombstone()
	}
	b, out, err := h.core.Attach(s.run.now, pulled, f, h.ready(false), h.side.effects[:0])
	h.side.effects = out
	h.side.apply()
	if err == nil {
		return h, b, nil
	}
	h.side.work()
	switch code := err.(*frame.Error).Code; {
	case h.side.over != nil:
		return nil, 0, h.tombstone()
	case code == frame.Diverged:
		return nil, 0, reset(code, 0)
	default:
		return nil, 0, refusal(code)
	}
}

// ready is what READY carries beside the numbers.
func (h *hosted) ready(hello bool) *frame.Opening {
	return &frame.Opening{
		Version: frame.Version, SID: h.sid, Token: h.token, HasToken: hello,
		Extras: []frame.Extra{{Name: "offer", Value: `[{"kind":"websocket","url":"ws"}]`}},
	}
}

func (h *hosted) tombstone() *frame.Frame {
	if h.forgotten {
		return reset(frame.Unknown, 0)
	}
	_, consumed := h.core.Progress()
	return reset(h.side.over.Code, consumed)
}

func refusal(code frame.Code) *frame.Frame { return &frame.Frame{Type: frame.Close, Code: code} }

func reset(code frame.Code, consumed uint64) *frame.Frame {
	return &frame.Frame{Type: frame.Reset, Code: code, Consumed: consumed}
}

// enter makes a door the current one. The one before is told, and gets nothing more (PROTOCOL 8.4).
func (h *hosted) enter(d door) {
	old := h.door
	h.door = d
	if old.conn != nil && old.conn != d.conn {
		old.conn.farewell()
	}
	if old.held != nil {
		old.held.answer(200, frame.Append(nil, frame.Binary, refusal(frame.Superseded)))
	}
}

func (h *hosted) flush() {
	if h.door.conn != nil {
		h.door.conn.flush()
	} else if h.door.held != nil {
		h.flushPoll()
	}
}

// attempt is the client's business.
func (h *hosted) attempt() core.Binding { return 0 }

func (h *hosted) effect(e *core.Effect) {
	if e.Kind != core.Dead {
		h.side.run.fail(Broken, "%s: effect %d at the server", h.side.name, e.Kind)
		return
	}
	h.side.run.trace("server: dead: %d %s", e.Code, e.Reason)
	h.flush()
	if h.door.conn != nil && h.door.binding == e.Binding {
		h.door.conn.close()
	}
}

func (h *hosted) ended() {
	h.side.run.sideEnded(h.thread, h.side)
	if h.door.conn != nil {
		h.door.conn.finish()
	}
	if h.door.held != nil {
		h.door.held.answer(410, frame.Append(nil, frame.Binary, h.tombstone()))
	}
}

// published stamps a direct message with a publication that comes before it.
func (h *hosted) published() mark {
	t := h.thread.run.topics[h.thread.run.rand.N(len(h.thread.run.topics))]
	if h.cursors[t.name] == nil || t.sub.on != h.thread {
		return mark{}
	}
	return t.last()
}

func (h *hosted) listen(uint64, *frame.Message) {
	h.thread.run.fail(Broken, "a publication at the server")
}
