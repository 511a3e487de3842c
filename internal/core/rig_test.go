package core

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/weft-realtime/weft/internal/leak"
	"github.com/weft-realtime/weft/transport/frame"
)

func TestMain(m *testing.M) { leak.Main(m) }

// rig is one end under test. What comes out of it is compared as text.
type rig struct {
	t   *testing.T
	now Time
	s   *Server // or
	c   *Client
	b   Binding // of the last connection
}

// ready is a READY of the server a client rig talks to: two messages and 100 bytes more than before it.
func ready(att uint64, rcv, ack uint64) *frame.Frame {
	o := &frame.Opening{
		Version: frame.Version, Att: att, HasToken: att == 1, Window: frame.Window{Messages: 18, Bytes: 16<<10 + 100},
		DownWindow: frame.Window{Messages: 8, Bytes: 1000}, MaxFrame: 32 << 10, PingMs: 15_000, TTLMs: 120_000,
	}
	return &frame.Frame{Type: frame.Ready, Rcv: rcv, Ack: ack, Open: o}
}

// small is a configuration whose windows a test can fill by hand.
func small() Config {
	cfg := ServerDefaults
	cfg.Send = frame.Window{Messages: 8, Bytes: 1000}
	cfg.Receive = frame.Window{Messages: 16, Bytes: 16 << 10}
	cfg.Slots = 2
	return cfg
}

// newServer is a server that a client has said HELLO to, on a stream, and whose READY is written.
func newServer(t *testing.T, cfg Config) *rig {
	r := &rig{t: t, now: 1000, s: NewServer(cfg)}
	r.hello(false)
	r.wantOut("ready 1 0/0")
	return r
}

// newClient is a client whose HELLO was answered, on a stream.
func newClient(t *testing.T) *rig {
	r := &rig{t: t, now: 1000, c: NewClient(ClientDefaults, frame.Nonce{}, nil)}
	r.open(false)
	r.want(r.in(ready(1, 0, 0)), "attached 1")
	return r
}

func (r *rig) end() *End {
	if r.s != nil {
		return &r.s.End
	}
	return &r.c.End
}

func (r *rig) hello(pulled bool) error {
	b, err := r.s.Hello(r.now, pulled, &frame.Opening{Version: frame.Version})
	if err == nil {
		r.b = b
	}
	return err
}

func (r *rig) attach(att, rcv, ack uint64) error {
	b, _, err := r.s.Attach(r.now, false, attach(att, rcv, ack), &frame.Opening{Version: frame.Version}, nil)
	if err == nil {
		r.b = b
	}
	return err
}

func attach(att, rcv, ack uint64) *frame.Frame {
	return &frame.Frame{Type: frame.Attach, Rcv: rcv, Ack: ack, Open: &frame.Opening{Version: frame.Version, Att: att}}
}

// open begins an attempt and returns its batch.
func (r *rig) open(pulled bool) []string {
	b, batch := r.c.Open(r.now, pulled, frame.Binary, nil)
	r.b = b
	return frames(r.t, frame.Binary, batch)
}

// in gives frames of the last connection to the end, and post those of a POST.
func (r *rig) in(fs ...*frame.Frame) []string { return r.on(r.b, false, fs...) }

func (r *rig) post(fs ...*frame.Frame) []string { return r.on(r.b, true, fs...) }

// on gives frames of a connection to the end until it has enough, which is "stop".
func (r *rig) on(b Binding, post bool, fs ...*frame.Frame) []string {
	r.t.Helper()
	var got []string
	for _, f := range fs {
		var fx []Effect
		more := true
		if r.s != nil {
			fx, more = r.s.Receive(r.now, b, f, post, nil)
		} else {
			fx, more = r.c.Receive(r.now, b, f, post, nil)
		}
		got = append(got, effects(fx)...)
		if !more {
			got = append(got, "stop")
			break
		}
	}
	r.check()
	return got
}

// out is what the end writes now, in one batch.
func (r *rig) out() []string {
	r.t.Helper()
	e := r.end()
	pending := e.Pending()
	batch := e.Batch(r.now, r.b, frame.Binary, nil)
	if pending != (len(batch) > 0) {
		r.t.Errorf("Pending is %t, and Batch wrote %d bytes", pending, len(batch))
	}
	r.check()
	return frames(r.t, frame.Binary, batch)
}

func (r *rig) tick() []string {
	if r.s != nil {
		return effects(r.s.Tick(r.now, nil))
	}
	return effects(r.c.Tick(r.now, nil))
}

func (r *rig) deadline() Time {
	if r.s != nil {
		return r.s.Deadline()
	}
	return r.c.Deadline()
}

// check holds the end against its invariants after a step.
func (r *rig) check() {
	r.t.Helper()
	if err := r.end().Check(); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) want(got []string, want ...string) {
	r.t.Helper()
	if !slices.Equal(got, want) {
		r.t.Fatalf("got %q, want %q", got, want)
	}
}

func (r *rig) wantOut(want ...string) {
	r.t.Helper()
	r.want(r.out(), want...)
}

