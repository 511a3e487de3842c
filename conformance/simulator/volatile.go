package simulator

import (
	"fmt"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// fleeting is the truth about what one application sent the other outside the sequence (PROTOCOL 17). Each value carries
// its number among those that were taken, so that it can be told which of two is newer.
type fleeting struct {
	sent []value
	keys map[string]*arrived
	last int // the value that must arrive, since nothing is sent after it; 0: none
}

type value struct {
	key  string
	size int
}

// arrived is what the receiver saw last of a key.
type arrived struct {
	n  uint64 // on the wire
	at int    // the value
}

// flit sends the latest value of a random key. It is refused without a connection, and on the way out.
func (s *side) flit() {
	s.sendValue(fmt.Sprintf("key%d", s.run.rand.N(s.run.set.keys)))
}

func (s *side) sendValue(key string) bool {
	f := &s.out.fleeting
	n := len(f.sent) + 1
	it := core.NewItem(frame.Message{Kind: frame.Event, Codec: s.run.codec(), Name: plain, Payload: payload(n, s.run.size())}, nil)
	switch err := s.end.SendVolatile(key, it); err {
	case nil:
		f.sent = append(f.sent, value{key, it.Size()})
		return true
	case core.ErrDetached, core.ErrClosed:
	default:
		s.run.fail(Broken, "%s: a volatile message was refused: %v", s.name, err)
	}
	return false
}

// flew checks a volatile message that came out of the core: it was sent, for this key, and nothing of this key that came
// before is newer (PROTOCOL 17.5).
func (l *lane) flew(e *core.Effect) {
	f := &l.fleeting
	n := number(e.Message.Payload)
	if n < 1 || n > len(f.sent) {
		l.run.fail(Broken, "%s: a volatile message that nobody sent: %d", l.name, n)
		return
	}
	if v := f.sent[n-1]; v.key != e.Key || v.size != e.Message.Size() {
		l.run.fail(Broken, "%s: volatile message %d of %s came as one of %s", l.name, n, v.key, e.Key)
	}
	if f.keys == nil {
		f.keys = map[string]*arrived{}
	}
	before := f.keys[e.Key]
	if before == nil {
		before = new(arrived)
		f.keys[e.Key] = before
	}
	if e.Seq <= before.n {
		l.run.fail(Broken, "%s: volatile number %d of %s after %d", l.name, e.Seq, e.Key, before.n)
	}
	switch {
	case n == before.at:
		l.run.fail(Duplicated, "%s: value %d of %s twice", l.name, n, e.Key)
	case n < before.at:
		l.run.fail(Reordered, "%s: value %d of %s undoes %d", l.name, n, e.Key, before.at)
	}
	before.n, before.at = e.Seq, n
	l.run.tally.Volatile++
}

// probeVolatile sends each way a value that nothing follows. On a connection that works and stays it must arrive.
func (r *run) probeVolatile() {
	t := r.client.thread
	r.finale.att = r.client.core.Att()
	for _, s := range []*side{t.client, t.server} {
		if s.out.fleeting.arrived() {
			continue
		}
		if s.sendValue("last") {
			s.out.fleeting.last = len(s.out.fleeting.sent)
		}
		s.work()
	}
}

// arrived reports whether the value that must arrive has.
func (f *fleeting) arrived() bool {
	a := f.keys["last"]
	return f.last > 0 && a != nil && a.at == f.last
}

// landed reports whether the last values have arrived at both ends. They are sent again when another attachment has taken
// over: then they may have got lost.
func (r *run) landed() bool {
	t := r.client.thread
	if t.up.fleeting.arrived() && t.down.fleeting.arrived() {
		return true
	}
	if r.finale.att != r.client.core.Att() && r.attached() {
		r.probeVolatile()
	}
	return false
}
