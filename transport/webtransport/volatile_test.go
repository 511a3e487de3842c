package webtransport_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	raw "github.com/quic-go/webtransport-go"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/webtransport"
)

// counting is a Dialer whose links count what comes outside the order.
type counting struct {
	webtransport.Dialer
	n atomic.Int64
}

type countingLink struct {
	transport.Link
	n *atomic.Int64
}

func (d *counting) Dial(ctx context.Context, t transport.Target) (transport.Link, error) {
	l, err := d.Dialer.Dial(ctx, t)
	if err != nil {
		return nil, err
	}
	return countingLink{l, &d.n}, nil
}

func (l countingLink) ReceiveVolatile(ctx context.Context) ([]byte, error) {
	p, err := l.Link.(transport.Unordered).ReceiveVolatile(ctx)
	if err == nil {
		l.n.Add(1)
	}
	return p, err
}

// What is volatile arrives, by datagram, and in order with nothing. PROTOCOL 11.16, 17.1
func TestVolatile(t *testing.T) {
	wt, rt := both()
	router.On(rt, "at", func(c *router.Context, i int) error {
		if !c.Volatile() {
			t.Error("not volatile")
		}
		return c.SendVolatile("k", "at", -i)
	})
	s := listen(t, wt, rt, nil)
	back := make(chan int, 100)
	var d counting
	c := settled(t, s, &d, func(c *client.Client) { client.On(c, "at", func(i int) { back <- i }) })
	const many = 50
	for i, arrived := 1, 0; arrived < many; i++ {
		if err := c.EmitVolatile("k", "at", i); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-back:
			if got < -i {
				t.Fatalf("%d came back for %d", got, i)
			}
			arrived++
		case <-time.After(time.Second): // a datagram may get lost
			if i > 2*many {
				t.Fatalf("%d of %d came back", arrived, i)
			}
		}
	}
	if n := d.n.Load(); n < many {
		t.Errorf("%d datagrams came for %d values", n, many)
	}
}

// overtaken is a Dialer whose links bring a volatile event before READY.
type overtaken struct {
	webtransport.Dialer
	early []byte
}

type overtakenLink struct {
	transport.Link
	early []byte
	calls int           // of ReceiveVolatile, which has one reader
	taken chan struct{} // closed when the client has taken the early one
}

func (d *overtaken) Dial(ctx context.Context, t transport.Target) (transport.Link, error) {
	l, err := d.Dialer.Dial(ctx, t)
	if err != nil {
		return nil, err
	}
	return &overtakenLink{Link: l, early: d.early, taken: make(chan struct{})}, nil
}

func (l *overtakenLink) ReceiveVolatile(ctx context.Context) ([]byte, error) {
	switch l.calls++; l.calls {
	case 1:
		return l.early, nil
	case 2:
		close(l.taken)
	}
	return l.Link.(transport.Unordered).ReceiveVolatile(ctx)
}

func (l *overtakenLink) Receive(ctx context.Context) ([]byte, error) {
	select {
	case <-l.taken:
		return l.Link.Receive(ctx)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A datagram that overtakes READY is lost, and the attempt is not. PROTOCOL 11.16
func TestVolatileBeforeReady(t *testing.T) {
	wt, rt := both()
	router.On(rt, "n", func(c *router.Context, n int) error { return c.Send("n", n) })
	s := listen(t, wt, rt, nil)
	got := make(chan int, 10)
	m := frame.Message{Kind: frame.Event, Name: "n", Payload: []byte("1")}
	early := frame.Append(nil, frame.Binary, &frame.Frame{Type: frame.Volatile, Seq: 1, Text: "k", Message: m})
	c := settled(t, s, &overtaken{early: early}, func(c *client.Client) { client.On(c, "n", func(n int) { got <- n }) })
	for _, d := range c.Decisions() {
		if d.What == "failed" {
			t.Errorf("%+v", d)
		}
	}
	if err := c.Emit(t.Context(), "n", 2); err != nil {
		t.Fatal(err)
	}
	if n := receive(t, got); n != 2 {
		t.Errorf("%d, not 2", n)
	}
}

// peer is a server that knows nothing of sessions: it hands over what a link opens.
func peer(t *testing.T) (*url.URL, *tls.Config, <-chan *raw.Session) {
	t.Helper()
	server, trusting := certified(t)
	sessions := make(chan *raw.Session, 1)
	s := &raw.Server{H3: &http3.Server{
		TLSConfig:  http3.ConfigureTLSConfig(server),
		QUICConfig: &quic.Config{EnableDatagrams: true, EnableStreamResetPartialDelivery: true},
	}}
	s.H3.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, err := s.Upgrade(w, r)
		if err != nil {
			t.Error(err)
			return
		}
		sessions <- session
	})
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = s.Serve(udp)
	}()
	t.Cleanup(func() {
		s.Close()
		udp.Close()
		<-served
	})
	return &url.URL{Scheme: "https", Host: udp.LocalAddr().String(), Path: "/rt"}, trusting, sessions
}

// A batch is divided: what is volatile, and short, goes by datagram. PROTOCOL 11.16
func TestLinkDividesBatches(t *testing.T) {
	mount, trusting, sessions := peer(t)
	d := webtransport.Dialer{TLS: trusting}
	l, err := d.Dial(t.Context(), transport.Target{Mount: mount})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close(frame.Done, "") })
	m := frame.Message{Kind: frame.Event, Name: "n"}
	data := frame.Append(nil, frame.Binary, &frame.Frame{Type: frame.Data, Seq: 1, Message: m})
	short := frame.Append(nil, frame.Binary, &frame.Frame{Type: frame.Volatile, Seq: 1, Text: "k", Message: m})
	m.Payload = make([]byte, 2000)
	long := frame.Append(nil, frame.Binary, &frame.Frame{Type: frame.Volatile, Seq: 2, Text: "k", Message: m})
	if _, err := l.Send(t.Context(), bytes.Join([][]byte{data, short, long, data}, nil)); err != nil {
		t.Fatal(err)
	}
	session := receive(t, sessions)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	stream, err := session.AcceptStream(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_ = stream.SetReadDeadline(time.Now().Add(patience))
	want := bytes.Join([][]byte{data, long, data}, nil)
	got := make([]byte, len(want))
	if _, err := io.ReadFull(stream, got); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the stream brings % .60x, %v, want % .60x", got, err, want)
	}
	if p, err := session.ReceiveDatagram(ctx); err != nil || !bytes.Equal(p, short) {
		t.Errorf("the datagram is % x, %v, want % x", p, err, short)
	}
}
