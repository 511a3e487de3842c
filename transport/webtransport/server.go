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
// the same number. All fields must be set before Listen. It listens once, and so does its Transport: what was shut down
// takes no connection any more.
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

	tcp      net.Listener
	udp      []net.PacketConn
	http     http.Server
	quic     []*quic.EarlyListener // for each of udp
	requests requests              // over HTTP/3
	served   sync.WaitGroup        // the accept loops
	conns    sync.WaitGroup        // QUIC connections; only accept loops add
	done     chan struct{}         // closed by the first accept loop that ends

	mu  sync.Mutex
	err error // what ended it, unless Shutdown did
}

// Limits of the servers; what a session may take is the session's.
const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
	// maxRequests are under way on one HTTP/3 connection: all that the pages of an origin ask for in one browser, their
	// polls and event streams included (RFC 9114, section 6.1, wants 100 at least).
	maxRequests = 128
)

// Listen opens both ports and begins to serve. It returns at once; Done says when either is not served any more, and
// Shutdown ends it. It panics when the Handler or the Transport is missing.
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
	handler := s.logPanics(s.Handler)
	errors := slog.NewLogLogger(s.Logger.Handler(), slog.LevelDebug)
	s.http = http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog: errors,
	}
	udpTLS := &tls.Config{MinVersion: tls.VersionTLS13, GetCertificate: s.Transport.development.certificate}
	tcp := s.tcp
	if s.TLS != nil {
		s.http.TLSConfig = s.TLS.Clone()
		s.http.TLSConfig.MinVersion = tls.VersionTLS13
		s.http.Handler = s.advertise(handler)
		udpTLS = s.http.TLSConfig.Clone()
	}
	h3 := &http3.Server{
		Handler: s.requests.count(handler), TLSConfig: http3.ConfigureTLSConfig(udpTLS), QUICConfig: quicConfig(),
		MaxHeaderBytes: maxHeader, IdleTimeout: idleTimeout, Logger: slog.New(slog.DiscardHandler),
		ConnContext: s.requests.await,
	}
	h3.QUICConfig.MaxIncomingStreams = maxRequests
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
	s.done = make(chan struct{})
	s.served.Add(1 + len(s.quic))
	go s.serveTCP(tcp)
	for _, l := range s.quic {
		go s.serveUDP(l)
	}
	return nil
}

// Address is where the server listens, on both.
func (s *Server) Address() net.Addr { return s.tcp.Addr() }

// Done is closed when one of the ports is not served any more: because Shutdown was called, or for an error, which
// Shutdown then returns. The other port is served until Shutdown.
func (s *Server) Done() <-chan struct{} { return s.done }

// advertise names HTTP/3 in every answer, so that browsers use it for what is not WebTransport, too.
func (s *Server) advertise(h http.Handler) http.Handler {
	_, port, _ := net.SplitHostPort(s.tcp.Addr().String())
	alt := fmt.Sprintf(`h3=":%s"; ma=86400`, port)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Alt-Svc", alt)
		h.ServeHTTP(w, r)
	})
}

// Shutdown lets requests end, until ctx is done, and closes both ports. Sessions are the router's: its Shutdown comes
// first. The error is the context's, or what had ended the serving before. A handler that goes on when its request is cut
// is left behind. Clients on HTTP/3, unlike those on HTTP/2, are not asked to send no more: what they ask for is answered
// with 503, new connections are refused, and the old ones are cut a quarter of a second after the last answer.
func (s *Server) Shutdown(ctx context.Context) error {
	if len(s.quic) == 0 {
		return nil // it does not listen
	}
	s.Transport.withdraw()
	err := s.http.Shutdown(ctx)
	if err != nil {
		s.http.Close()
	}
	if late := s.requests.wait(ctx); late != nil {
		err = late
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
