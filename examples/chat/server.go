package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/weft-realtime/weft/transport/webtransport"
)

// server serves until Shutdown.
type server interface {
	Address() net.Addr
	Done() <-chan struct{} // it does not serve any more; Shutdown says why
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
	s := &plain{why: why, listener: l, done: make(chan struct{})}
	s.http.Handler, s.http.ReadHeaderTimeout = c.handler(), 5*time.Second // no WriteTimeout: polls are held
	go s.serve()
	return s, nil
}

// plain is a server on TCP alone.
type plain struct {
	why      error // what was in the way of WebTransport
	listener net.Listener
	http     http.Server
	done     chan struct{} // serve has ended
	err      error         // why, unless Shutdown did it
}

func (s *plain) serve() {
	defer close(s.done)
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		s.err = err
	}
}

func (s *plain) Address() net.Addr     { return s.listener.Addr() }
func (s *plain) Done() <-chan struct{} { return s.done }

// Shutdown closes the port and lets requests end, until ctx is done.
func (s *plain) Shutdown(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	<-s.done
	return errors.Join(err, s.err)
}
