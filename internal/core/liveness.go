package core

import "github.com/weft-realtime/weft/transport/frame"

// liveness is what an end knows about the path. Times are 0 when there is none.
type liveness struct {
	opened bool           // a binding was made at least once
	ready  *frame.Opening // server: READY is to be written first
	pulled bool           // polls: no PING from the server
	polls  int            // server: polls that are open

	heard   Time  // the last frame from the peer
	wrote   Time  // the last batch to it
	detach  Time  // since when there is no binding
	sentAt  Time  // client: since when something sent is not received, without progress
	suspect Time  // client: when the path becomes suspicious
	why     doubt // client: of suspect
	prove   Time  // client: when a path that has carried nothing since READY is asked
	owed    Time  // client: when the answer to a POST is overdue
	srtt    Time  // smoothed round trip of PING

	doubts  int    // client: suspicions in a row behind which nothing came through, and no PONG
	through uint64 // what had come through at the last one

	ping, pong bool // to be written
	pongNonce  uint64
	pingNonce  uint64
	pingAt     Time // an unanswered PING was written
}

const (
	minUnreceived = 2_000 // PROTOCOL 13.4
	suspectAfter  = 1_000
	wakePatience  = 2_000 // PROTOCOL 13.5
	proveAfter    = 5_000 // PROTOCOL 13.6
	provePatience = 2_000
	maxDoubts     = 3 // PROTOCOL 13.9
	maxPatience   = 16_000
	maxProof      = 32
	longWay       = 16 << 10 // bytes
	longWayTime   = 2_000
)

func (l *liveness) attached(now Time, pulled bool) {
	l.opened, l.pulled, l.polls = true, pulled, 0
	l.heard, l.wrote, l.detach = now, now, 0
	l.ping, l.pong, l.pingAt, l.suspect, l.prove, l.sentAt, l.owed = false, false, 0, 0, 0, 0, 0
}

func (l *liveness) detached(now Time) {
	l.detach = now
	l.ready = nil
}

// doubt is why a path may be dead; of two, the greater one counts.
type doubt uint8

const (
	unreceived doubt = iota + 1 // what was sent is not received: word of that clears it, whatever brings it
	unproven                    // nothing has arrived since READY
	woken                       // time may have passed unnoticed, which says nothing of the path
)

func (l *liveness) hear(now Time) {
	l.heard = now
	l.suspect, l.prove = 0, 0
}

// ask has a PING written; the path becomes suspicious at until unless something is heard.
func (l *liveness) ask(until Time, why doubt) {
	if l.suspect != 0 {
		why = max(why, l.why)
	}
	l.ping, l.suspect, l.prove, l.why = true, until, 0, why
}

func (l *liveness) answered(now Time, nonce uint64) {
	if l.pingAt == 0 || nonce != l.pingNonce {
		return
	}
	rtt := now - l.pingAt
	l.pingAt, l.doubts = 0, 0
	if l.srtt == 0 {
		l.srtt = rtt
	}
	l.srtt += (rtt - l.srtt) / 8
}

// sent notes that messages were written; waiting: some of them are not received.
func (l *liveness) sent(now Time, waiting bool) {
	if waiting && l.sentAt == 0 {
		l.sentAt = now
	}
}

// received notes that the peer has received more; all: everything.
func (l *liveness) received(now Time, all bool) {
	l.sentAt = now
	if all {
		l.sentAt = 0
	}
	if l.why == unreceived {
		l.suspect = 0
	}
}

// RTT is the smoothed round trip in milliseconds, or 0 when it was not measured yet.
func (e *End) RTT() Time { return e.live.srtt }

// Heard says that the peer answered without a frame: an empty poll.
func (e *End) Heard(now Time, b Binding) {
	if b == e.current && b != 0 {
		e.live.hear(now)
	}
}

// earliest returns the earliest of times that are not 0.
func earliest(times ...Time) Time {
	var first Time
	for _, t := range times {
		if t != 0 && (first == 0 || t < first) {
			first = t
		}
	}
	return first
}
