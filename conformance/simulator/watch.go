package simulator

import (
	"fmt"

	"github.com/weft-realtime/weft/internal/core"
)

// watch looks for an end that waits for a word its peer has no reason to say.
type watch struct {
	path  *path        // the one that is watched
	since [2]core.Time // up, down: since when; 0: it does not
	known [2]uint64    // up, down: what the peer is known to have consumed

	deaf     core.Time // since when nothing arrives on the current path; 0: it does
	unheard  core.Time // and what was sent is not received
	messages uint64    // delivered when somebody last looked
	moved    core.Time // when that changed
}

// patient is how long a sender may be held up though its peer has consumed everything and the path works.
const patient core.Time = 2_500

// slack is how much later than at once something may happen.
const slack core.Time = 1_000

// idle is how long a run may go on without a delivery. Until a session has expired there is none.
const idle = ttl + bound

// look is done at regular intervals.
func (r *run) look() {
	if r.stopped() {
		return
	}
	r.client.comeBack()
	r.endWhenDue()
	r.conclude()
	r.watchWindows()
	r.watchProgress()
	r.watchPath()
	r.after(watchEvery, r.look)
}

// watchProgress ends a run in which nothing is delivered any more.
func (r *run) watchProgress() {
	w := &r.watch
	if r.tally.Messages != w.messages || r.finale.phase == lingering {
		w.messages, w.moved = r.tally.Messages, r.now
	}
	if r.now > w.moved+idle {
		t := r.client.thread
		r.fail(Stalled, "nothing moves: %s, %s", t.client.state(), t.server.state())
	}
}

// proof is how long a stream on which nothing has arrived may take at most until it is suspected (PROTOCOL 13.6, 13.9).
const proof core.Time = 69_000

// watchPath holds the client against its patience with a stream on which nothing arrives any more (PROTOCOL 13.3, 13.4).
func (r *run) watchPath() {
	w, p := &r.watch, r.client.current
	if p == nil || p.link == nil || !p.link.down.hole || r.offline() || r.now <= p.link.down.blocked {
		w.deaf, w.unheard = 0, 0
		return
	}
	if w.deaf == 0 {
		w.deaf = r.now
	}
	if rcv, _, top := p.core.Confirmed(); rcv == top || p.posts { // POSTs are received though the stream is dead
		w.unheard = 0
	} else if w.unheard == 0 {
		w.unheard = r.now
	}
	cfg := &r.set.server
	if r.now > w.deaf+max(cfg.Ping, proof)+cfg.Pong+slack {
		r.fail(Stalled, "the client stays on a dead path: %s", p.side.state())
	}
	suspicion := max(2_000, 4*p.core.RTT()) + 1_000
	if w.unheard > 0 && r.now > max(w.unheard, w.deaf)+2*suspicion+slack && !p.suspected {
		r.fail(Stalled, "the client does not suspect a dead path: %s", p.side.state())
	}
}

func (r *run) watchWindows() {
	t := r.client.thread
	quiet := t.begun == 0 && r.attached() && !r.offline() && r.watch.path == r.client.current
	r.watch.path = r.client.current
	if t.server == nil {
		return
	}
	for i, lane := range []struct{ from, to *side }{{t.client, t.server}, {t.server, t.client}} {
		w := &r.watch.since[i]
		_, known, _ := lane.from.end.Confirmed()
		moved := known != r.watch.known[i]
		r.watch.known[i] = known
		switch {
		case moved || !quiet || !lane.from.heldUp(lane.to):
			*w = 0
		case *w == 0:
			*w = r.now
		case r.now > *w+patient:
			r.fail(Stalled, "%s waits for a window: %s, %s", lane.from.name, lane.from.state(), lane.to.state())
		}
	}
}

// heldUp reports whether messages wait though the peer has consumed everything that was sent, and this end does not
// know.
func (s *side) heldUp(peer *side) bool {
	_, known, top := s.end.Confirmed()
	rcv, ack := peer.end.Progress()
	waits := s.end.Queued().Messages > 0
	if h, server := s.owner.(*hosted); server && !waits {
		waits = h.behind()
	}
	return waits && s.over == nil && rcv == top && ack == top && known < top
}

// state is what a person wants to see of a side that stalls.
func (s *side) state() string {
	if s == nil {
		return "no session"
	}
	rcv, ack := s.end.Progress()
	peerRcv, peerAck, top := s.end.Confirmed()
	return fmt.Sprintf("%s{received %d, consumed %d; sent %d, peer received %d, consumed %d; queued %d, inbox %d, busy %t, open calls %d, over %v}",
		s.name, rcv, ack, top, peerRcv, peerAck, s.end.Queued().Messages, s.waiting(), s.busy, s.open, s.over)
}
