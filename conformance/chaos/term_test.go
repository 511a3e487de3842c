package chaos

import (
	"fmt"
	"net"
	"testing"
	"time"
)

func TestDue(t *testing.T) {
	const s = time.Second
	tests := []struct {
		term
		last, at time.Duration
		how      Cut
		ever     bool
	}{
		{term{}, 3 * s, 0, 0, false},
		{term{lifetime: 10 * s, lifetimeCut: FIN}, 3 * s, 10 * s, FIN, true},
		{term{idle: 5 * s, idleCut: FIN}, 0, 5 * s, FIN, true},
		{term{idle: 5 * s, idleCut: FIN}, 3 * s, 8 * s, FIN, true},
		{term{idle: 5 * s, idleCut: FIN}, 300 * s, 305 * s, FIN, true},
		{term{lifetime: 10 * s, idle: 5 * s, idleCut: FIN}, 3 * s, 8 * s, FIN, true},
		{term{lifetime: 10 * s, idle: 5 * s, idleCut: FIN}, 5 * s, 10 * s, RST, true},
		{term{lifetime: 10 * s, idle: 5 * s, idleCut: FIN}, 9 * s, 10 * s, RST, true},
	}
	for _, tt := range tests {
		if at, how, ever := tt.due(tt.last); at != tt.at || how != tt.how || ever != tt.ever {
			t.Errorf("%+v, last %v: due at %v by %v (%v), want %v by %v (%v)",
				tt.term, tt.last, at, how, ever, tt.at, tt.how, tt.ever)
		}
	}
}

var ends = map[Cut]func(*testing.T, net.Conn){RST: expectReset, FIN: expectEOF}

func TestLifetime(t *testing.T) {
	for how, expectCut := range ends {
		t.Run(fmt.Sprint(how), func(t *testing.T) {
			s := newTarget(t)
			p := newProxy(t, s.Addr().String())
			old := dial(t, p.Addr())
			oldServer := s.next(t)
			p.SetLifetime(moment, how)
			start := time.Now()
			young := dial(t, p.Addr())
			for _, conn := range []net.Conn{old, oldServer, young} {
				expectCut(t, conn)
			}
			if took := time.Since(start); took < moment {
				t.Errorf("cut after %v of %v", took, moment)
			}
			p.SetLifetime(0, how)
			send(t, dial(t, p.Addr()), "for ever")
			s.next(t)
			expect(t, s.next(t), "for ever")
		})
	}
}

func TestLifetimeThatIsOver(t *testing.T) {
	p, client, server := pair(t)
	p.SetLifetime(time.Nanosecond, RST)
	expectReset(t, client)
	expectReset(t, server)
}

func TestIdle(t *testing.T) {
	for how, expectCut := range ends {
		t.Run(fmt.Sprint(how), func(t *testing.T) {
			t.Parallel()
			const idle = time.Second // long before the byte is there, however busy the machine
			p, client, server := pair(t)
			p.SetIdle(idle, how)
			<-time.After(moment)
			start := time.Now() // the byte is passed on after this, or the cut comes too early
			send(t, client, "x")
			expect(t, server, "x")
			expectCut(t, client)
			expectCut(t, server)
			if took := time.Since(start); took < idle {
				t.Errorf("cut %v after the last byte, want %v", took, idle)
			}
		})
	}
}

func TestIdleInBlackHole(t *testing.T) {
	s := newTarget(t)
	p := newProxy(t, s.Addr().String())
	p.BlackHole(0)
	p.SetIdle(moment, RST)
	expectReset(t, dial(t, p.Addr()))
}
