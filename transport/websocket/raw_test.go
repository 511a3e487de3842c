package websocket_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	gorilla "github.com/gorilla/websocket"

	"github.com/weft-realtime/weft/transport/frame"
)

// raw is a client that can send anything.
type raw struct {
	net.Conn
	*bufio.Reader
	t *testing.T
}

const upgrade = "GET /rt/ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"

// dialRaw upgrades and writes early in the same packet as the request.
func (s *server) dialRaw(t *testing.T, subprotocol string, early []byte) raw {
	t.Helper()
	c, err := net.Dial("tcp", s.mount.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return upgradeRaw(t, c, subprotocol, early)
}

func upgradeRaw(t *testing.T, c net.Conn, subprotocol string, early []byte) raw {
	t.Helper()
	r := raw{Conn: c, Reader: bufio.NewReader(c), t: t}
	r.write(append([]byte(upgrade+"Sec-WebSocket-Protocol: "+subprotocol+"\r\n\r\n"), early...))
	resp, err := http.ReadResponse(r.Reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("upgrade answered %s", resp.Status)
	}
	return r
}

func (r raw) write(p []byte) {
	r.t.Helper()
	if _, err := r.Conn.Write(p); err != nil {
		r.t.Fatal(err)
	}
}

// read returns the next frame's first byte and payload.
func (r raw) read() (byte, []byte) {
	r.t.Helper()
	var head [2]byte
	if _, err := io.ReadFull(r.Reader, head[:]); err != nil {
		r.t.Fatal(err)
	}
	if head[1] > 125 {
		r.t.Fatalf("unexpected header % x", head)
	}
	payload := make([]byte, head[1])
	if _, err := io.ReadFull(r.Reader, payload); err != nil {
		r.t.Fatal(err)
	}
	return head[0], payload
}

// refused expects CLOSE in band and a close frame, both with the code.
func (r raw) refused(enc frame.Encoding, code frame.Code) {
	r.t.Helper()
	_, batch := r.read()
	wantClose(r.t, enc, batch, code)
	op, text := r.read()
	if want := gorilla.FormatCloseMessage(int(code), ""); op != 0x88 || len(text) < 2 || !bytes.Equal(text[:2], want) {
		r.t.Errorf("frame %x % x, want a close frame with %d", op, text, code)
	}
}

func wantClose(t *testing.T, enc frame.Encoding, batch []byte, code frame.Code) {
	t.Helper()
	var d frame.Decoder
	var f frame.Frame
	d.Reset(enc, batch, 4<<10)
	if ok, err := d.Next(&f); !ok || err != nil || f.Type != frame.Close || f.Code != code {
		t.Errorf("got % x = %+v, %v, want CLOSE %d", batch, f, err, code)
	}
}

// wsFrame is a masked frame with the mask zero.
func wsFrame(first byte, payload string) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	default:
		b = append(b, 0x80|126, byte(n>>8), byte(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}
