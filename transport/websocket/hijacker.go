package websocket

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
)

// hijacker is the ResponseWriter that gorilla gets. It finds the connection behind middleware that only unwraps, and
// hands it over together with what the client sent right behind its request, which gorilla would refuse.
type hijacker struct{ http.ResponseWriter }

// Hijack implements http.Hijacker. Nothing of net/http's buffers is held afterwards.
func (h hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	if n := rw.Reader.Buffered(); n > 0 {
		early, _ := rw.Reader.Peek(n) // buffered: cannot fail
		c = &earlyConn{Conn: c, early: bytes.Clone(early)}
		rw.Reader.Reset(c)
	}
	return c, rw, nil
}

// earlyConn is a connection of which something was read too early. It has one reader.
type earlyConn struct {
	net.Conn
	early []byte
}

func (c *earlyConn) Read(p []byte) (int, error) {
	if len(c.early) == 0 {
		return c.Conn.Read(p)
	}
	n := copy(p, c.early)
	if c.early = c.early[n:]; len(c.early) == 0 {
		c.early = nil
	}
	return n, nil
}
