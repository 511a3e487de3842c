package webtransport_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	raw "github.com/quic-go/webtransport-go"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/webtransport"
)

// bare admits everybody, and hands over the connection.
type bare struct {
	transport.Gate
	transport.Attachment
	conns chan transport.Conn
	lost  chan error
}

func (b *bare) Admit(*http.Request) (transport.Opener, error) { return b, nil }
func (b *bare) Limits() transport.Limits {
	return transport.Limits{MaxFrame: frame.DefaultMaxFrame, FirstFrame: patience}
}
func (b *bare) Open(_ []byte, c transport.Conn) (transport.Attachment, error) {
	b.conns <- c
	return b, nil
}
func (b *bare) Refuse(err error) error { return err }
func (b *bare) Lost(err error)         { b.lost <- err }

// ears are a client's socket, which may go deaf: what it sends arrives still.
type ears struct {
	net.PacketConn
	deaf atomic.Bool
}

func (e *ears) ReadFrom(p []byte) (n int, from net.Addr, err error) {
	for n, from, err = e.PacketConn.ReadFrom(p); err == nil && e.deaf.Load(); {
		n, from, err = e.PacketConn.ReadFrom(p)
	}
	return n, from, err
}

// stuck is a connection whose Send waits: there are more datagrams than QUIC takes while nothing is acknowledged.
func stuck(t *testing.T) (b *bare, client *raw.Stream, sent <-chan error) {
	t.Helper()
	wt := webtransport.New()
	b = &bare{conns: make(chan transport.Conn, 1), lost: make(chan error, 1)}
	s := listen(t, wt, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { wt.Serve(w, r, b) }), nil)
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { udp.Close() })
	socket := &ears{PacketConn: udp}
	d := raw.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{http3.NextProtoH3}},
		QUICConfig:      &quic.Config{EnableDatagrams: true, EnableStreamResetPartialDelivery: true},
		DialAddr: func(ctx context.Context, addr string, tc *tls.Config, qc *quic.Config) (*quic.Conn, error) {
			to, err := net.ResolveUDPAddr("udp", addr)
			if err != nil {
				return nil, err
			}
			return quic.DialEarly(ctx, socket, to, tc, qc)
		},
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, session, err := d.Dial(ctx, "https://"+s.Address().String()+"/rt/wt", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.CloseWithError(0, "") })
	if client, err = session.OpenStream(); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Write(hello()); err != nil {
		t.Fatal(err)
	}
	c := receive(t, b.conns)
	socket.deaf.Store(true)
	all, done := bytes.Repeat(volatile(1, string(bytes.Repeat([]byte("n"), 100))), 1000), make(chan error, 1)
	go func() { done <- c.Send(all) }()
	select {
	case err := <-done:
		t.Fatalf("sent: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	return b, client, done
}

// A client that is refused meanwhile does not hold up the reader, and with it whoever waits for the session's end.
// PROTOCOL 11.10
func TestRefusedWhileDatagramsWait(t *testing.T) {
	b, client, sent := stuck(t)
	if _, err := client.Write([]byte{byte(frame.Data), 0xa0, 0, 0, 0}); err != nil { // 512 MiB follow
		t.Fatal(err)
	}
	select {
	case <-b.lost:
	case <-time.After(8 * time.Second):
		t.Error("it waits on")
	}
	receive(t, sent)
}
