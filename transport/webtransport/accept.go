package webtransport

import (
	"context"
	"errors"
	"net"
	"net/http"
	"runtime/debug"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

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
	defer s.Transport.withdraw()
	for {
		c, err := l.Accept(context.Background())
		if err != nil {
			s.ended(err)
			return
		}
		if s.requests.over() {
			_ = c.CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeRequestRejected), "shutting down")
			continue
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

// ended says that an accept loop has ended, and notes why.
func (s *Server) ended(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.done:
	default:
		close(s.done)
	}
	if s.err == nil && !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, quic.ErrServerClosed) {
		s.err = err
	}
}

// logPanics wraps the handler of both ports. net/http tells of a panic among the mistakes that clients make, and HTTP/3
// nobody.
func (s *Server) logPanics(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				if p != http.ErrAbortHandler {
					s.Logger.Error("webtransport: a handler panicked", "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
				}
				panic(http.ErrAbortHandler)
			}
		}()
		h.ServeHTTP(w, r)
	})
}
