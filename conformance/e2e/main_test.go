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
)

func TestMain(m *testing.M) {
	process.Main(serve)
	browser.Main(m, trusting()...)
}

// serve is the server process, for tests that kill one, with all four transports. It listens on a free port, or on addr if
// it is not "".
func serve(addr string) error {
	s, err := exchange.All{Addr: addr}.Listen()
	if err != nil {
		return err
	}
	fmt.Println(s.Addr())
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
