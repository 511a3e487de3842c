package websocket_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/websocket"
)

// echo is a gate whose attachments send back what is delivered.
type echo struct {
	transport.Attachment
	transport.Conn
	quiet bool // only count
	got   sync.WaitGroup
}

func (e *echo) Limits() transport.Limits                         { return defaults }
func (e *echo) Admit(*http.Request) (transport.Opener, error)    { return e, nil }
func (e *echo) Find(*http.Request) (transport.Attachment, error) { return nil, nil }
func (e *echo) Lost(error)                                       {}

func (*echo) Refuse(err error) error { return err }

func (e *echo) Open(_ []byte, c transport.Conn) (transport.Attachment, error) {
	e.Conn = c
	return e, c.Send([]byte("ready"))
}

func (e *echo) Deliver(batch []byte, _ bool) error {
	if e.quiet {
		e.got.Done()
		return nil
	}
	return e.Conn.Send(batch)
}

func serveEcho(b *testing.B, e *echo) *url.URL {
	tr := websocket.New(websocket.Config{})
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { tr.Serve(w, r, e) }))
	b.Cleanup(func() {
		h.Close()
		tr.Wait()
	})
	mount, err := url.Parse(h.URL + "/rt")
	if err != nil {
		b.Fatal(err)
	}
	return mount
}

// dialPlain attaches without a client library, so that only the server's allocations are counted.
func dialPlain(b *testing.B, mount *url.URL) net.Conn {
	c, err := net.Dial("tcp", mount.Host)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	request := upgrade + "Sec-WebSocket-Protocol: weft.1\r\n\r\n"
	if _, err := c.Write(append([]byte(request), wsFrame(0x82, hello)...)); err != nil {
		b.Fatal(err)
	}
	var got []byte
	for !bytes.HasSuffix(got, []byte("ready")) {
		p := make([]byte, 512)
		n, err := c.Read(p)
		if err != nil {
			b.Fatal(err)
		}
		got = append(got, p[:n]...)
	}
	return c
}

var sizes = []struct {
	name  string
	bytes int
}{{"128B", 128}, {"4KiB", 4 << 10}}

// BenchmarkRead measures the server's way of a message to Deliver.
func BenchmarkRead(b *testing.B) {
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			e := &echo{quiet: true}
			c := dialPlain(b, serveEcho(b, e))
			message := wsFrame(0x82, strings.Repeat("x", size.bytes))
			b.ReportAllocs()
			for b.Loop() {
				e.got.Add(1)
				if _, err := c.Write(message); err != nil {
					b.Fatal(err)
				}
				e.got.Wait()
			}
		})
	}
}

// BenchmarkWrite measures Conn.Send.
func BenchmarkWrite(b *testing.B) {
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			e := new(echo)
			c := dialPlain(b, serveEcho(b, e))
			batch, got := make([]byte, size.bytes), make([]byte, size.bytes+4)
			b.ReportAllocs()
			for b.Loop() {
				if err := e.Conn.Send(batch); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadAtLeast(c, got, size.bytes+2); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkEcho measures a round trip of a link, both ends.
func BenchmarkEcho(b *testing.B) {
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			l, err := new(websocket.Dialer).Dial(b.Context(), transport.Target{Mount: serveEcho(b, new(echo))})
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close(frame.Done, "")
			batch := make([]byte, size.bytes)
			l.Send(b.Context(), batch)
			l.Receive(b.Context())
			b.ReportAllocs()
			for b.Loop() {
				if _, err := l.Send(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
				if _, err := l.Receive(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkIdle measures what an idle connection keeps at the server, and a few hundred bytes of a plain client.
func BenchmarkIdle(b *testing.B) {
	const n = 1000
	mount := serveEcho(b, new(echo))
	dialPlain(b, mount)
	before, goroutines := used(), runtime.NumGoroutine()
	for range n {
		dialPlain(b, mount)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(used()-before)/n, "B/conn")
	b.ReportMetric(float64(runtime.NumGoroutine()-goroutines)/n, "goroutines/conn")
}

// used is the memory in use in bytes, stacks included.
func used() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
