package core

import "github.com/weft-realtime/weft/transport/frame"

// Client is the end that opens the session and attaches to it.
type Client struct {
	End
	nonce      frame.Nonce
	extras     []frame.Extra
	session    *frame.Opening // of the last READY; nil before the first
	token      frame.Token
	candidate  candidate
	lastAtt    uint64 // the greatest att that was used
	superseded int    // attempts in a row that were answered 4409
	expires    bool   // by itself; see Expire
}

// candidate is the one HELLO or ATTACH that is outstanding (PROTOCOL 8.6).
type candidate struct {
	binding  Binding // 0: none
	pulled   bool
	rcv, ack uint64 // what it told
}

// NewClient returns a client end that has no session yet. extras ride in HELLO and ATTACH.
func NewClient(cfg Config, nonce frame.Nonce, extras []frame.Extra) *Client {
	c := &Client{nonce: nonce, extras: extras}
	c.init(cfg)
	return c
}

// Session is what the last READY said, or nil before the first one. Token is in it from the first one on.
func (c *Client) Session() *frame.Opening { return c.session }

// Outstanding is the binding whose HELLO or ATTACH has no answer yet, or 0.
func (c *Client) Outstanding() Binding { return c.candidate.binding }

// Open begins an attempt on a new connection: HELLO while there is no session, ATTACH with the next att once there is.
// An attempt before it that has no answer yet is given up. The first batch for the connection is appended to buf.
func (c *Client) Open(now Time, pulled bool, enc frame.Encoding, buf []byte) (Binding, []byte) {
	c.bindings++
	c.candidate = candidate{binding: c.bindings, pulled: pulled}
	c.closing.held = c.session != nil
	if c.session == nil {
		return c.bindings, c.appendHello(now, enc, buf)
	}
	c.lastAtt++
	k := &c.candidate
	k.rcv, k.ack = c.Progress()
	return c.bindings, frame.Append(buf, enc, &frame.Frame{Type: frame.Attach, Rcv: k.rcv, Ack: k.ack, Open: &frame.Opening{
		Version: frame.Version, SID: c.session.SID, Token: c.token,
		Att: c.lastAtt, Gen: c.session.Gen, Extras: c.extras,
	}})
}

// appendHello appends HELLO and the first messages, within what every server grants (PROTOCOL 5.6, 8.1).
func (c *Client) appendHello(now Time, enc frame.Encoding, buf []byte) []byte {
	c.lastAtt = 1
	w := batch{enc: enc, buf: buf, end: len(buf) + c.cfg.Batch}
	w.frame(&frame.Frame{Type: frame.Hello, Open: &frame.Opening{
		Version: frame.Version, Nonce: c.nonce, Extras: c.extras,
	}})
	c.send.rewind()
	c.writeMessages(now, &w)
	return w.buf
}

// Receive is End.Receive, and takes the answer to the outstanding HELLO or ATTACH. The answer to a dial that needs a session
// has binding 0.
func (c *Client) Receive(now Time, b Binding, f *frame.Frame, post bool, out []Effect) ([]Effect, bool) {
	if b != 0 && b == c.candidate.binding && c.over == nil {
		return c.receiveAnswer(now, f, out)
	}
	if b == 0 && f.Type == frame.Reset && c.session != nil && c.over == nil { // the answer to a dial
		return c.receiveReset(now, f, out), false
	}
	if b == c.current && b != 0 && f.Type == frame.Reset && c.over == nil { // the answer to a POST
		out = c.receiveReset(now, f, out)
		return append(out, Effect{Kind: Dead, Binding: b, Code: f.Code, Reason: f.Text}), false
	}
	lost := b != 0 && b == c.current && f.Type == frame.Close && !f.Graceful && f.Code == frame.Superseded && c.takenOver()
	out, more := c.End.Receive(now, b, f, post, out)
	if lost {
		c.end(Over{Code: f.Code, Reason: f.Text, Remote: true})
	}
	return out, more
}

// takenOver reports whether a 4409 on the current attachment means that another holder of the token has the session:
// nobody of ours has a greater att. Of att 1 it may mean a late copy of our own HELLO, so the next ATTACH will tell.
func (c *Client) takenOver() bool { return c.att > 1 && c.lastAtt == c.att }

