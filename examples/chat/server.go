package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/weft-realtime/weft/transport/webtransport"
)

// server serves until Shutdown.
type server interface {
	Address() net.Addr
	Shutdown(ctx context.Context) error
}

// listen begins to serve a chat: on the TCP port and the UDP port of an address, or, when UDP is not to be had, on TCP
// alone, without WebTransport.
func listen(addr string, c *chat) (server, error) {
	both := &webtransport.Server{Addr: addr, Handler: c.handler(), Transport: c.wt}
	why := both.Listen()
	if why == nil {
		return both, nil
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &plain{why: why, listener: l}
	s.http.Handler, s.http.ReadHeaderTimeout = c.handler(), 5*time.Second // no WriteTimeout: polls are held
	s.served.Add(1)
	go s.serve()
	return s, nil
}

// plain is a server on TCP alone.
type plain struct {
	why      error // what was in the way of WebTransport
	listener net.Listener
	http     http.Server
	served   sync.WaitGroup
	err      error // what ended serve; nil: Shutdown did
}

func (s *plain) serve() {
	defer s.served.Done()
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		s.err = err
	}
}

func (s *plain) Address() net.Addr { return s.listener.Addr() }

// Shutdown closes the port and lets requests end, until ctx is done.
func (s *plain) Shutdown(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	s.served.Wait()
	return errors.Join(err, s.err)
}
