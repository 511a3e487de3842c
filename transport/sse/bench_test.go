package sse_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/sse"
)

var sizes = []struct {
	name  string
	bytes int
}{{"128B", 128}, {"4KiB", 4 << 10}}

// dataBatch is a batch of one DATA frame in JSON of about n bytes.
func dataBatch(n int) []byte {
	m := frame.Message{Kind: frame.Event, Name: "e", Codec: frame.CodecJSON, Payload: []byte(`"` + strings.Repeat("x", n) + `"`)}
	return frame.Append(nil, frame.JSON, &frame.Frame{Type: frame.Data, Seq: 41, Message: m})
}

// openPlain attaches a stream without a client library, so that only the server's allocations are counted.
func openPlain(b *testing.B, s *server) (net.Conn, *attachment) {
	c, err := net.Dial("tcp", s.mount.Host)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	fmt.Fprintf(c, "POST /rt%s/sse HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", mine)
	var got []byte
	p := make([]byte, 512)
	for {
		n, err := c.Read(p)
		if err != nil {
			b.Fatal(err)
		}
		got = append(got, p[:n]...)
		if _, id, ok := strings.Cut(string(got), "event: stream\ndata: "); ok && len(id) >= 24 {
			if status, _ := s.post(b, mine+"/sse?stream="+id[:22], attach); status != 204 {
				b.Fatal(status)
			}
			return c, <-s.bound
		}
	}
}

// BenchmarkWrite measures Conn.Send, and what a plain client needs to read.
func BenchmarkWrite(b *testing.B) {
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			s := serve(b, newGate())
			c, a := openPlain(b, s)
			batch := dataBatch(size.bytes)
			got := make([]byte, 2*len(batch)+100)
			b.ReportAllocs()
			for b.Loop() {
				if err := a.conn.Send(batch); err != nil {
					b.Fatal(err)
				}
				for n := 0; n < len(batch)+20; { // id, data, chunk: a few bytes more
					m, err := c.Read(got[n:])
					if n += m; err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// BenchmarkReceive measures a link's way from the network to the caller, and the server's Send.
func BenchmarkReceive(b *testing.B) {
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			s := serve(b, newGate())
			l := dial(b, new(sse.Dialer), s.mount)
			if _, err := l.Send(b.Context(), []byte(attach)); err != nil {
				b.Fatal(err)
			}
			a := <-s.bound
			batch := dataBatch(size.bytes)
			b.ReportAllocs()
			for b.Loop() {
				if err := a.conn.Send(batch); err != nil {
					b.Fatal(err)
				}
				for n := 0; n < len(batch); {
					got, err := l.Receive(b.Context())
					if n += len(got); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// BenchmarkEvents measures the making of events alone: of one message, and of as many as a batch takes.
func BenchmarkEvents(b *testing.B) {
	batches := map[string][]byte{"full": bytes.Repeat(dataBatch(128), 1+64<<10/len(dataBatch(128)))}
	for _, size := range sizes {
		batches[size.name] = dataBatch(size.bytes)
	}
	for name, batch := range batches {
		b.Run(name, func(b *testing.B) {
			tr := sse.New(sse.Config{})
			g := newGate()
			w := &nowhere{header: http.Header{}, written: make(chan string, 10)}
			ctx, cancel := context.WithCancel(b.Context())
			r, _ := http.NewRequestWithContext(ctx, http.MethodPost, "http://h"+mine+"/sse", nil)
			served := make(chan struct{})
			go func() {
				tr.Serve(w, r, g)
				close(served)
			}()
			text := <-w.written
			id := text[len(text)-24 : len(text)-2]
			ask, _ := http.NewRequest(http.MethodPost, "http://h"+mine+"/sse?stream="+id, strings.NewReader(attach))
			ask.Header.Set("Content-Type", transport.MIME)
			tr.Serve(&nowhere{header: http.Header{}, written: make(chan string, 10)}, ask, g)
			conn := (<-g.bound).conn
			w.written = nil
			b.ReportAllocs()
			for b.Loop() {
				if err := conn.Send(batch); err != nil {
					b.Fatal(err)
				}
			}
			cancel()
			<-served
		})
	}
}

// nowhere is a ResponseWriter that tells what is written to it, if anybody asks.
type nowhere struct {
	header  http.Header
	written chan string
}

func (n *nowhere) Header() http.Header { return n.header }
func (n *nowhere) WriteHeader(int)     {}
func (n *nowhere) FlushError() error   { return nil }

func (n *nowhere) Write(p []byte) (int, error) {
	if n.written != nil {
		n.written <- string(p)
	}
	return len(p), nil
}

// BenchmarkIdle measures what an idle stream keeps at the server, and a few hundred bytes of a plain client.
func BenchmarkIdle(b *testing.B) {
	const n = 1000
	g := newGate()
	g.forgetful = true
	s := serve(b, g)
	openPlain(b, s)
	before, goroutines := used(), runtime.NumGoroutine()
	for range n {
		openPlain(b, s)
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
