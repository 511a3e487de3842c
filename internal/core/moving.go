package core

import "github.com/weft-realtime/weft/transport/frame"

// moving is a server's wish that its client opens its next session elsewhere (PROTOCOL 18).
type moving struct {
	url   string
	until Time // the end of the time in which clients go; 0: no wish
	due   bool // GOAWAY is to be written on the current binding
}

// Move asks the client to open a session at url at a random moment within the given time, and then to close this one.
// It is said on every attachment from now on.
func (s *Server) Move(now, within Time, url string) {
	s.moving = moving{url: url, until: now + within, due: true}
}

// moveDue reports whether GOAWAY is to be written. On the way out there is nothing to ask for any more.
func (e *End) moveDue() bool { return e.moving.due && !e.closing.any() }

func (e *End) writeMove(now Time, w *batch) {
	m := &e.moving
	if e.moveDue() {
		m.due = false
		w.frame(&frame.Frame{Type: frame.Goaway, DrainMs: uint64(max(m.until-now, 0)), Text: m.url})
	}
}

// Leave is Close after a server's wish that the client moves: the session is over when the server, which then closes as
// well, has brought what it had queued.
func (c *Client) Leave(code frame.Code, reason string) {
	c.closing.both = c.over == nil && !c.closing.any()
	c.Close(code, reason)
}

// Expire lets the session end by itself when it has been without a connection for as long as the server keeps it: where it
// was opened there may be nobody any more who could say so (PROTOCOL 18.6).
func (c *Client) Expire() { c.expires = true }

// mayExpire reports whether the session ends when it stays without a connection: its last word has nobody to hear it then
// (PROTOCOL 9.2), or Expire was said.
func (c *Client) mayExpire() bool { return (c.closing.any() || c.expires) && c.live.detach != 0 }

func (c *Client) expire() {
	if c.closing.any() {
		c.end(c.closing.over())
		return
	}
	c.end(Over{Code: frame.Unknown, Reason: "expired"})
}

// Hold keeps back what is queued, until Release: another session still has to bring what was sent before it. What has a
// number already is not kept back.
func (c *Client) Hold() { c.send.hold = true }

// Release ends Hold.
func (c *Client) Release() { c.send.hold = false }
