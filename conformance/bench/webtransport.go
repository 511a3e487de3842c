package bench

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"net/http"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	webtransportgo "github.com/quic-go/webtransport-go"

	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/longpoll"
	"github.com/weft-realtime/weft/transport/webtransport"
)

// serveWebTransport serves weft on it, and says where.
func serveWebTransport() (net.Addr, error) {
	wt := webtransport.New()
	h, _ := weft(router.Config{Transports: []transport.Transport{wt, longpoll.New(longpoll.Config{})}})
	s := &webtransport.Server{Addr: "127.0.0.1:0", Handler: h, Transport: wt}
	if err := s.Listen(); err != nil {
		return nil, err
	}
	return s.Address(), nil
}

// serveRawWebTransport serves what a user writes by hand: an echo loop for each session's stream.
func serveRawWebTransport() (net.Addr, error) {
	config, err := selfSigned()
	if err != nil {
		return nil, err
	}
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	s := &webtransportgo.Server{
		H3:          &http3.Server{Handler: mux, TLSConfig: http3.ConfigureTLSConfig(config)},
		CheckOrigin: func(*http.Request) bool { return true },
	}
	mux.HandleFunc("/rt/wt", func(w http.ResponseWriter, r *http.Request) {
		session, err := s.Upgrade(w, r)
		if err != nil {
			return
		}
		stream, err := session.AcceptStream(context.Background())
		if err != nil {
			return
		}
		go echoStream(stream)
	})
	go s.Serve(udp)
	return udp.LocalAddr(), nil
}

// echoStream ends with the stream.
func echoStream(stream io.ReadWriter) {
	in := bufio.NewReaderSize(stream, 1024)
	msg := make([]byte, len(payload))
	for {
		if _, err := io.ReadFull(in, msg); err != nil {
			return
		}
		if _, err := stream.Write(msg); err != nil {
			return
		}
	}
}

func selfSigned() (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, nil
}

// dialWebTransport opens a session with one stream, as clients of both kinds do.
func dialWebTransport(addr string) (*webtransportgo.Session, *webtransportgo.Stream, error) {
	d := webtransportgo.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{http3.NextProtoH3}},
		QUICConfig:      &quic.Config{EnableDatagrams: true, EnableStreamResetPartialDelivery: true},
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, session, err := d.Dial(ctx, "https://"+addr+"/rt/wt", nil)
	if err != nil {
		return nil, nil, err
	}
	stream, err := session.OpenStreamSync(ctx)
	return session, stream, err
}

// rawStream is a client of the echo loop.
type rawStream struct {
	session *webtransportgo.Session
	stream  *webtransportgo.Stream
	in      *bufio.Reader
	msg     []byte
}

func dialRawWebTransport(addr string) (conn, error) {
	session, stream, err := dialWebTransport(addr)
	if err != nil {
		return nil, err
	}
	r := &rawStream{session, stream, bufio.NewReaderSize(stream, 4096), make([]byte, len(payload))}
	if err := r.send(1); err != nil { // a stream is there when something was written
		return nil, err
	}
	_, err = r.receive()
	return r, err
}

func (r *rawStream) send(n int) error {
	for range n {
		if _, err := r.stream.Write(payload); err != nil {
			return err
		}
	}
	return nil
}

func (r *rawStream) receive() (int, error) {
	_, err := io.ReadFull(r.in, r.msg)
	return 1, err
}

func (r *rawStream) close() { r.session.CloseWithError(0, "") }

// batches reads whole frames from a stream.
type batches struct {
	session *webtransportgo.Session
	stream  *webtransportgo.Stream
	buf     []byte
	taken   int
}

func (b *batches) read() ([]byte, error) {
	b.buf = b.buf[:copy(b.buf, b.buf[b.taken:])]
	for {
		if n, err := frame.Whole(b.buf, frame.DefaultMaxFrame); n > 0 || err != nil {
			b.taken = n
			return b.buf[:n], err
		}
		b.taken = 0
		if len(b.buf) == cap(b.buf) {
			b.buf = append(make([]byte, 0, 2*cap(b.buf)+4096), b.buf...)
		}
		n, err := b.stream.Read(b.buf[len(b.buf):cap(b.buf)])
		b.buf = b.buf[:len(b.buf)+n]
		if n == 0 && err != nil {
			return nil, err
		}
	}
}

func (b *batches) write(p []byte) error {
	_, err := b.stream.Write(p)
	return err
}

func (b *batches) close() { b.session.CloseWithError(0, "") }
