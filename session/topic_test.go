package session

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/weft-realtime/weft/transport/frame"
)

// publish appends to topic t, which must succeed.
func (w *world) publish(names ...string) {
	w.Helper()
	for _, name := range names {
		if _, err := w.Publish("t", name, Payload{}); err != nil {
			w.Fatal(err)
		}
	}
}

// follow subscribes p to topic t.
func (p *peer) follow(from From) (epoch, offset uint64) {
	p.world.Helper()
	epoch, offset, err := p.session().Subscribe("t", from)
	if err != nil {
		p.Fatal(err)
	}
	return epoch, offset
}

// What is published before a direct send arrives before it, and what after, after it, however full the window is.
// PROTOCOL 10.4, 10.5, 10.8
func TestPublishThenSend(t *testing.T) {
	bubble(t, Config{DownWindow: frame.Window{Messages: 1, Bytes: 1 << 10}}, func(w *world) {
		p := w.join(ws)
		p.follow(From{})
		s := p.clog()
		w.publish("p1", "p2")
		s.TrySend("d1", Payload{})
		w.publish("p3")
		s.TrySend("d2", Payload{})
		var got []string
		for seq := uint64(1); len(got) < 5 && seq < 9; seq++ {
			p.ack(seq, seq)
			got = append(got, names(p.data())...)
		}
		if want := []string{"p1", "p2", "d1", "p3", "d2"}; !slices.Equal(got, want) {
			w.Errorf("got %v, want %v", got, want)
		}
	})
}

// PROTOCOL 10.1, 10.2
func TestSubscribeFrom(t *testing.T) {
	for name, tt := range map[string]struct {
		from   func(epoch uint64) From
		offset uint64
		want   []string
	}{
		"end":            {func(uint64) From { return From{} }, 5, nil},
		"history":        {func(uint64) From { return From{History: 2} }, 3, []string{"p4", "p5"}},
		"all history":    {func(uint64) From { return From{History: 1 << 52} }, 2, []string{"p3", "p4", "p5"}},
		"resume":         {func(e uint64) From { return From{Resume: true, Epoch: e, Offset: 4} }, 4, []string{"p5"}},
		"resume at end":  {func(e uint64) From { return From{Resume: true, Epoch: e, Offset: 5} }, 5, nil},
		"resume far off": {func(e uint64) From { return From{Resume: true, Epoch: e, Offset: 1} }, 1, []string{"gap 2-2", "p3", "p4", "p5"}},
		"other epoch":    {func(e uint64) From { return From{Resume: true, Epoch: e + 1, Offset: 4} }, 5, []string{"gap 1-5"}},
		"beyond the end": {func(e uint64) From { return From{Resume: true, Epoch: e, Offset: 6} }, 5, []string{"gap 1-5"}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, Config{History: History{Publications: 3}}, func(w *world) {
				w.publish("p1", "p2", "p3", "p4", "p5")
				epoch := w.Topic("t").epoch
				p := w.join(ws)
				e, offset := p.follow(tt.from(epoch))
				if e != epoch || offset != tt.offset {
					w.Errorf("subscribed at %d of %d, want %d of %d", offset, e, tt.offset, epoch)
				}
				got := shown(p.data())
				w.publish("p6")
				got = append(got, shown(p.data())...)
				if want := append(tt.want, "p6"); !slices.Equal(got, want) {
					w.Errorf("got %v, want %v", got, want)
				}
			})
		})
	}
}

// shown is names with the range of gaps. PROTOCOL 10.3
func shown(messages []frame.Message) []string {
	all := names(messages)
	for i, m := range messages {
		if m.Kind == frame.Gap {
			all[i] = fmt.Sprintf("gap %d-%d", m.Offset, m.To)
		}
	}
	return all
}

