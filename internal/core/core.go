// Package core is the session protocol as a pure state machine: (state, now, event) -> (state, effects).
//
// There is no goroutine, clock, lock, socket or random number in it. An End is one end of a session; Server and Client
// add what differs between the two. Whoever drives an end gives it the time with every event, takes the effects from
// the buffer it passed in, and asks for batches to write (Batch) when there is something to write (Pending).
//
// clientjs/src/core is the same machine with the same nouns. Both walk the vectors in conformance/vectors/core, and the
// simulator in conformance drives this one through faults. Clauses are those of conformance/PROTOCOL.md.
package core

import "github.com/weft-realtime/weft/transport/frame"

// Time is a point in time in milliseconds. Only differences matter.
type Time int64

// Binding names a connection to the core: 0 is none, and each later connection gets a greater one. Unlike att it is
// never on the wire, so it also tells apart two connections that both said HELLO.
type Binding uint64

// Config holds what an end is told at its start. All fields must be set; Defaults does.
type Config struct {
	Send     frame.Window // server: what it will have outstanding. client: until READY says more (PROTOCOL 5.6)
	Receive  frame.Window // server: what it grants. client: until READY says what the server will send
	Queue    frame.Window // the bound of the queue in front of the window (PROTOCOL 5.9)
	MaxFrame int          // bytes
	Slots    int          // requests of the peer that may run at once (PROTOCOL 5.8)
	Volatile int          // keys whose latest value may wait outside the sequence (PROTOCOL 17.3)
	Keys     int          // keys of the peer's values that are remembered (PROTOCOL 17.5)
	Batch    int          // bytes after which a batch takes no further frame
	Ping     Time         // server: silence before a PING
	Pong     Time         // patience after it
	Hold     Time         // how long a poll is held
	TTL      Time         // how long a detached session is kept
	AckDelay Time         // server: how long a receipt may stay unreported
}

// ServerDefaults and ClientDefaults are PROTOCOL 16.1.
var (
	ServerDefaults = Config{
		Send: frame.Window{Messages: 1024, Bytes: 512 << 10}, Receive: frame.Window{Messages: 256, Bytes: 128 << 10},
		Queue: frame.Window{Messages: 4096, Bytes: 4 << 20}, MaxFrame: frame.DefaultMaxFrame, Slots: 64,
		Volatile: 256, Keys: 1024, Batch: 64 << 10,
		Ping: 15_000, Pong: 10_000, Hold: 25_000, TTL: 120_000, AckDelay: 200,
	}
	ClientDefaults = Config{
		Send: frame.Window{Messages: 16, Bytes: 16 << 10}, Receive: frame.Window{Messages: 1024, Bytes: 512 << 10},
		Queue: frame.Window{Messages: 1024, Bytes: 1 << 20}, MaxFrame: frame.DefaultMaxFrame, Slots: 64,
		Volatile: 256, Keys: 1024, Batch: 64 << 10,
		Ping: 15_000, Pong: 10_000, Hold: 25_000, TTL: 120_000,
	}
)

// EffectKind says what an effect asks of the caller.
type EffectKind uint8

const (
	Deliver   EffectKind = iota + 1 // start Message, in order; then say Consumed(Seq)
	Resolve                         // an exempt Message takes effect now
	Confirmed                       // the peer has consumed Item, which is counted and had a Tag
	Refused                         // Item is longer than the server takes, and was dropped from the queue
	Attached                        // client: Binding is the current attachment now; close the others
	Dead                            // give the connection of Binding up; Code says why
	Suspect                         // client: the path may be dead; dial beside it
	Volatile                        // Message is the latest value of Key; it is outside the sequence, and Seq is its own number
	Move                            // client: open the next session at the URL Key, at a random moment within Seq ms
)

// Effect is something that the caller must do. A Message's payload aliases the batch it came in.
type Effect struct {
	Kind    EffectKind
	Seq     uint64
	Key     string
	Message frame.Message
	Item    *Item
	Binding Binding
	Code    frame.Code
	Reason  string
}

// Over is how a session ended.
type Over struct {
	Code   frame.Code
	Reason string
	Remote bool // the peer said so
}

