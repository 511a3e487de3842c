package chaos

import (
	"fmt"
	"net"
	"testing"
	"time"
)

func TestDrip(t *testing.T) {
	for _, d := range []Direction{Up, Down} {
		t.Run(fmt.Sprint(d), func(t *testing.T) {
			p, client, server := pair(t)
			from, to := net.Conn(client), net.Conn(server)
			if d == Down {
				from, to = to, from
			}
			p.SetDrip(d, 3, moment)
			start := time.Now()
			send(t, to, "the other way is free")
			send(t, from, "0123456789")
			expect(t, to, "0123456789")
			if took := time.Since(start); took < 3*moment {
				t.Errorf("10 bytes, 3 in each %v, took %v", moment, took)
			}
			expect(t, from, "the other way is free")
		})
	}
}

// TestDripIsShared: the line is narrow, not each connection.
func TestDripIsShared(t *testing.T) {
	s := newTarget(t)
	p := newProxy(t, s.Addr().String())
	clients := []net.Conn{dial(t, p.Addr()), dial(t, p.Addr())}
	servers := []net.Conn{s.next(t), s.next(t)}
	p.SetDrip(Up, 4, time.Hour)
	for _, client := range clients {
		send(t, client, "abc")
	}
	if err := p.WaitBytes(within(t), Up, 4); err != nil {
		t.Fatal(err)
	}
	for _, server := range servers {
		expect(t, server, "a")
	}
	p.SetDrip(Up, 0, 0)
	for _, server := range servers {
		expect(t, server, "bc")
	}
}

func TestCutWhileDripping(t *testing.T) {
	for how, expectCut := range ends {
		t.Run(fmt.Sprint(how), func(t *testing.T) {
			p, client, server := pair(t)
			p.SetDrip(Up, 1, time.Hour)
			send(t, client, "abc")
			expect(t, server, "a")
			p.each(func(l *link) { l.end(how) })
			expectCut(t, server)
			expectCut(t, client)
		})
	}
}

func TestHalfOpenWhileDripping(t *testing.T) {
	p, client, server := pair(t)
	p.SetDrip(Up, 1, time.Hour)
	send(t, client, "abc")
	expect(t, server, "a")
	p.HalfOpen(Client)
	expectReset(t, client)
	p.SetDrip(Up, 0, 0)
	expectSilence(t, server)
}

// TestHeal sets everything that can be set, and nothing of it is left.
func TestHeal(t *testing.T) {
	s := newTarget(t)
	p := newProxy(t, s.Addr().String())
	client := dial(t, p.Addr())
	server := s.next(t)
	p.BlackHole(0)
	p.RefuseConns(0)
	p.SetAcceptRate(1, time.Hour)
	p.SetLifetime(time.Hour, RST)
	p.SetIdle(time.Hour, RST)
	p.SetDelay(time.Hour)
	for d := range p.lanes {
		p.Stall(Direction(d))
		p.SetDrip(Direction(d), 1, time.Hour)
		p.TruncateAfter(Direction(d), 3)
	}
	p.Heal()
	if left, _ := p.terms.get(); left.lifetime != 0 || left.idle != 0 {
		t.Errorf("terms are left: %+v", left)
	}
	check := func(client, server net.Conn) {
		t.Helper()
		send(t, client, "hello")
		expect(t, server, "hello")
		send(t, server, "world")
		expect(t, client, "world")
	}
	check(client, server)
	for range 2 {
		client := dial(t, p.Addr())
		check(client, s.next(t))
	}
}
