package webtransport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

// Server serves one handler over HTTP/1.1 and HTTP/2 on a TCP port, and over HTTP/3 and WebTransport on the UDP port of
// the same number. All fields must be set before Listen.
type Server struct {
	// Addr is the host:port to listen on; default ":443" with TLS, "127.0.0.1:8080" without. Port 0 takes a free one.
	Addr    string
	Handler http.Handler
	// Transport is the one among the router's transports.
	Transport *Transport
	// TLS has the certificate. nil: the server is under development. It speaks plain HTTP on TCP, and on UDP has a
	// certificate that it makes itself, which browsers accept because the offer says its hash.
	TLS *tls.Config
	// Logger gets what goes wrong; default slog.Default().
	Logger *slog.Logger

	tcp    net.Listener
	udp    []net.PacketConn
	http   http.Server
	quic   []*quic.EarlyListener // for each of udp
	served sync.WaitGroup        // the accept loops
	conns  sync.WaitGroup        // QUIC connections; only accept loops add

	mu  sync.Mutex
	err error // the first that ended an accept loop
}

// Limits of the servers; what a session may take is the session's.
const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
)

// Listen opens both ports and begins to serve. It returns at once; Shutdown ends it. It panics when the Handler or the
// Transport is missing.
func (s *Server) Listen() error {
	if s.Transport == nil || s.Handler == nil {
		panic("weft: webtransport.Server needs a Handler, and the Transport that its router has")
	}
	if s.Logger == nil {
		s.Logger = slog.Default()
	}
	if s.Addr == "" {
		s.Addr = "127.0.0.1:8080"
		if s.TLS != nil {
			s.Addr = ":443"
		}
	}
	if err := s.open(); err != nil {
		return err
	}
	errors := slog.NewLogLogger(s.Logger.Handler(), slog.LevelDebug)
	s.http = http.Server{
		Handler: s.Handler, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog: errors,
	}
	udpTLS := &tls.Config{MinVersion: tls.VersionTLS13, GetCertificate: s.Transport.development.certificate}
	tcp := s.tcp
	if s.TLS != nil {
		s.http.TLSConfig = s.TLS.Clone()
		s.http.TLSConfig.MinVersion = tls.VersionTLS13
		s.http.Handler = s.advertise(s.Handler)
		udpTLS = s.http.TLSConfig.Clone()
	}
	h3 := &http3.Server{
		Handler: s.Handler, TLSConfig: http3.ConfigureTLSConfig(udpTLS), QUICConfig: quicConfig(),
		MaxHeaderBytes: maxHeader, IdleTimeout: idleTimeout, Logger: slog.New(slog.DiscardHandler),
	}
	for _, udp := range s.udp {
		l, err := quic.ListenEarly(udp, h3.TLSConfig, h3.QUICConfig)
		if err != nil {
			s.close()
			s.quic = nil
			return fmt.Errorf("weft: %w", err)
		}
		s.quic = append(s.quic, l)
	}
	s.Transport.serve(h3, s.TLS == nil)
	s.served.Add(1 + len(s.quic))
	go s.serveTCP(tcp)
	for _, l := range s.quic {
		go s.serveUDP(l)
	}
	return nil
}

// open opens the same port twice.
func (s *Server) open() (err error) {
	for range 10 { // port 0: the UDP port of a free TCP port's number may be taken
		if s.tcp, err = net.Listen("tcp", s.Addr); err != nil {
			return fmt.Errorf("weft: %w", err)
		}
		udp, udpErr := net.ListenPacket("udp", s.tcp.Addr().String())
		if err = udpErr; err == nil {
			s.udp = append(s.udp, udp)
			s.openTwin()
			return nil
		}
		s.tcp.Close()
		if _, port, _ := net.SplitHostPort(s.Addr); port != "0" {
			break
		}
	}
	return fmt.Errorf("weft: the UDP port beside %s: %w", s.Addr, err)
}

// openTwin opens the UDP port of [::1] beside that of 127.0.0.1 under development, if it can: to reach localhost a browser
// sends its datagrams there, and does not try the other address as it does with TCP.
func (s *Server) openTwin() {
	addr, ok := s.tcp.Addr().(*net.TCPAddr)
	if s.TLS != nil || !ok || !addr.IP.Equal(net.IPv4(127, 0, 0, 1)) {
		return
	}
	if udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv6loopback, Port: addr.Port}); err == nil {
		s.udp = append(s.udp, udp)
	}
}

// Address is where the server listens, on both.
func (s *Server) Address() net.Addr { return s.tcp.Addr() }

// advertise names HTTP/3 in every answer, so that browsers use it for what is not WebTransport, too.
func (s *Server) advertise(h http.Handler) http.Handler {
	_, port, _ := net.SplitHostPort(s.tcp.Addr().String())
	alt := fmt.Sprintf(`h3=":%s"; ma=86400`, port)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Alt-Svc", alt)
		h.ServeHTTP(w, r)
	})
}

func (s *Server) serveTCP(l net.Listener) {
	defer s.served.Done()
	if s.TLS != nil {
		s.ended(s.http.ServeTLS(l, "", ""))
	} else {
		s.ended(s.http.Serve(l))
	}
}

// serveUDP does what webtransport.Server.Serve does, which can not be ended safely before it has begun.
func (s *Server) serveUDP(l *quic.EarlyListener) {
	defer s.served.Done()
	for {
		c, err := l.Accept(context.Background())
		if err != nil {
			s.ended(err)
			return
		}
		s.conns.Add(1)
		go s.serveConn(c)
	}
}

// serveConn serves a QUIC connection until it has ended, and the handlers of its requests.
func (s *Server) serveConn(c *quic.Conn) {
	defer s.conns.Done()
	if err := s.Transport.wt.ServeQUICConn(c); err != nil && !errors.Is(err, http.ErrServerClosed) {
		s.Logger.Debug("webtransport: a connection", "remote", c.RemoteAddr(), "err", err)
	}
}

// ended notes why an accept loop has ended.
func (s *Server) ended(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil && !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, quic.ErrServerClosed) {
		s.err = err
	}
}

// close closes the ports.
func (s *Server) close() {
	s.tcp.Close()
	for _, l := range s.quic {
		l.Close()
	}
	for _, udp := range s.udp {
		udp.Close()
	}
}

// Shutdown lets requests on TCP end, until ctx is done, then cuts those on UDP, and closes both ports. Sessions are the
// router's: its Shutdown comes first. The error is the context's, or what had ended the serving before. A handler that
// goes on when its request is cut is left behind.
func (s *Server) Shutdown(ctx context.Context) error {
	if len(s.quic) == 0 {
		return nil // it does not listen
	}
	err := s.http.Shutdown(ctx)
	if err != nil {
		s.http.Close()
	}
	s.Transport.wt.Close() // while the ports are open, so that the peers are told
	s.close()
	s.served.Wait()
	ended := make(chan struct{})
	go s.waitForConns(ended)
	select {
	case <-ended:
	case <-ctx.Done():
		err = ctx.Err()
		select { // to be cut takes a moment, even if none is left
		case <-ended:
		case <-time.After(grace):
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(err, s.err)
}

func (s *Server) waitForConns(ended chan<- struct{}) {
	defer close(ended)
	s.conns.Wait()
}
