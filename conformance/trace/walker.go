package trace

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// end is what both roles share.
type end interface {
	Receive(now core.Time, b core.Binding, f *frame.Frame, post bool, out []core.Effect) ([]core.Effect, bool)
	Lost(now core.Time, b core.Binding)
	Tick(now core.Time, out []core.Effect) []core.Effect
	Deadline() core.Time
	Close(code frame.Code, reason string)
}

// Walker plays the steps of one trace. It is not safe for concurrent use.
type Walker struct {
	base    *core.End // of client or server
	end     end
	client  *core.Client
	server  *core.Server
	logs    map[string]*core.Log
	cursors map[string]*core.Cursor

	now     core.Time
	effects []core.Effect // of the step
	batch   []byte        // of the step
	lines   []string      // what else the step brought out
}

// NewWalker returns one at the beginning of a trace. It looks at the trace's role and config only; an error says that one
// of them is none.
func NewWalker(t *Trace) (*Walker, error) {
	w := &Walker{logs: map[string]*core.Log{}, cursors: map[string]*core.Cursor{}}
	cfg := core.ServerDefaults
	if t.Role == "client" {
		cfg = core.ClientDefaults
	}
	if err := configure(&cfg, t.Config); err != nil {
		return nil, err
	}
	switch t.Role {
	case "client":
		w.client = core.NewClient(cfg, frame.Nonce{}, nil)
		w.base, w.end = &w.client.End, w.client
	case "server":
		w.server = core.NewServer(cfg)
		w.base, w.end = &w.server.End, w.server
	default:
		return nil, fmt.Errorf("unknown role %q", t.Role)
	}
	return w, nil
}

// configure applies overrides such as "send=4/1000 slots=2".
func configure(cfg *core.Config, overrides string) error {
	windows := map[string]*frame.Window{"send": &cfg.Send, "receive": &cfg.Receive, "queue": &cfg.Queue}
	counts := map[string]*int{"maxFrame": &cfg.MaxFrame, "slots": &cfg.Slots, "batch": &cfg.Batch, "volatile": &cfg.Volatile, "keys": &cfg.Keys}
	times := map[string]*core.Time{
		"ping": &cfg.Ping, "pong": &cfg.Pong, "hold": &cfg.Hold, "ttl": &cfg.TTL, "ackDelay": &cfg.AckDelay,
	}
	for override := range strings.FieldsSeq(overrides) {
		key, value, _ := strings.Cut(override, "=")
		first, second, _ := strings.Cut(value, "/")
		n, err := strconv.ParseUint(first, 10, 63)
		if err != nil {
			return err
		}
		if window := windows[key]; window != nil {
			bytes, err := strconv.ParseUint(second, 10, 63)
			if err != nil {
				return err
			}
			*window = frame.Window{Messages: n, Bytes: bytes}
		} else if count := counts[key]; count != nil {
			*count = int(n)
		} else if time := times[key]; time != nil {
			*time = core.Time(n)
		} else {
			return fmt.Errorf("unknown override %q", override)
		}
	}
	return nil
}

// Step plays one step, which begins with @, > or =, and returns what comes out, as lines of a trace. An error means that
// the step makes no sense or that an invariant does not hold after it; what the core refuses is an outcome.
func (w *Walker) Step(step string) ([]string, error) {
	sign, rest, _ := strings.Cut(step, " ")
	switch sign {
	case "@":
		now, err := strconv.ParseInt(rest, 10, 64)
		w.now = core.Time(now)
		return nil, err
	case "=":
		key, _, _ := strings.Cut(rest, " ")
		value, err := w.State(key)
		return []string{words("=", key, value)}, err
	}
	w.effects, w.batch, w.lines = nil, nil, nil
	verb, args, _ := strings.Cut(rest, " ")
	if err := w.play(verb, newArguments(args)); err != nil {
		return nil, err
	}
	if err := w.describe(); err != nil {
		return nil, err
	}
	return w.lines, w.base.Check()
}

