package websocket

import (
	"bufio"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"weak"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/internal/post"
)

// hijacked is a ResponseWriter that gives away a pipe, and buffers as net/http's are.
type hijacked struct {
	*httptest.ResponseRecorder
	conn net.Conn
	rw   *bufio.ReadWriter
}

func (h *hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	rw := h.rw
	h.rw = nil
	return h.conn, rw, nil
}

// A connection keeps neither net/http's buffers nor the request: 8 KiB and more for each, for as long as it lives.
func TestNothingIsPinned(t *testing.T) {
	here, there := net.Pipe()
	defer here.Close()
	defer there.Close()
	go http.ReadResponse(bufio.NewReader(there), nil) // takes the answer to the upgrade

	r := httptest.NewRequest(http.MethodGet, "/ws", nil)
	r.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"},
		"Sec-Websocket-Key": {"AAAAAAAAAAAAAAAAAAAAAA=="}, "Sec-Websocket-Protocol": {Binary}}
	w := &hijacked{httptest.NewRecorder(), here, bufio.NewReadWriter(bufio.NewReader(here), bufio.NewWriter(here))}
	reader, writer, request := weak.Make(w.rw.Reader), weak.Make(w.rw.Writer), weak.Make(r)

	ws, err := New(Config{}).upgrade(w, post.Begin(w, r, transport.Limits{MaxFrame: 1}))
	if err != nil {
		t.Fatal(err)
	}
	w, r = nil, nil
	runtime.GC()
	runtime.GC()
	if reader.Value() != nil || writer.Value() != nil || request.Value() != nil {
		t.Errorf("pinned: reader %v, writer %v, request %v",
			reader.Value() != nil, writer.Value() != nil, request.Value() != nil)
	}
	runtime.KeepAlive(ws)
}
