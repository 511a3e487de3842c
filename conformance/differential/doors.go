package differential

import (
	"fmt"
	"slices"
	"strings"
)

// How the server's doors take what arrives.

// serve takes a packet at the server.
func (e *end) serve(c *conn, p packet) {
	switch {
	case c.server == 0:
		e.admit(c, p)
	case p.verb == "poll":
		e.do("token-used")
		if !slices.Contains(e.do("poll %d %s", c.server, p.lines[0]), "stop") {
			c.polls++
		}
	default:
		e.receive(c, p.verb, p.lines)
	}
}

// admit takes the first packet of a connection at the server.
func (e *end) admit(c *conn, p packet) {
	var outcome string
	switch first := p.lines[0]; {
	case p.verb == "poll": // it has overtaken the opening
		return
	case parseFrame(first).Type == "hello":
		outcome = e.ask("hello %s", c.how())
	case parseFrame(first).Type == "attach":
		outcome = e.ask("attach %s %s", c.how(), first)
	default:
		return
	}
	if code, refused := strings.CutPrefix(outcome, "error "); refused {
		c.down = append(c.down, packet{c.verb(e.peer()), []string{e.refusal(code)}})
		return
	}
	if c.server = e.bindings; c.pulled {
		c.polls = 1 // the poll that attaches, which the core is not told of
	}
	e.feed(c, p.verb, p.lines[1:])
}

// refusal is what answers HELLO or ATTACH (PROTOCOL 8.8).
func (e *end) refusal(code string) string {
	if e.over() || code == "4412" {
		return fmt.Sprintf(`{"t":"reset","code":%s,"consumed":%d}`, code, e.position("in", 3))
	}
	return fmt.Sprintf(`{"t":"close","code":%s}`, code)
}

// receive takes frames at the server, and answers a POST.
func (e *end) receive(c *conn, verb string, lines []string) {
	e.feed(c, verb, lines)
	if verb != "post" {
		return
	}
	if !e.w.rand.OneIn(4) {
		e.consume() // the answer waits for it
	}
	outcome := e.ask("answer")
	c.down = append(c.down, packet{"post", []string{
		fmt.Sprintf(`{"t":"ack","rcv":%s,"ack":%s}`, word(outcome, 1), word(outcome, 3)),
	}})
}

// feed puts a batch in, up to where nothing more of it is to be looked at.
func (e *end) feed(c *conn, verb string, lines []string) {
	for _, line := range c.cut(e, lines) {
		if !e.take(verb, c.binding(e), line) {
			break
		}
	}
}
