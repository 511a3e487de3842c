package session

import (
	"errors"
	"sync"
	"testing/synctest"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// memory is a Conn to a peer in memory.
type memory struct {
	kind transport.Kind
	enc  frame.Encoding

	mu     sync.Mutex
	frames []frame.Frame // sent and not taken
	stall  chan struct{} // Send waits for it, if there is one
	closed chan struct{}
	code   frame.Code // of Close
}

func (c *memory) Kind() transport.Kind     { return c.kind }
func (c *memory) Encoding() frame.Encoding { return c.enc }

func (c *memory) Send(batch []byte) error {
	c.mu.Lock()
	stall := c.stall
	c.mu.Unlock()
	if stall != nil {
		select {
		case <-stall:
		case <-c.closed:
		}
	}
	if c.isClosed() {
		return errors.New("closed")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frames = append(c.frames, decode(c.enc, batch)...)
	return nil
}

func (c *memory) Close(code frame.Code, _ string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.isClosed() {
		c.code = code
		close(c.closed)
	}
}

func (c *memory) isClosed() bool {
	select {
	case <-c.closed:
		return true
	default:
		return false
	}
}

// hold makes Send wait until the returned function is called.
func (c *memory) hold() (release func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	stall := make(chan struct{})
	c.stall = stall
	return func() {
		c.mu.Lock()
		c.stall = nil
		c.mu.Unlock()
		close(stall)
	}
}

// decode panics on what no server may send.
func decode(enc frame.Encoding, batch []byte) (frames []frame.Frame) {
	var d frame.Decoder
	d.Reset(enc, append([]byte(nil), batch...), frame.DefaultMaxFrame)
	for {
		var f frame.Frame
		ok, err := d.Next(&f)
		if err != nil {
			panic(err)
		}
		if !ok {
			return frames
		}
		frames = append(frames, f)
	}
}

// peer is a client that says what it is told to.
type peer struct {
	*world
	*memory
	transport.Attachment
	ready *frame.Frame
	seq   uint64 // the last one used
}

var nonces byte

// join opens a session over a kind of transport.
func (w *world) join(kind transport.Kind) *peer {
	w.Helper()
	nonces++
	p, err := w.hello(kind, frame.Nonce{nonces}, Grant{})
	if err != nil {
		w.Fatal(err)
	}
	return p
}

func (w *world) hello(kind transport.Kind, nonce frame.Nonce, g Grant, more ...frame.Frame) (*peer, error) {
	hello := frame.Frame{Type: frame.Hello, Open: &frame.Opening{Version: frame.Version, Nonce: nonce}}
	return w.open(kind, frame.Binary, g, append([]frame.Frame{hello}, more...)...)
}

// open opens a connection with frames, and takes READY.
func (w *world) open(kind transport.Kind, enc frame.Encoding, g Grant, frames ...frame.Frame) (*peer, error) {
	w.Helper()
	p := &peer{world: w, memory: &memory{kind: kind, enc: enc, closed: make(chan struct{})}}
	a, err := w.Open(encode(inbound(p.memory), frames), p.memory, g)
	if err != nil {
		return p, err
	}
	p.Attachment = a
	if kind.Pulled() {
		batch, err := a.Pull(w.Context(), 0, 0, 0, nil)
		if err != nil {
			return p, err
		}
		p.frames = decode(enc, batch)
	}
	got := p.take()
	if len(got) == 0 || got[0].Type != frame.Ready {
		w.Fatalf("answered %+v, want READY", got)
	}
	p.ready = &got[0]
	p.frames = got[1:]
	return p, nil
}

// attach opens another connection of p's session: att is one greater, unless change says otherwise.
func (p *peer) attach(kind transport.Kind, g Grant, change ...func(*frame.Frame)) (*peer, error) {
	p.world.Helper()
	f := p.attachFrame()
	for _, c := range change {
		c(&f)
	}
	q, err := p.open(kind, sent(kind), g, f)
	if err != nil {
		return q, err
	}
	q.seq = p.seq
	q.ready.Open.Token = p.ready.Open.Token
	return q, nil
}

// sent is the encoding that a kind of transport usually sends.
func sent(kind transport.Kind) frame.Encoding {
	if kind == transport.SSE {
		return frame.JSON
	}
	return frame.Binary
}

func (p *peer) attachFrame() frame.Frame {
	o := p.ready.Open
	return frame.Frame{Type: frame.Attach, Open: &frame.Opening{
		Version: frame.Version, SID: o.SID, Token: o.Token, Att: o.Att + 1,
	}}
}

// session is p's session at the server.
func (p *peer) session() *Session {
	p.world.Helper()
	s := p.Session(p.ready.Open.SID)
	if s == nil {
		p.Fatal("the session is gone")
	}
	return s
}

func encode(enc frame.Encoding, frames []frame.Frame) (batch []byte) {
	for i := range frames {
		batch = frame.Append(batch, enc, &frames[i])
	}
	return batch
}

// say delivers frames as they are.
func (p *peer) say(frames ...frame.Frame) error {
	return p.Deliver(encode(inbound(p.memory), frames), p.kind.Posts())
}

// tell sends messages with the next numbers.
func (p *peer) tell(messages ...frame.Message) {
	p.world.Helper()
	frames := make([]frame.Frame, len(messages))
	for i, m := range messages {
		p.seq++
		frames[i] = frame.Frame{Type: frame.Data, Seq: p.seq, Message: m}
	}
	if err := p.say(frames...); err != nil {
		p.Fatal(err)
	}
}

// ack tells the server how far the client is.
func (p *peer) ack(rcv, ack uint64) {
	p.world.Helper()
	if err := p.say(frame.Frame{Type: frame.Ack, Rcv: rcv, Ack: ack}); err != nil {
		p.Fatal(err)
	}
}

// take returns what arrived since the last call, once everything rests.
func (p *peer) take() []frame.Frame {
	synctest.Wait()
	p.memory.mu.Lock()
	defer p.memory.mu.Unlock()
	frames := p.frames
	p.frames = nil
	return frames
}

// data returns the messages that arrived since the last call.
func (p *peer) data() (messages []frame.Message) {
	for _, f := range p.take() {
		if f.Type == frame.Data {
			messages = append(messages, f.Message)
		}
	}
	return messages
}

// names are the names of messages; what has none shows its kind.
func names(messages []frame.Message) (names []string) {
	for _, m := range messages {
		switch m.Kind {
		case frame.Reply:
			names = append(names, "reply")
		case frame.ErrorReply:
			names = append(names, "error")
		case frame.Cancel:
			names = append(names, "cancel")
		case frame.Gap:
			names = append(names, "gap")
		default:
			names = append(names, m.Name)
		}
	}
	return names
}

func event(name string) frame.Message { return frame.Message{Kind: frame.Event, Name: name} }

func request(id uint64, name string) frame.Message {
	return frame.Message{Kind: frame.Request, ID: id, Name: name}
}

// code is the code of an error that a transport gets, or 0.
func code(err error) frame.Code {
	if err == nil {
		return 0
	}
	return transport.AsError(err).Code
}