// wantOver: code 0 is "not over".
func (r *rig) wantOver(code frame.Code, remote bool) {
	r.t.Helper()
	switch o := r.end().Over(); {
	case o == nil && code != 0:
		r.t.Fatalf("not over, want %d", code)
	case o != nil && (o.Code != code || o.Remote != remote):
		r.t.Fatalf("over %+v, want %d, remote %t", *o, code, remote)
	}
}

// send queues messages that are named by their tags.
func (r *rig) send(ms ...frame.Message) {
	r.t.Helper()
	for _, m := range ms {
		if err := r.end().Send(NewItem(m, nil)); err != nil {
			r.t.Fatal(err)
		}
	}
}

// tagged queues an event whose confirmation is reported.
func (r *rig) tagged(name string) {
	r.t.Helper()
	if err := r.end().Send(NewItem(event(name), name)); err != nil {
		r.t.Fatal(err)
	}
}

// request queues a request.
func (r *rig) request(name string) uint64 {
	id := r.end().NextID()
	r.send(frame.Message{Kind: frame.Request, ID: id, Name: name})
	return id
}

func event(name string) frame.Message { return frame.Message{Kind: frame.Event, Name: name} }

// sized is an event of so many bytes.
func sized(name string, size int) frame.Message {
	m := event(name)
	m.Payload = make([]byte, size-m.Size())
	return m
}

func reply(id uint64) frame.Message { return frame.Message{Kind: frame.Reply, ID: id} }

func data(seq uint64, m frame.Message) *frame.Frame {
	return &frame.Frame{Type: frame.Data, Seq: seq, Message: m}
}

func ack(rcv, ack uint64) *frame.Frame { return &frame.Frame{Type: frame.Ack, Rcv: rcv, Ack: ack} }

func ping(nonce, rcv, ack uint64) *frame.Frame {
	return &frame.Frame{Type: frame.Ping, Nonce: nonce, Rcv: rcv, Ack: ack}
}

func pong(nonce, rcv, ack uint64) *frame.Frame {
	return &frame.Frame{Type: frame.Pong, Nonce: nonce, Rcv: rcv, Ack: ack}
}

func abrupt(code frame.Code) *frame.Frame { return &frame.Frame{Type: frame.Close, Code: code} }

func final(code frame.Code, seq uint64) *frame.Frame {
	return &frame.Frame{Type: frame.Close, Code: code, Graceful: true, Final: seq}
}

func effects(fx []Effect) (all []string) {
	for _, e := range fx {
		switch e.Kind {
		case Deliver:
			all = append(all, fmt.Sprintf("deliver %d", e.Seq))
		case Resolve:
			all = append(all, fmt.Sprintf("resolve %d", e.Seq))
		case Confirmed:
			all = append(all, fmt.Sprintf("confirmed %v", e.Item.Tag))
		case Refused:
			all = append(all, fmt.Sprintf("refused %v %d", e.Item.Tag, e.Code))
		case Attached:
			all = append(all, fmt.Sprintf("attached %d", e.Binding))
		case Dead:
			all = append(all, fmt.Sprintf("dead %d %d", e.Binding, e.Code))
		case Suspect:
			all = append(all, fmt.Sprintf("suspect %d", e.Binding))
		case Volatile:
			all = append(all, fmt.Sprintf("volatile %d %s", e.Seq, e.Key))
		}
	}
	return all
}

// frames decodes a batch.
func frames(t *testing.T, enc frame.Encoding, batch []byte) (all []string) {
	t.Helper()
	var d frame.Decoder
	var f frame.Frame
	d.Reset(enc, batch, frame.DefaultMaxFrame)
	for {
		ok, err := d.Next(&f)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return all
		}
		all = append(all, describe(&f))
	}
}

func describe(f *frame.Frame) string {
	switch f.Type {
	case frame.Hello:
		return "hello"
	case frame.Attach:
		return fmt.Sprintf("attach %d %d/%d", f.Open.Att, f.Rcv, f.Ack)
	case frame.Ready:
		return fmt.Sprintf("ready %d %d/%d", f.Open.Att, f.Rcv, f.Ack)
	case frame.Data:
		m := &f.Message
		if m.Kind == frame.Gap {
			return fmt.Sprintf("%d gap %s %d-%d", f.Seq, m.Topic, m.Offset, m.To)
		}
		return strings.TrimRight(fmt.Sprintf("%d %s%s", f.Seq, kinds[m.Kind], m.Name), " ")
	case frame.Ack:
		return fmt.Sprintf("ack %d/%d", f.Rcv, f.Ack)
	case frame.Ping:
		return fmt.Sprintf("ping %d %d/%d", f.Nonce, f.Rcv, f.Ack)
	case frame.Pong:
		return fmt.Sprintf("pong %d %d/%d", f.Nonce, f.Rcv, f.Ack)
	case frame.Volatile:
		return fmt.Sprintf("volatile %d %s %s", f.Seq, f.Text, f.Message.Name)
	case frame.Close:
		if f.Graceful {
			return fmt.Sprintf("close %d final %d", f.Code, f.Final)
		}
		return fmt.Sprintf("close %d", f.Code)
	}
	return fmt.Sprintf("type %d", f.Type)
}

// kinds: events and publications go by their names alone.
var kinds = map[frame.Kind]string{
	frame.Request: "request ", frame.Reply: "reply", frame.ErrorReply: "error", frame.Cancel: "cancel", frame.Credit: "credit",
}