// Who falls behind the history gets one gap, and holds up nobody. PROTOCOL 10.1, 10.3, 10.4
func TestSlowSubscriber(t *testing.T) {
	cfg := Config{DownWindow: frame.Window{Messages: 2, Bytes: 1 << 10}, History: History{Publications: 2}}
	bubble(t, cfg, func(w *world) {
		slow, quick := w.join(ws), w.join(ws)
		slow.follow(From{})
		quick.follow(From{})
		for i := range uint64(6) {
			w.publish(fmt.Sprint("p", i+1))
			if got := quick.data(); len(got) != 1 || got[0].Offset != i+1 {
				w.Fatalf("the quick one got %v", shown(got))
			}
			quick.ack(i+1, i+1)
		}
		if got := shown(slow.data()); !slices.Equal(got, []string{"p1", "p2"}) {
			w.Errorf("the slow one got %v", got)
		}
		slow.ack(2, 2)
		if got := shown(slow.data()); !slices.Equal(got, []string{"gap 3-4", "p5"}) {
			w.Errorf("the slow one got %v", got)
		}
	})
}

// PROTOCOL 10.7
func TestUnsubscribe(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		p := w.join(ws)
		p.follow(From{})
		w.publish("p1")
		if got := p.data(); len(got) != 1 {
			w.Fatalf("got %v", shown(got))
		}
		p.session().Unsubscribe("t")
		p.session().Unsubscribe("t")
		p.session().Unsubscribe("never followed")
		w.publish("p2")
		if got := p.data(); len(got) > 0 {
			w.Errorf("got %v", shown(got))
		}
		p.follow(From{})
		p.follow(From{}) // in place of the first
		w.publish("p3")
		if got := shown(p.data()); !slices.Equal(got, []string{"p3"}) {
			w.Errorf("got %v", got)
		}
	})
}

// A detached subscriber finds what was published meanwhile. PROTOCOL 5.5, 10.8
func TestPublishWhileDetached(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		p := w.join(ws)
		p.follow(From{})
		p.Lost(errors.New("cut"))
		w.publish("p1", "p2")
		q, err := p.attach(ws, Grant{})
		if err != nil {
			w.Fatal(err)
		}
		if got := shown(q.data()); !slices.Equal(got, []string{"p1", "p2"}) {
			w.Errorf("got %v", got)
		}
	})
}

// A topic is kept while it has history or followers, and is another one afterwards. PROTOCOL 10.1
func TestTopicIsDropped(t *testing.T) {
	bubble(t, Config{History: History{Age: time.Minute}}, func(w *world) {
		w.publish("p1")
		first := w.Topic("t")
		w.pass(59 * time.Second)
		if st := w.Stats(); st.Topics != 1 || st.Bytes == 0 {
			w.Errorf("%d topics, %d bytes", st.Topics, st.Bytes)
		}
		w.pass(20 * time.Second)
		if st := w.Stats(); st.Topics != 0 || st.Bytes != 0 {
			w.Errorf("%d topics, %d bytes after its age", st.Topics, st.Bytes)
		}
		p := w.join(ws)
		p.follow(From{})
		for range 6 {
			w.pass(10 * time.Second)
			p.ack(0, 0) // it lives
		}
		if w.Stats().Topics != 1 {
			w.Error("a topic that is followed was dropped")
		}
		if w.Topic("t").epoch == first.epoch {
			w.Error("the epoch is the old one")
		}
		p.session().Abort(frame.Done, "")
		w.pass(20 * time.Second)
		if w.Stats().Topics != 0 {
			w.Error("kept for a session that has ended")
		}
	})
}

// PROTOCOL 5.7
func TestPublishChecks(t *testing.T) {
	bubble(t, Config{MaxFrame: 1 << 10}, func(w *world) {
		for name, tt := range map[string]struct {
			topic, name string
			Payload
			code frame.Code
		}{
			"too long": {"t", "n", Payload{Data: make([]byte, 1<<10)}, frame.TooLarge},
			"no topic": {"", "n", Payload{}, frame.BadProtocol},
			"no name":  {"t", "", Payload{}, frame.BadProtocol},
			"codec":    {"t", "n", Payload{Codec: 9}, frame.BadProtocol},
		} {
			if _, err := w.Publish(tt.topic, tt.name, tt.Payload); code(err) != tt.code {
				w.Errorf("%s: %v, want %d", name, err, tt.code)
			}
		}
		if n := w.Stats().Topics; n != 0 {
			w.Errorf("%d topics for what was refused", n)
		}
	})
}
