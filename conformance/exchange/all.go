package exchange

import (
	"crypto/tls"
	"log/slog"
	"net/http"

	"github.com/weft-realtime/weft/conformance/ports"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/longpoll"
	"github.com/weft-realtime/weft/transport/sse"
	"github.com/weft-realtime/weft/transport/websocket"
	"github.com/weft-realtime/weft/transport/webtransport"
)

// All is how a server is over all four transports, on a TCP port and the UDP port of the same number. The zero All is one
// under development.
type All struct {
	Addr    string // "": free ports
	Session session.Config
	TLS     *tls.Config // nil: without, and with a certificate that is made for UDP
	Quirks  []webtransport.Quirk
	Logger  *slog.Logger
	Before  func(http.Handler) http.Handler // sees every request; nil: nothing does
}

// Listen starts the server.
func (a All) Listen() (*Server, error) {
	addr := a.Addr
	if addr == "" {
		var err error
		if addr, err = ports.Free(); err != nil {
			return nil, err
		}
	}
	wt := webtransport.New()
	wt.Quirks = a.Quirks
	s := newServer(router.Config{Session: a.Session, Transports: []transport.Transport{
		wt, websocket.New(websocket.Config{}), sse.New(sse.Config{}), longpoll.New(longpoll.Config{}),
	}})
	s.WebTransport = wt
	s.h3 = &webtransport.Server{Addr: addr, Handler: s.Mux, TLS: a.TLS, Transport: wt, Logger: a.Logger}
	if a.Before != nil {
		s.h3.Handler = a.Before(s.Mux)
	}
	s.addr = addr
	if err := s.h3.Listen(); err != nil {
		return nil, err
	}
	return s, nil
}