func (c *Client) receiveAnswer(now Time, f *frame.Frame, out []Effect) ([]Effect, bool) {
	k := c.candidate
	switch f.Type {
	case frame.Ready:
		return c.receiveReady(now, k, f, out)
	case frame.Reset:
		c.giveUp()
		out = c.receiveReset(now, f, out)
	case frame.Close:
		c.giveUp()
		if c.refused(f.Code) {
			c.end(Over{Code: f.Code, Reason: f.Text, Remote: true})
		}
	case frame.Pad:
		return out, true
	default:
		c.giveUp()
		f = &frame.Frame{Code: frame.BadProtocol, Text: "no READY"}
	}
	return append(out, Effect{Kind: Dead, Binding: k.binding, Code: f.Code, Reason: f.Text}), false
}

// receiveReset ends a session that the server no longer has; what it consumed is confirmed (PROTOCOL 9.5).
func (c *Client) receiveReset(now Time, f *frame.Frame, out []Effect) []Effect {
	told := min(f.Consumed, c.send.top)
	out = c.confirm(now, told, told, out)
	c.end(Over{Code: f.Code, Reason: f.Text, Remote: true})
	return out
}

// maxSuperseded is how many attempts in a row may be answered 4409. An ATTACH that something between the ends sends
// twice is answered so, but not again and again: then the session is another's.
const maxSuperseded = 3

// refused reports whether a CLOSE in answer to HELLO or ATTACH ends the session, and not just the attempt.
func (c *Client) refused(code frame.Code) bool {
	switch code.Class() {
	case frame.ClassResume, frame.ClassDelay:
		return false
	case frame.ClassSuperseded:
		c.superseded++
		return c.session == nil || c.superseded >= maxSuperseded
	}
	return true
}

// receiveReady makes the candidate the current attachment (PROTOCOL 8.5, 8.7).
func (c *Client) receiveReady(now Time, k candidate, f *frame.Frame, out []Effect) ([]Effect, bool) {
	o := f.Open
	c.candidate = candidate{}
	known := c.session == nil && o.HasToken || c.session != nil && o.SID == c.session.SID
	if !known || o.Att != c.lastAtt || f.Rcv < c.send.una-1 || f.Rcv > c.send.top || f.Ack > f.Rcv {
		c.end(Over{Code: frame.Diverged, Reason: "diverged"})
		return append(out, Effect{Kind: Dead, Binding: k.binding, Code: frame.Diverged, Reason: "diverged"}), false
	}
	if c.session == nil {
		c.token = o.Token
	}
	session := *o
	session.Token = c.token
	c.session = &session
	c.att, c.superseded = o.Att, 0
	c.send.window, c.receive.window = o.Window, o.DownWindow
	c.send.onePasses = true
	c.cfg.MaxFrame = int(o.MaxFrame)
	c.cfg.Ping, c.cfg.TTL = Time(o.PingMs), Time(o.TTLMs)
	out = c.confirm(now, f.Rcv, f.Ack, out)
	c.bind(now, k.binding, k.pulled)
	c.closing.held = false
	c.receive.told.rcv, c.receive.told.ack = k.rcv, k.ack
	c.receive.due = c.receive.due || c.receive.untold()
	c.live.sent(now, c.send.peerRcv < c.send.top)
	if !k.pulled {
		c.live.prove = now + proveAfter
	}
	out = append(out, Effect{Kind: Attached, Binding: k.binding})
	for it := c.refuse(); it != nil; it = c.refuse() {
		out = append(out, Effect{Kind: Refused, Item: it, Code: frame.TooLarge})
	}
	return out, true
}

// refuse takes a queued message out that is longer than the server takes (PROTOCOL 5.7).
func (c *Client) refuse() *Item { return c.send.queue.removeOversize(c.cfg.MaxFrame - frameOverhead) }

// frameOverhead is room for the sequence number in a DATA frame's body.
const frameOverhead = 8

// Lost says that the connection of a binding died, current or not yet.
func (c *Client) Lost(now Time, b Binding) {
	if b == c.candidate.binding {
		c.giveUp()
	}
	c.End.Lost(now, b)
}

// giveUp ends the outstanding attempt.
func (c *Client) giveUp() {
	c.candidate, c.closing.held = candidate{}, false
	c.settle()
}

// Wake says that time may have passed unnoticed: the network is back, the page is visible again (PROTOCOL 13.5).
func (c *Client) Wake(now Time) {
	if c.current != 0 {
		c.live.ask(now+wakePatience, woken)
	}
}

