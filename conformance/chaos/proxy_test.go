package chaos

import (
	"errors"
	"net"
	"syscall"
	"testing"
)

func TestForwards(t *testing.T) {
	p, client, server := pair(t)
	send(t, client, "hello")
	expect(t, server, "hello")
	send(t, server, "world!")
	expect(t, client, "world!")
	// What is counted has arrived; what has arrived is counted a moment later.
	for d, want := range []int64{Up: 5, Down: 6} {
		if err := p.WaitBytes(within(t), Direction(d), want); err != nil || p.Bytes(Direction(d)) != want {
			t.Errorf("counted %d bytes in direction %d (%v), want %d", p.Bytes(Direction(d)), d, err, want)
		}
	}
}

func TestForwardsHalfClose(t *testing.T) {
	p, client, server := pair(t)
	client.CloseWrite()
	expectEOF(t, server)
	send(t, server, "still here")
	expect(t, client, "still here")
	server.Close()
	expectEOF(t, client)
	if err := p.WaitConns(within(t), 0); err != nil {
		t.Errorf("%v: %d connections are held after both ends closed", err, p.Conns())
	}
}

func TestForwardsReset(t *testing.T) {
	_, client, server := pair(t)
	reset(client)
	expectReset(t, server)
}

func TestResetsWhenTargetRefuses(t *testing.T) {
	p := newProxy(t, "127.0.0.1:1") // a port that is given to no listener that asks for any
	client, err := net.Dial("tcp", p.Addr())
	if err == nil {
		expectReset(t, client)
		client.Close()
	} else if !errors.Is(err, syscall.ECONNRESET) {
		t.Error(err)
	}
}

func TestRestartKeepsAddress(t *testing.T) {
	s := newTarget(t)
	p := newProxy(t, s.Addr().String())
	addr := p.Addr()
	client := dial(t, addr)
	server := s.next(t)

	p.Stop()
	expectReset(t, client)
	expectReset(t, server)
	if n := p.Conns(); n != 0 {
		t.Errorf("%d connections after Stop", n)
	}
	if _, err := net.Dial("tcp", addr); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dial while stopped: %v, want refused", err)
	}
	for range 2 {
		if err := p.Restart(); err != nil {
			t.Fatal(err)
		}
	}
	if p.Addr() != addr {
		t.Errorf("address is %s, was %s", p.Addr(), addr)
	}
	client = dial(t, addr)
	send(t, client, "again")
	expect(t, s.next(t), "again")
}

func TestCloseTwice(t *testing.T) {
	p, client, _ := pair(t)
	p.Close()
	p.Close()
	expectReset(t, client)
}
