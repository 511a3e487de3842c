package ports_test

import (
	"net"
	"strings"
	"testing"

	"github.com/weft-realtime/weft/conformance/ports"
)

// An address is handed out once, with both ports free, and not one that a connection could have.
func TestFree(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		addr, err := ports.Free()
		if err != nil {
			t.Fatal(err)
		}
		if seen[addr] {
			t.Errorf("%s: a second time", addr)
		}
		seen[addr] = true
		tcp, err := net.Listen("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if port := tcp.Addr().(*net.TCPAddr).Port; port >= 32_768 || port < 1024 {
			t.Errorf("port %d", port)
		}
		udp, err := net.ListenPacket("udp", addr)
		if err != nil {
			t.Fatal(err)
		}
		tcp.Close()
		udp.Close()
	}
}

func TestListen(t *testing.T) {
	l, err := ports.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if _, err := ports.Listen(addr); err == nil || !strings.Contains(err.Error(), addr) {
		t.Errorf("on a port that is taken: %v", err)
	}
	l.Close()
	if l, err = ports.Listen(addr); err != nil {
		t.Fatal(err)
	}
	l.Close()
}
