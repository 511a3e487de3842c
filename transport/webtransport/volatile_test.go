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
