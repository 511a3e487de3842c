package chaos

import (
	"errors"
	"net"
	"syscall"
	"testing"
	"time"
)

func TestOnAccept(t *testing.T) {
	s := newTarget(t)
	p := newProxy(t, s.Addr().String())
	seen := make(chan int, 3)
	p.OnAccept(func(n int) { seen <- n })
	for want := 1; want <= 3; want++ {
		dial(t, p.Addr())
		s.next(t)
		if got := <-seen; got != want {
			t.Errorf("connection %d has number %d", want, got)
		}
	}
	if n := p.Conns(); n != 3 {
		t.Errorf("%d connections, want 3", n)
	}
}

func TestRefuseConns(t *testing.T) {
	s := newTarget(t)
	p := newProxy(t, s.Addr().String())
	client := dial(t, p.Addr())
	server := s.next(t)
	p.OnAccept(func(n int) { t.Errorf("connection %d accepted", n) })
	p.RefuseConns(0)
	for range 3 {
		if conn, err := net.Dial("tcp", p.Addr()); err == nil {
			expectReset(t, conn)
			conn.Close()
		} else if !errors.Is(err, syscall.ECONNRESET) {
			t.Error(err)
		}
	}
	send(t, client, "still here")
	expect(t, server, "still here")
	p.OnAccept(nil)
	p.AcceptConns()
	send(t, dial(t, p.Addr()), "new")
	expect(t, s.next(t), "new")
}

func TestRefuseConnsEndsByItself(t *testing.T) {
	s := newTarget(t)
	p := newProxy(t, s.Addr().String())
	start := time.Now()
	p.RefuseConns(moment)
	for len(s.conns) == 0 {
		if conn, err := net.Dial("tcp", p.Addr()); err == nil {
			conn.SetReadDeadline(time.Now().Add(moment))
			conn.Read(make([]byte, 1)) // the reset, or nothing
			conn.Close()
		}
		if time.Since(start) > patience {
			t.Fatal("no connection came through")
		}
	}
	if took := time.Since(start); took < moment {
		t.Errorf("a connection came through after %v of %v", took, moment)
	}
}

func TestAcceptRate(t *testing.T) {
	s := newTarget(t)
	p := newProxy(t, s.Addr().String())
	p.SetAcceptRate(2, time.Hour)
	dial(t, p.Addr())
	dial(t, p.Addr())
	third := dial(t, p.Addr())
	send(t, third, "third")
	s.next(t)
	s.next(t)
	expectSilence(t, third)
	if n := len(s.conns); n != 0 {
		t.Errorf("%d more connections came through", n)
	}
	p.SetAcceptRate(0, 0)
	expect(t, s.next(t), "third")
}

func TestStopWhileConnectionsWait(t *testing.T) {
	s := newTarget(t)
	p := newProxy(t, s.Addr().String())
	p.SetAcceptRate(1, time.Hour)
	dial(t, p.Addr())
	s.next(t)
	waiting := []*net.TCPConn{dial(t, p.Addr()), dial(t, p.Addr())}
	expectSilence(t, waiting[1])
	p.Stop()
	for _, conn := range waiting {
		expectReset(t, conn)
	}
}
