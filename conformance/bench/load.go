package bench

import (
	"fmt"
	"net/http"

	gorilla "github.com/gorilla/websocket"

	"github.com/weft-realtime/weft/transport/frame"
)

// conn is one client connection of the load: it sends and counts messages, and does no more than it must.
type conn interface {
	send(n int) error          // n messages in one go
	receive() (n int, _ error) // waits for the next batch: how many messages came
	close()
}

func dial(kind, addr string) (conn, error) {
	switch kind {
	case "sse":
		return dialStream(addr)
	case "raw webtransport":
		return dialRawWebTransport(addr)
	case "webtransport":
		session, stream, err := dialWebTransport(addr)
		if err != nil {
			return nil, err
		}
		w := &weftConn{pipe: &batches{session: session, stream: stream}}
		return w, w.hello()
	}
	d := gorilla.Dialer{ReadBufferSize: 4096, WriteBufferSize: 4096}
	if kind == "raw" {
		c, _, err := d.Dial("ws://"+addr+"/ws", nil)
		return &rawConn{c}, err
	}
	d.Subprotocols = []string{"weft.1"}
	c, _, err := d.Dial("ws://"+addr+"/rt/ws", http.Header{})
	if err != nil {
		return nil, err
	}
	w := &weftConn{pipe: messages{c}}
	return w, w.hello()
}

// pipe carries batches.
type pipe interface {
	read() ([]byte, error) // valid until the next call
	write([]byte) error
	close()
}

// messages are those of a WebSocket.
type messages struct{ c *gorilla.Conn }

func (m messages) read() ([]byte, error) {
	_, batch, err := m.c.ReadMessage()
	return batch, err
}

func (m messages) write(b []byte) error { return m.c.WriteMessage(gorilla.BinaryMessage, b) }
func (m messages) close()               { m.c.Close() }

type rawConn struct{ c *gorilla.Conn }

func (r *rawConn) send(n int) error {
	for range n {
		if err := r.c.WriteMessage(gorilla.BinaryMessage, payload); err != nil {
			return err
		}
	}
	return nil
}

func (r *rawConn) receive() (int, error) {
	_, _, err := r.c.ReadMessage()
	return 1, err
}

func (r *rawConn) close() { r.c.Close() }

// weftConn speaks weft/1 with a session opened in band (PROTOCOL 14.6).
type weftConn struct {
	pipe
	d    frame.Decoder
	buf  []byte
	top  uint64
	rcv  uint64
	told uint64
}

func (w *weftConn) hello() error {
	f := frame.Frame{Type: frame.Hello, Open: &frame.Opening{Version: frame.Version}}
	copy(f.Open.Nonce[:], fmt.Sprintf("%p", w))
	if err := w.write(frame.Append(nil, frame.Binary, &f)); err != nil {
		return err
	}
	_, err := w.receive()
	return err
}

func (w *weftConn) ack() {
	w.buf = frame.Append(w.buf, frame.Binary, &frame.Frame{Type: frame.Ack, Rcv: w.rcv, Ack: w.rcv})
	w.told = w.rcv
}

func (w *weftConn) send(n int) error {
	w.buf = w.buf[:0]
	if w.told != w.rcv {
		w.ack()
	}
	for range n {
		w.top++
		m := frame.Message{Kind: frame.Event, Codec: frame.CodecJSON, Name: "echo", Payload: payload}
		w.buf = frame.Append(w.buf, frame.Binary, &frame.Frame{Type: frame.Data, Seq: w.top, Message: m})
	}
	return w.write(w.buf)
}

func (w *weftConn) receive() (int, error) {
	batch, err := w.read()
	if err != nil {
		return 0, err
	}
	w.d.Reset(frame.Binary, batch, frame.DefaultMaxFrame)
	var f frame.Frame
	n := 0
	for {
		ok, err := w.d.Next(&f)
		if !ok || err != nil {
			break
		}
		if f.Type == frame.Data {
			n++
			w.rcv = f.Seq
		}
	}
	if w.rcv-w.told >= 256 {
		w.buf = w.buf[:0]
		w.ack()
		err = w.write(w.buf)
	}
	return n, err
}