// play hands an event to the core. What the core refuses is an outcome, not an error.
func (w *Walker) play(verb string, args *arguments) error {
	err := errUnknownEvent
	for _, try := range []func(string, *arguments) error{w.common, w.asClient, w.asServer, w.withTopics} {
		if err = try(verb, args); err != errUnknownEvent {
			break
		}
	}
	if refused, ok := errors.AsType[*frame.Error](err); ok {
		w.print("error", refused.Code)
		err = nil
	}
	switch err {
	case core.ErrClosed:
		w.print("error closed")
		err = nil
	case core.ErrQueueFull:
		w.print("error full")
		err = nil
	case core.ErrDetached:
		w.print("error detached")
		err = nil
	}
	return errors.Join(err, args.err)
}

func (w *Walker) print(parts ...any) {
	w.lines = append(w.lines, words(append([]any{"<"}, parts...)...))
}

// words joins what is not empty.
func words(parts ...any) string {
	var all []string
	for _, part := range parts {
		if s := fmt.Sprint(part); s != "" {
			all = append(all, s)
		}
	}
	return strings.Join(all, " ")
}

// describe prints the effects and the frames of the step.
func (w *Walker) describe() error {
	for _, e := range w.effects {
		switch e.Kind {
		case core.Deliver:
			w.print("deliver", e.Seq)
		case core.Resolve:
			w.print("resolve", e.Seq)
		case core.Confirmed:
			w.print("confirmed", e.Seq, e.Item.Tag)
		case core.Refused:
			w.print("refused", e.Item.Tag, e.Code)
		case core.Attached:
			w.print("attached", e.Binding)
		case core.Dead:
			w.print("dead", e.Binding, e.Code, e.Reason)
		case core.Suspect:
			w.print("suspect", e.Binding)
		case core.Volatile:
			w.print("volatile", e.Seq, e.Key)
		case core.Move:
			w.print("move", e.Seq, e.Key)
		}
	}
	var d frame.Decoder
	d.Reset(frame.Binary, w.batch, maxFrame)
	for f := new(frame.Frame); ; {
		ok, err := d.Next(f)
		if !ok {
			return err
		}
		line, err := shortenFrame(*f)
		if err != nil {
			return err
		}
		w.print(line)
	}
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// stateKeys are the keys that both roles have; a client has one more.
var stateKeys = []string{
	"current", "att", "in", "out", "queued", "volatile", "unconfirmed", "can-start", "content", "deadline", "rtt", "over",
}

// Keys returns the keys of the end's state.
func (w *Walker) Keys() []string {
	if w.client != nil {
		return append([]string{"outstanding"}, stateKeys...)
	}
	return stateKeys
}

// State returns the value of one of Keys.
func (w *Walker) State(key string) (string, error) {
	switch key {
	case "over":
		return describeOver(w.base.Over()), nil
	case "current":
		return words(w.base.Current()), nil
	case "outstanding":
		if w.client == nil {
			break
		}
		return words(w.client.Outstanding()), nil
	case "att":
		return words(w.base.Att()), nil
	case "in":
		rcv, ack := w.base.Progress()
		return words("rcv", rcv, "ack", ack), nil
	case "out":
		rcv, ack, top := w.base.Confirmed()
		return words("rcv", rcv, "ack", ack, "top", top), nil
	case "queued":
		queued := w.base.Queued()
		return words(queued.Messages, queued.Bytes), nil
	case "volatile":
		waiting, dropped := w.base.Volatile()
		return words(waiting.Messages, waiting.Bytes, "dropped", dropped), nil
	case "unconfirmed":
		return describeUnconfirmed(w.base.Unconfirmed()), nil
	case "can-start":
		return yes(w.base.CanStart()), nil
	case "content":
		return yes(w.base.Content()), nil
	case "rtt":
		return words(w.base.RTT()), nil
	case "deadline":
		if at := w.end.Deadline(); at != 0 {
			return words(at), nil
		}
		return "never", nil
	}
	return "", fmt.Errorf("unknown state %q", key)
}

func describeOver(over *core.Over) string {
	switch {
	case over == nil:
		return "no"
	case over.Remote:
		return words(over.Code, "remote", over.Reason)
	}
	return words(over.Code, "local", over.Reason)
}

func describeUnconfirmed(items []*core.Item, sent int) string {
	var parts []any
	for i, it := range items {
		if i == sent {
			parts = append(parts, "+")
		}
		parts = append(parts, it.Tag)
	}
	if sent == len(items) {
		parts = append(parts, "+")
	}
	return words(parts...)
}

// forever is the age of publications in a log without a bound.
const forever = core.Time(math.MaxInt64)
