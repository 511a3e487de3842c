package differential

import (
	"fmt"
	"slices"

	"github.com/weft-realtime/weft/conformance/prng"
)

// conn is a connection: a stream, or a series of polls and other POSTs, or a stream down beside POSTs up.
type conn struct {
	pulled, posted bool     // polls; POSTs up
	client, server int      // bindings; 0 where there is none, or not yet
	up, down       []packet // on their way
	polls          int      // that are open
	asked, missed  bool     // client: a poll has no answer yet; the answer before was lost
}

// packet is what arrives together.
type packet struct {
	verb  string // frame or post, or poll, where the line is the positions of one
	lines []string
}

func (c *conn) binding(e *end) int {
	if e.isClient() {
		return c.client
	}
	return c.server
}

// towards is what is on its way to an end.
func (c *conn) towards(e *end) *[]packet {
	if e.isClient() {
		return &c.down
	}
	return &c.up
}

// newConn is a connection of any kind.
func (w *world) newConn() *conn {
	pulled := w.rand.OneIn(2)
	return &conn{pulled: pulled, posted: pulled || w.rand.OneIn(3)}
}

// verb is how frames arrive at an end.
func (c *conn) verb(e *end) string {
	if c.pulled || c.posted && !e.isClient() {
		return "post"
	}
	return "frame"
}

// connect opens a connection, mostly when there is none.
func (w *world) connect() {
	e := w.client
	if (e.current() != nil || e.state["outstanding"] != "0") && !w.rand.OneIn(8) || e.over() && !w.rand.OneIn(20) {
		return
	}
	c := w.newConn()
	opening := packet{c.verb(w.server), w.open(c.how())}
	if len(opening.lines) == 0 {
		return // the core has failed
	}
	c.client = e.bindings
	c.up = append(c.up, opening)
	w.conns = append(w.conns, c)
	w.openings = append(w.openings, opening)
}

// open has the client open a connection and returns its first batch.
func (w *world) open(how string) (batch []string) {
	lines := w.client.do("open %s", how)
	if len(lines) < 2 {
		return nil
	}
	w.attempt = max(1, parseFrame(lines[1]).Att)
	return lines[1:]
}

func (c *conn) how() string {
	if c.pulled {
		return "poll"
	}
	return "stream"
}

// write takes a batch from the end and sends it.
func (e *end) write() {
	if e.w.rand.OneIn(30) {
		e.do("batch %d", e.someBinding()) // what is written now is lost
		return
	}
	c := e.current()
	if c == nil || c.pulled && !e.isClient() && c.polls == 0 && !e.w.rand.OneIn(20) {
		return
	}
	lines := e.do("batch %d", c.binding(e))
	if !e.isClient() && c.pulled && c.polls > 0 && (len(lines) > 0 || e.w.rand.OneIn(6)) {
		e.do("poll-done %d", c.server)
		c.polls--
		c.down = append(c.down, packet{"post", lines})
		return
	}
	if e.isClient() && c.posted {
		e.do("posted %d", c.client)
	}
	if len(lines) > 0 {
		queue := c.towards(e.peer())
		*queue = append(*queue, packet{c.verb(e.peer()), lines})
	}
}

// poll opens a poll of the client's current connection.
func (w *world) poll() {
	e := w.client
	c := e.current()
	if c == nil || !c.pulled || c.asked && !w.rand.OneIn(10) {
		return
	}
	line := fmt.Sprintf("%d %d", e.position("in", 1), e.position("in", 3))
	if c.asked || c.missed {
		line += " again"
	}
	c.asked, c.missed = true, false
	c.up = append(c.up, packet{"poll", []string{line}})
}

// arrive lets a packet arrive somewhere.
func (w *world) arrive() {
	e := prng.Pick(w.rand, w.client, w.server)
	var ready []*conn
	for _, c := range w.conns {
		if len(*c.towards(e)) > 0 {
			ready = append(ready, c)
		}
	}
	if len(ready) == 0 {
		return
	}
	c := prng.Pick(w.rand, ready...)
	queue := c.towards(e)
	i := 0
	if w.rand.OneIn(c.disorder(e)) {
		i = w.rand.N(len(*queue))
	}
	p := (*queue)[i]
	twice := w.rand.OneIn(c.disorder(e))
	if twice && c.server == 0 && !e.isClient() { // HELLO and ATTACH come again on a connection of their own
		w.conns = append(w.conns, &conn{pulled: c.pulled, posted: c.posted, client: c.client, up: []packet{p}})
		twice = false
	}
	if !twice {
		*queue = slices.Delete(*queue, i, i+1)
	}
	switch {
	case c.verb(e) == "post" && w.rand.OneIn(15): // lost
		c.missed, c.asked = c.missed || e.isClient(), false
	case e.isClient():
		w.client.accept(c, p)
	default:
		w.server.serve(c, p)
	}
}

// disorder: once in so many times something comes twice or too early. POSTs overtake each other; what a stream carries
// does not, but one end may be wrong.
func (c *conn) disorder(e *end) int {
	if c.verb(e) == "post" {
		return 10
	}
	return 400
}

// accept takes a packet at the client.
func (e *end) accept(c *conn, p packet) {
	c.asked = false
	if len(p.lines) == 0 {
		e.do("heard %d", c.client)
	}
	if c.posted && e.w.rand.OneIn(2) {
		e.do("answered %d", c.client)
	}
	e.feed(c, p.verb, p.lines)
}

// cut leaves out the end of a batch, if the connection dies in the middle of it.
func (c *conn) cut(e *end, lines []string) []string {
	if len(lines) < 2 || !e.w.rand.OneIn(40) {
		return lines
	}
	*c.towards(e) = nil
	return lines[:e.w.rand.N(len(lines))]
}

// lose tells an end that a connection died, mostly the current one. What is on its way may still come.
func (e *end) lose() {
	r := e.w.rand
	if r.OneIn(5) {
		e.do("lost %d", e.someBinding())
		return
	}
	c := e.current()
	if c == nil && len(e.w.conns) > 0 {
		c = prng.Pick(r, e.w.conns...)
	}
	if c == nil {
		return
	}
	e.do("lost %d", c.binding(e))
	if r.OneIn(2) {
		e.peer().do("lost %d", c.binding(e.peer()))
	}
	if !r.OneIn(4) {
		c.up, c.down = nil, nil
	}
}
