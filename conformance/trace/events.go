package trace

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

var errUnknownEvent = errors.New("unknown event")

// arguments are the words behind an event. The first error is kept.
type arguments struct {
	text string // all of them, and the JSON object at their end
	left []string
	err  error
}

func newArguments(text string) *arguments { return &arguments{text: text, left: strings.Fields(text)} }

func (a *arguments) word() string {
	if len(a.left) == 0 {
		return ""
	}
	word := a.left[0]
	a.left = a.left[1:]
	return word
}

// number returns the next word as a number, or otherwise when there is none.
func (a *arguments) number(otherwise uint64) uint64 {
	word := a.word()
	if word == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(word, 10, 63)
	a.err = errors.Join(a.err, err)
	return n
}

func (a *arguments) binding() core.Binding { return core.Binding(a.number(0)) }

func (a *arguments) rest() string { return strings.Join(a.left, " ") }

func (a *arguments) object() string {
	_, object, _ := strings.Cut(a.text, "{")
	return "{" + object
}

func (w *Walker) common(verb string, a *arguments) error {
	switch verb {
	case "frame", "post":
		return w.receive(a.binding(), a.object(), verb == "post")
	case "batch":
		return w.writeBatch(a.binding())
	case "send":
		return w.send(a.word(), a.object())
	case "volatile":
		return w.sendVolatile(a.word(), a.object())
	case "cancel":
		if it := w.base.Cancel(a.number(0)); it != nil {
			w.print("removed", it.Tag)
		}
	case "start":
		w.base.Start()
	case "consumed":
		w.base.Consumed(a.number(0))
	case "starved":
		w.base.Starved()
	case "lost":
		w.end.Lost(w.now, a.binding())
	case "heard":
		w.base.Heard(w.now, a.binding())
	case "close":
		w.end.Close(frame.Code(a.number(0)), a.rest())
	case "abort":
		w.base.Abort(frame.Code(a.number(0)), a.rest())
	case "tick":
		w.effects = w.end.Tick(w.now, nil)
	default:
		return errUnknownEvent
	}
	return nil
}

func (w *Walker) asClient(verb string, a *arguments) error {
	switch {
	case w.client == nil:
		return errUnknownEvent
	case verb == "open":
		b, batch := w.client.Open(w.now, a.word() == "poll", frame.Binary, nil)
		w.batch = batch
		w.print("binding", b)
	case verb == "posted":
		w.client.Posted(w.now, a.binding())
	case verb == "answered":
		w.client.Answered(a.binding())
	case verb == "wake":
		w.client.Wake(w.now)
	case verb == "leave":
		w.client.Leave(frame.Code(a.number(0)), a.rest())
	case verb == "expire":
		w.client.Expire()
	case verb == "hold":
		w.client.Hold()
	case verb == "release":
		w.client.Release()
	default:
		return errUnknownEvent
	}
	return nil
}

func (w *Walker) asServer(verb string, a *arguments) error {
	if w.server == nil {
		return errUnknownEvent
	}
	switch verb {
	case "hello":
		b, err := w.server.Hello(w.now, a.word() == "poll", &frame.Opening{Version: frame.Version, HasToken: true})
		return w.bound(b, err)
	case "attach":
		f, err := expandFrame(a.object())
		if err != nil {
			return err
		}
		var b core.Binding
		ready := &frame.Opening{Version: frame.Version}
		b, w.effects, err = w.server.Attach(w.now, a.word() == "poll", f, ready, nil)
		return w.bound(b, err)
	case "token-used":
		w.server.TokenUsed()
	case "poll":
		w.poll(a.binding(), a.number(0), a.number(0), a.word() == "again")
	case "move":
		w.server.Move(w.now, core.Time(a.number(0)), a.word())
	case "poll-done":
		w.server.PollDone(w.now, a.binding())
	case "answer":
		rcv, ack := w.server.Answer()
		w.print("rcv", rcv, "ack", ack)
	default:
		return errUnknownEvent
	}
	return nil
}

func (w *Walker) bound(b core.Binding, err error) error {
	if err == nil {
		w.print("binding", b)
	}
	return err
}

func (w *Walker) poll(b core.Binding, rcv, ack uint64, again bool) {
	out, ok := w.server.Poll(w.now, b, rcv, ack, again, nil)
	w.effects = out
	if !ok {
		w.print("stop")
	}
}

func (w *Walker) withTopics(verb string, a *arguments) error {
	if w.server == nil {
		return errUnknownEvent
	}
	topic := a.word()
	log := w.logs[topic]
	switch verb {
	case "log":
		epoch := a.number(1)
		w.logs[topic] = core.NewLog(topic, epoch, core.LogLimits{
			Publications: int(a.number(1000)), Bytes: int(a.number(1 << 20)), Age: core.Time(a.number(uint64(forever))),
		})
	case "publish":
		log.Append(w.now, a.word(), frame.CodecBytes, nil)
		if c := w.cursors[topic]; c != nil {
			w.server.Mark(c, log.Last())
		}
	case "subscribe":
		offset, stale := a.number(0), a.word() == "stale"
		w.cursors[topic] = w.server.Subscribe(topic, log.Epoch, log, offset, log.Last(), stale)
	case "unsubscribe":
		w.server.Unsubscribe(w.cursors[topic])
	default:
		return errUnknownEvent
	}
	return nil
}

func (w *Walker) receive(b core.Binding, line string, post bool) error {
	f, err := expandFrame(line)
	if err != nil {
		return err
	}
	out, more := w.end.Receive(w.now, b, f, post, nil)
	w.effects = out
	for _, e := range out {
		if (e.Kind == core.Deliver || e.Kind == core.Resolve || e.Kind == core.Volatile) && e.Message.Size() != f.Message.Size() {
			return fmt.Errorf("the message of effect %d is another", e.Kind)
		}
	}
	if !more {
		w.print("stop")
	}
	return nil
}

func (w *Walker) writeBatch(b core.Binding) error {
	want := w.base.Pending() && b == w.base.Current()
	w.batch = w.base.Batch(w.now, b, frame.Binary, nil)
	if got := len(w.batch) > 0; got != want {
		return fmt.Errorf("a batch was written: %v; one was pending: %v", got, want)
	}
	return nil
}

func (w *Walker) sendVolatile(key, line string) error {
	m, err := expandMessage(line)
	if err != nil {
		return err
	}
	return w.base.SendVolatile(key, core.NewItem(m, nil))
}

func (w *Walker) send(tag, line string) error {
	m, err := expandMessage(line)
	if err != nil {
		return err
	}
	if m.Kind == frame.Request && w.base.NextID() != m.ID {
		return fmt.Errorf("request %d is not the next one", m.ID)
	}
	var t any
	if tag != "-" {
		t = tag
	}
	return w.base.Send(core.NewItem(m, t))
}
