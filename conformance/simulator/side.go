package simulator

import (
	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// machine is the core at either end.
type machine interface {
	Send(it *core.Item) error
	SendVolatile(key string, it *core.Item) error
	Room(size int) bool
	NextID() uint64
	Cancel(id uint64) *core.Item
	CanStart() bool
	Start()
	Starved()
	Consumed(seq uint64)
	Receive(now core.Time, b core.Binding, f *frame.Frame, post bool, out []core.Effect) ([]core.Effect, bool)
	Tick(now core.Time, out []core.Effect) []core.Effect
	Deadline() core.Time
	Close(code frame.Code, reason string)
	Abort(code frame.Code, reason string)
	Over() *core.Over
	Current() core.Binding
	MaxFrame() int
	Progress() (rcv, ack uint64)
	Confirmed() (rcv, ack, top uint64)
	Queued() frame.Window
	Unconfirmed() ([]*core.Item, int)
	Check() error
}

// side is one end of a session: the core, and what a session drives it with at both ends.
type side struct {
	run    *run
	thread *thread
	name   string
	end    machine
	owner  owner

	out, in       *lane
	window, grant frame.Window // what out may have outstanding, and what in was granted
	queue         frame.Window
	slots         int
	inbox         []arrival
	head          int
	busy          bool   // an event's handler or a listener runs
	seq           uint64 // of the last message that came out of the core
	calls         []*call
	open          int    // calls that are not resolved
	asked         uint64 // the peer's last request
	serving       map[uint64]*serving
	canceled      map[uint64]bool
	nested        *message // the last event of ours whose handler makes a call
	armed         core.Time
	over          *core.Over
	steps         int

	decoder frame.Decoder
	frame   frame.Frame
	effects []core.Effect
}

// owner is what differs between the ends: the way to the network, and who knows about topics.
type owner interface {
	flush()
	attempt() core.Binding
	effect(e *core.Effect)
	ended()
	published() mark
	listen(seq uint64, m *frame.Message)
	serveTopic(h *serving, m *frame.Message)
}

func newSide(r *run, t *thread, name string, end machine, cfg core.Config, o owner) *side {
	return &side{
		run: r, thread: t, name: name, end: end, owner: o, queue: cfg.Queue, slots: cfg.Slots,
		serving: map[uint64]*serving{}, canceled: map[uint64]bool{},
	}
}

// send gives the core an event or a request, if there is room. The payload depends on the message's number.
func (s *side) send(kind frame.Kind, id uint64, name string, body func(n int) []byte) *message {
	m := &message{n: len(s.out.messages) + 1, kind: kind}
	it := core.NewItem(frame.Message{Kind: kind, Codec: s.run.codec(), ID: id, Name: name, Payload: body(m.n)}, m)
	m.size = it.Size()
	if s.end.Send(it) != nil {
		return nil
	}
	m.after = s.owner.published()
	s.out.accept(m)
	s.out.bounded(s.window, s.queue)
	if kind == frame.Request {
		s.open++
	}
	return m
}

// take gives a batch to the core, frame by frame, until it has enough.
func (s *side) take(batch []byte, enc frame.Encoding, b core.Binding, post bool) {
	s.decoder.Reset(enc, batch, s.end.MaxFrame())
	s.rest(&s.decoder, b, post)
}

// rest is take for what remains in a decoder.
func (s *side) rest(d *frame.Decoder, b core.Binding, post bool) {
	for more := true; more; {
		ok, err := d.Next(&s.frame)
		if err != nil {
			s.run.fail(Broken, "%s: a batch that does not decode: %v", s.name, err)
		}
		if err != nil || !ok {
			break
		}
		stale := b != s.end.Current() && b != s.owner.attempt()
		before := s.progress()
		s.effects, more = s.end.Receive(s.run.now, b, &s.frame, post, s.effects[:0])
		if stale && (more || len(s.effects) > 0 || before != s.progress()) {
			s.run.fail(Broken, "%s: a frame of a stale attachment changed something", s.name)
		}
		s.apply()
	}
	s.work()
}

// progress is what a stale frame must not change (PROTOCOL 6.1).
type progress struct {
	current                         core.Binding
	over                            bool
	rcv, ack, peerRcv, peerAck, top uint64
}

func (s *side) progress() progress {
	p := progress{current: s.end.Current(), over: s.end.Over() != nil}
	p.rcv, p.ack = s.end.Progress()
	p.peerRcv, p.peerAck, p.top = s.end.Confirmed()
	return p
}

func (s *side) apply() {
	for i := range s.effects {
		switch e := &s.effects[i]; e.Kind {
		case core.Deliver:
			s.next(e.Seq)
			s.in.arrived(e.Message.Size(), s.grant)
			s.asked = max(s.asked, e.Message.ID)
			s.inbox = append(s.inbox, arrival{e.Seq, e.Message})
		case core.Resolve:
			s.next(e.Seq)
			s.takeEffect(e)
		case core.Volatile:
			s.in.flew(e)
		case core.Confirmed:
			s.out.confirm(e.Item.Tag.(*message))
		case core.Refused:
			s.run.fail(Broken, "%s: a message was refused", s.name)
		default:
			s.owner.effect(e)
		}
	}
}

// next holds what comes out of the core against 1, 2, 3, ... (PROTOCOL 1.10).
func (s *side) next(seq uint64) {
	switch {
	case seq <= s.seq:
		s.run.fail(Duplicated, "%s: %d comes out of the core after %d", s.name, seq, s.seq)
	case seq > s.seq+1:
		s.run.fail(Lost, "%s: %d comes out of the core after %d", s.name, seq, s.seq)
	}
	s.seq = seq
}

func (s *side) takeEffect(e *core.Effect) {
	switch e.Message.Kind {
	case frame.Reply, frame.ErrorReply:
		s.answered(&e.Message)
	case frame.Cancel:
		s.cancel(e.Message.ID)
	}
}

// work does what can be done after anything has happened: start handlers, write, set the timer, notice the end.
func (s *side) work() {
	if s.run.stopped() || s.over != nil {
		return
	}
	s.dispatch()
	s.owner.flush()
	s.arm()
	if s.steps++; s.steps%8 == 0 {
		if err := s.end.Check(); err != nil {
			s.run.fail(Broken, "%s: %v", s.name, err)
		}
	}
	if s.end.Over() != nil {
		s.conclude()
	}
}

// arm sees to it that Tick is called at Deadline. A deadline that moves away is noticed when the time has come.
func (s *side) arm() {
	d := s.end.Deadline()
	if d == 0 || s.armed != 0 && s.armed <= d {
		return
	}
	d = max(d, s.run.now)
	s.armed = d
	s.run.at(d, func() {
		if s.armed != d {
			return
		}
		s.armed = 0
		s.effects = s.end.Tick(s.run.now, s.effects[:0])
		s.apply()
		s.work()
	})
}
