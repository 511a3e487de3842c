package simulator

import (
	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// heldPoll is a poll that waits for something to say.
type heldPoll struct {
	hosted  *hosted
	binding core.Binding
	reply   func(answer)
	done    bool
}

// answerWait is how long a POST waits for consumption (PROTOCOL 7.5).
const answerWait core.Time = 50

// pollOpen takes the POST that carries HELLO or ATTACH: it is the first poll, and READY answers it at once.
func (s *server) pollOpen(body []byte, reply func(answer)) {
	var d frame.Decoder
	var f frame.Frame
	d.Reset(frame.Binary, body, frame.DefaultMaxFrame)
	if ok, err := d.Next(&f); !ok || err != nil {
		s.run.fail(Broken, "the first batch of a POST does not decode: %v", err)
		return
	}
	h, b, refused := s.admit(&f, true)
	if refused != nil {
		s.run.trace("server: refused: %d", refused.Code)
		reply(answer{refused.Code.HTTPStatus(), frame.Append(nil, frame.Binary, refused)})
		return
	}
	h.enter(door{binding: b})
	h.side.rest(&d, b, true)
	reply(answer{200, h.core.Batch(s.run.now, b, frame.Binary, nil)})
	h.side.work()
}

// session finds the session of a POST. The token says that HELLO is over.
func (s *server) session(sid frame.SID, token frame.Token, att uint64, reply func(answer)) *hosted {
	h := s.sessions[sid]
	switch {
	case h == nil || h.token != token:
		reply(answer{410, frame.Append(nil, frame.Binary, reset(frame.Unknown, 0))})
		return nil
	case h.side.over != nil:
		reply(answer{410, frame.Append(nil, frame.Binary, h.tombstone())})
		return nil
	}
	h.core.TokenUsed()
	code := frame.Superseded
	if att == h.core.Att() {
		if h.core.Current() != 0 && h.door.takesPosts() {
			return h
		}
		code = frame.Timeout // the attachment was given up, and nobody else has the session; or it takes no POSTs
	}
	reply(answer{code.HTTPStatus(), frame.Append(nil, frame.Binary, refusal(code))})
	return nil
}

// poll takes a poll of the current attachment (PROTOCOL 11.4, 11.5).
func (s *server) poll(h *hosted, x *exchange, n, rcv, ack uint64, reply func(answer)) {
	if n <= h.door.poll {
		reply(answer{status: 409})
		return
	}
	again := n > h.door.poll+1
	h.door.poll = n
	if h.door.held != nil {
		h.door.held.answer(204, nil)
	}
	p := &heldPoll{hosted: h, binding: h.door.binding, reply: reply}
	out, _ := h.core.Poll(s.run.now, h.door.binding, rcv, ack, again, h.side.effects[:0])
	h.side.effects = out
	h.door.held = p
	x.gone = func() { p.answer(204, nil) }
	s.run.after(s.run.set.server.Hold, func() { p.answer(204, nil) })
	h.side.apply()
	h.side.work()
}

// answer ends a poll.
func (p *heldPoll) answer(status int, body []byte) {
	if p.done || p.hosted.side.run.stopped() {
		return
	}
	p.done = true
	h := p.hosted
	if h.door.held == p {
		h.door.held = nil
	}
	h.core.PollDone(h.side.run.now, p.binding)
	p.reply(answer{status, body})
	h.side.arm()
}

// flushPoll answers the held poll when there is something to say.
func (h *hosted) flushPoll() {
	if !h.core.Pending() {
		return
	}
	if body := h.core.Batch(h.side.run.now, h.door.binding, frame.Binary, nil); len(body) > 0 {
		h.door.held.answer(200, body)
	}
}

// send takes a POST of frames. Its answer waits for their consumption, but not long.
func (s *server) send(h *hosted, body []byte, reply func(answer)) {
	h.side.take(body, frame.Binary, h.door.binding, true)
	if rcv, ack := h.core.Progress(); rcv == ack {
		h.answerSend(reply)
		return
	}
	h.settling++
	s.run.after(answerWait, func() {
		h.settling--
		if !s.run.stopped() {
			h.answerSend(reply)
		}
	})
}

func (h *hosted) answerSend(reply func(answer)) {
	if h.side.over != nil {
		reply(answer{410, frame.Append(nil, frame.Binary, h.tombstone())})
		return
	}
	f := frame.Frame{Type: frame.Ack}
	f.Rcv, f.Ack = h.core.Answer()
	reply(answer{200, frame.Append(nil, frame.Binary, &f)})
	h.side.work()
}
