// Package e2e holds the proofs that need everything at once: real servers, clients, sockets and networks that break.
package e2e

import (
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/exchange"
	"github.com/weft-realtime/weft/conformance/process"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/longpoll"
	"github.com/weft-realtime/weft/transport/sse"
	"github.com/weft-realtime/weft/transport/websocket"
	"github.com/weft-realtime/weft/transport/webtransport"
)

func TestMain(m *testing.M) {
	process.Main(serve)
	browser.Main(m, trusting()...)
}

// serve is the server process, for tests that kill one, with all four transports. It listens on a free port, or on addr if
// it is not "".
func serve(addr string) error {
	wt := webtransport.New()
	s, err := exchange.Listen("", router.Config{Transports: []transport.Transport{
		wt, websocket.New(websocket.Config{}), sse.New(sse.Config{}), longpoll.New(longpoll.Config{}),
	}})
	if err != nil {
		return err
	}
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	h3 := &webtransport.Server{Addr: addr, Handler: s.Mux, Transport: wt}
	if err := h3.Listen(); err != nil {
		return err
	}
	fmt.Println(h3.Address())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// spawn starts a server process on a free port, or on addr if it is not "".
func spawn(t testing.TB, addr string) *process.Process {
	t.Helper()
	p, err := process.Start(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p
}