// End is one end of a session. It is not safe for concurrent use.
type End struct {
	cfg      Config
	server   bool
	current  Binding // the connection whose frames count
	bindings Binding // the last binding given out
	att      uint64  // of the current or last attachment
	send     sender
	receive  receiver
	live     liveness
	volatile volatile
	closing  closing
	moving   moving
	over     *Over
}

// Over returns how the session ended, or nil while it lives.
func (e *End) Over() *Over { return e.over }

// Current is the binding whose frames count, or 0 when detached.
func (e *End) Current() Binding { return e.current }

// Att is the number of the current or last attachment.
func (e *End) Att() uint64 { return e.att }

// MaxFrame is the longest body, in bytes, that a frame may have.
func (e *End) MaxFrame() int { return e.cfg.MaxFrame }

// Progress is how far this end is with the peer's messages: received, consumed.
func (e *End) Progress() (rcv, ack uint64) { return e.receive.rcv, e.receive.ack() }

// Bytes is what this end holds for messages that are on their way: queued, unacknowledged, received and not consumed;
// and for the keys of those outside the sequence.
func (e *End) Bytes() int {
	s, v := &e.send, &e.volatile
	return int(s.queue.bytes+s.flight.Bytes+s.unreceived+e.receive.bytes+v.waiting.bytes) + v.seen.bytes
}

// Content reports whether there is something to write beside an ACK that is due.
func (e *End) Content() bool {
	return e.current != 0 && (e.over == nil && (e.live.ready != nil || e.hasContent()) || e.closing.abort)
}

// Through grows with every message of the sequence that comes through, either way, and with word of one.
func (e *End) Through() uint64 { return e.receive.rcv + e.send.peerRcv + e.send.peerAck }

// Confirmed is how far the peer is with this end's messages, and the last number given to one.
func (e *End) Confirmed() (rcv, ack, top uint64) { return e.send.peerRcv, e.send.peerAck, e.send.top }

// Receive takes one frame that arrived on a binding. post says that it came in a POST, where a gap is no offence, or in
// the answer to one. It returns false when the rest of the batch is not to be looked at: the attachment is stale, or has ended.
func (e *End) Receive(now Time, b Binding, f *frame.Frame, post bool, out []Effect) ([]Effect, bool) {
	if b != e.current || b == 0 || e.over != nil {
		return out, false // PROTOCOL 6.1
	}
	if e.server || !post { // an answer to a POST says nothing of the polls or the stream beside it (PROTOCOL 13.3)
		e.live.hear(now)
	}
	switch f.Type {
	case frame.Data:
		return e.receiveData(now, f, post, out)
	case frame.Ack:
		return e.receiveAck(now, f.Rcv, f.Ack, out)
	case frame.Ping:
		e.live.pong, e.live.pongNonce = true, f.Nonce
		e.receive.ask()
		return e.receiveAck(now, f.Rcv, f.Ack, out)
	case frame.Pong:
		e.live.answered(now, f.Nonce)
		return e.receiveAck(now, f.Rcv, f.Ack, out)
	case frame.Close:
		return e.receiveClose(now, f, out)
	case frame.Volatile:
		return e.receiveVolatile(f, out)
	case frame.Goaway:
		if !e.server {
			out = append(out, Effect{Kind: Move, Seq: f.DrainMs, Key: f.Text})
		}
		return out, true
	case frame.Hello, frame.Attach, frame.Ready, frame.Reset:
		return e.fail(frame.BadProtocol, "opening frame in mid-stream", out), false // PROTOCOL 2.13
	}
	return out, true // PAD, AUTH, extensions (PROTOCOL 15)
}

// fail ends the session because of what the peer did. The code goes out with the next batch.
func (e *End) fail(code frame.Code, reason string, out []Effect) []Effect {
	e.end(Over{Code: code, Reason: reason})
	e.closing.abort = true
	return append(out, Effect{Kind: Dead, Binding: e.current, Code: code, Reason: reason})
}

func (e *End) end(o Over) {
	if e.over == nil {
		e.over = &o
	}
}

// Lost says that the connection of a binding died.
func (e *End) Lost(now Time, b Binding) {
	if b == e.current && b != 0 {
		e.detach(now)
	}
}

func (e *End) detach(now Time) {
	e.current = 0
	if e.server && e.lastWord() {
		e.end(e.closing.over())
	}
	e.closing.written, e.closing.heard = false, false
	e.volatile.detached()
	e.live.detached(now)
}
