package simulator

import (
	"strconv"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// lane is the truth about one direction of a session: the events and requests that one application sent and what became
// of them at the other. Each message carries its number in the lane.
type lane struct {
	run         *run
	name        string // up or down
	messages    []*message
	next        int          // messages up to here have started, or never will
	through     int          // how many are consumed or were taken back
	outstanding frame.Window // accepted by Send, and neither confirmed nor taken back
	inbox       frame.Window // counted messages delivered and not consumed, publications included
	largest     uint64       // message
	settled     bool         // the sender's session has ended, and what it reported was compared
	repliesSent int          // to the messages of this lane
	repliesGot  int
	slots       int // requests started whose reply was not received
	fleeting    fleeting
}

// message is an event or a request, and the Tag of its item.
type message struct {
	n         int
	size      int
	kind      frame.Kind
	after     mark // what was published before it
	removed   bool // taken back before it had a number
	started   bool
	consumed  bool
	confirmed bool
}

const (
	digits     = 12
	minPayload = digits + 2
)

var padding = func() []byte {
	pad := make([]byte, 1<<20)
	for i := range pad {
		pad[i] = 'a' + byte(i%26)
	}
	return pad
}()

// payload is a JSON string: the number, in digits of base 16, and padding. It serves as bytes too.
func payload(n, size int) []byte {
	buf := make([]byte, 0, max(size, minPayload))
	buf = append(buf, '"')
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		buf = append(buf, "0123456789abcdef"[n>>shift&15])
	}
	if pad := size - minPayload; pad > 0 {
		buf = append(buf, padding[:pad]...)
	}
	return append(buf, '"')
}

// number reads a payload back. It is -1 when the payload is none of ours, or was damaged.
func number(p []byte) int {
	if len(p) < minPayload || p[0] != '"' || p[len(p)-1] != '"' {
		return -1
	}
	n, err := strconv.ParseUint(string(p[1:1+digits]), 16, 63)
	if err != nil || string(p[1+digits:len(p)-1]) != string(padding[:len(p)-minPayload]) {
		return -1
	}
	return int(n)
}

// accept enters a message that is about to be sent.
func (l *lane) accept(m *message) {
	l.messages = append(l.messages, m)
	l.outstanding.Messages++
	l.outstanding.Bytes += uint64(m.size)
	l.largest = max(l.largest, uint64(m.size))
}

func (l *lane) forget(m *message) {
	l.outstanding.Messages--
	l.outstanding.Bytes -= uint64(m.size)
}

// remove notes that a message was taken back before it had a number.
func (l *lane) remove(m *message) {
	if m.started || m.removed {
		l.run.fail(Broken, "%s: message %d was taken back after it had started", l.name, m.n)
	}
	m.removed = true
	l.through++
	l.forget(m)
}

// start checks that a message is the next one, and returns what is known of it.
func (l *lane) start(in *frame.Message) *message {
	n := numberOf(in)
	if n < 1 || n > len(l.messages) {
		l.run.fail(Broken, "%s: a message that nobody sent: %q", l.name, in.Payload[:min(40, len(in.Payload))])
		return nil
	}
	m := l.messages[n-1]
	switch {
	case m.started:
		l.run.fail(Duplicated, "%s: message %d twice", l.name, n)
	case n <= l.next:
		l.run.fail(Reordered, "%s: message %d after %d", l.name, n, l.next)
	case m.removed:
		l.run.fail(Broken, "%s: message %d was taken back and arrived", l.name, n)
	case in.Size() != m.size || in.Kind != m.kind:
		l.run.fail(Broken, "%s: message %d was changed on its way", l.name, n)
	}
	for l.next++; l.next < n; l.next++ {
		if !l.messages[l.next-1].removed {
			l.run.fail(Lost, "%s: message %d is missing before %d", l.name, l.next, n)
		}
	}
	m.started = true
	return m
}

// confirm checks what a sender was told against what its peer did.
func (l *lane) confirm(m *message) {
	if m.confirmed || m.removed || !m.consumed {
		l.run.fail(Broken, "%s: message %d confirmed (again: %t, removed: %t, consumed: %t)",
			l.name, m.n, m.confirmed, m.removed, m.consumed)
	}
	m.confirmed = true
	l.forget(m)
}

// settle compares what a sender reports at its session's end: everything but what it was told to be consumed, in order.
func (l *lane) settle(unconfirmed []*core.Item) {
	l.settled = true
	for _, m := range l.messages {
		if m.confirmed || m.removed {
			continue
		}
		if len(unconfirmed) == 0 || unconfirmed[0].Tag != m {
			l.run.fail(Lost, "%s: message %d was not confirmed and is not reported", l.name, m.n)
			return
		}
		unconfirmed = unconfirmed[1:]
	}
	if len(unconfirmed) > 0 {
		l.run.fail(Broken, "%s: %d messages reported beyond those that are unconfirmed", l.name, len(unconfirmed))
	}
}

// arrived and consumed hold the receiver's inbox against the window that was granted, whatever the core thinks of it.
func (l *lane) arrived(size int, window frame.Window) {
	l.inbox.Messages++
	l.inbox.Bytes += uint64(size)
	if l.inbox.Messages > window.Messages || l.inbox.Messages > 1 && l.inbox.Bytes > window.Bytes {
		l.run.fail(Broken, "%s: inbox %+v beyond the window %+v", l.name, l.inbox, window)
	}
}

func (l *lane) consumed(size int) {
	l.inbox.Messages--
	l.inbox.Bytes -= uint64(size)
}

// bounded holds what a sender keeps against its bound: the window, the queue, and one message.
func (l *lane) bounded(window, queue frame.Window) {
	o := l.outstanding
	if o.Messages > window.Messages+queue.Messages || o.Bytes > window.Bytes+queue.Bytes+2*l.largest {
		l.run.fail(Broken, "%s: %+v are kept, beyond window %+v and queue %+v", l.name, o, window, queue)
	}
}