// Posted says that a batch goes out on a binding in a POST, which will be answered, or its connection given up
// (PROTOCOL 13.8).
func (c *Client) Posted(now Time, b Binding) {
	if b == c.current && b != 0 {
		c.live.owed = c.overdue(now)
	}
}

// Answered says that the answer to the last POST of a binding has come.
func (c *Client) Answered(b Binding) {
	if b == c.current && b != 0 {
		c.live.owed = 0
	}
}

// Tick does what the time asks for. It may be called at any time, and has something to do at Deadline.
func (c *Client) Tick(now Time, out []Effect) []Effect {
	l := &c.live
	switch {
	case c.over != nil:
		return out
	case c.current == 0:
		if c.mayExpire() && now >= l.detach+c.cfg.TTL {
			c.expire()
		}
		return out
	case now >= l.heard+c.patience():
		return c.silent(now, out)
	case l.suspect != 0 && now >= l.suspect, l.owed != 0 && now >= l.owed:
		return c.suspected(now, out)
	case l.sentAt != 0 && now >= l.sentAt+c.unreceivedFor():
		l.ask(now+suspectAfter*c.slack(c.laden()), unreceived)
		l.sentAt = now
	case l.prove != 0 && now >= l.prove:
		l.ask(now+c.proof(), unproven)
	}
	return out
}

// patience is how long the path may be silent (PROTOCOL 13.3, 13.9).
func (c *Client) patience() Time {
	d := c.cfg.Ping
	if c.live.pulled {
		d = c.cfg.Hold
	}
	if c.slack(true) > 1 {
		d = max(d, proveAfter+c.proof())
	}
	return d + c.cfg.Pong
}

// proof is how long the PING of a path that has carried nothing may be unanswered (PROTOCOL 13.6, 13.9).
func (c *Client) proof() Time {
	n := c.slack(true)
	return provePatience * min(n*n, maxProof)
}

// unreceivedFor is how long what was sent may not be received (PROTOCOL 13.4).
func (c *Client) unreceivedFor() Time {
	d := max(minUnreceived, 4*c.live.srtt)
	return max(d, min(d*c.slack(c.laden()), maxPatience))
}

// overdue is when the answer to a POST that goes out now should have come (PROTOCOL 13.8).
func (c *Client) overdue(now Time) Time {
	return now + c.unreceivedFor() + suspectAfter*c.slack(c.laden())
}

// laden reports whether so much is on its way that a narrow network may need long for it.
func (c *Client) laden() bool { return c.send.flight.Bytes+c.send.unreceived >= longWay }

// silent gives the attachment up.
func (c *Client) silent(now Time, out []Effect) []Effect {
	c.doubt()
	return c.dead(now, out)
}

// suspected says that the path may be dead, and has patience with it once more.
func (c *Client) suspected(now Time, out []Effect) []Effect {
	l := &c.live
	if l.suspect == 0 || l.why != woken {
		c.doubt()
	}
	l.suspect = 0
	if l.sentAt != 0 {
		l.sentAt = now
	}
	if l.owed != 0 {
		l.owed = c.overdue(now)
	}
	return append(out, Effect{Kind: Suspect, Binding: c.current})
}

// doubt counts a suspicion, or an end, behind which nothing has come through.
func (c *Client) doubt() {
	l := &c.live
	if c.Through() != l.through {
		l.doubts, l.through = 0, c.Through()
	}
	l.doubts = min(l.doubts+1, maxDoubts)
}

// slack is how many times longer a path is trusted than it would be, if no suspicion had come to nothing. long says that
// what is on its way may be longer than a narrow path carries in that time: every attachment begins with it again
// (PROTOCOL 13.9).
func (c *Client) slack(long bool) Time {
	if !long || c.Through() != c.live.through {
		return 1
	}
	return 1 << c.live.doubts
}

// Deadline is when Tick has something to do next, or 0 when only an event can change that.
func (c *Client) Deadline() Time {
	l := &c.live
	switch {
	case c.over != nil:
		return 0
	case c.current == 0:
		if c.mayExpire() {
			return l.detach + c.cfg.TTL
		}
		return 0
	}
	unreceived := Time(0)
	if l.sentAt != 0 {
		unreceived = l.sentAt + c.unreceivedFor()
	}
	return earliest(l.heard+c.patience(), l.suspect, l.owed, unreceived, l.prove)
}
