// Package ports finds ports that nobody uses, below those that the system gives to connections. Whoever stops listening
// on one of the latter, and listens again a moment later, finds now and then that a connection has it: that of another
// program, or of a client that dialled it meanwhile and was connected to itself.
package ports

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync/atomic"
)

// The ports that are tried: Linux gives connections those from 32768 on.
const first, number = 20_000, 12_000

// tries is how many ports are tried.
const tries = 100

// turn counts what was tried, from where this process begins: no port comes twice before all others have, since whoever
// has one does not always listen yet, or does not for the moment.
var turn = func() *atomic.Uint64 {
	var n atomic.Uint64
	n.Store(rand.Uint64N(number))
	return &n
}()

// Listen listens on the TCP port of addr, a host:port, or of 127.0.0.1 on a free port if addr is "".
func Listen(addr string) (l net.Listener, err error) {
	if addr != "" {
		return net.Listen("tcp", addr)
	}
	for range tries {
		addr := fmt.Sprint("127.0.0.1:", first+turn.Add(1)%number)
		if l, err = net.Listen("tcp", addr); err != nil {
			continue
		}
		var udp net.PacketConn
		if udp, err = net.ListenPacket("udp", addr); err == nil {
			return l, udp.Close()
		}
		l.Close()
	}
	return nil, fmt.Errorf("none of %d ports is free: %w", tries, err)
}

// Free is an address, a host:port of 127.0.0.1, of which nobody has the TCP port or the UDP port.
func Free() (string, error) {
	l, err := Listen("")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
