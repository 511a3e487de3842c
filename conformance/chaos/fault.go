package chaos

import "time"

// Side is one of the two ends of a connection, seen from the proxy between them.
type Side int

const (
	Client Side = iota
	Server
)

// CutRST resets all connections, on both sides: what is under way is lost, and both ends get an error at once.
func (p *Proxy) CutRST() { p.each((*link).reset) }

// CutFIN ends all connections in order, on both sides: both ends read what was passed on, then the end of the stream.
// What they still write goes nowhere, and 1 s later is answered with a reset.
func (p *Proxy) CutFIN() { p.each((*link).finish) }

// HalfOpen resets the connections on the side that is gone, and says nothing to the other: there they look alive, take
// what is sent, and are silent. Connections that have not reached the target yet are left alone.
func (p *Proxy) HalfOpen(gone Side) { p.each(func(l *link) { l.orphan(gone) }) }

// BlackHole lets nothing through: no byte, no end of a connection, and no new connection, though it is accepted. After
// d, or after Release when d is 0, everything that was held goes on its way. A second call begins anew.
func (p *Proxy) BlackHole(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopTimer()
	p.hole.shut()
	if d > 0 {
		p.release = time.AfterFunc(d, p.Release)
	}
}

// Release ends a BlackHole.
func (p *Proxy) Release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopTimer()
	p.hole.lift()
}

func (p *Proxy) stopTimer() {
	if p.release != nil {
		p.release.Stop()
		p.release = nil
	}
}

// Stall holds everything that goes in one direction, ends of connections included, until Resume. The proxy stops reading
// too, so the sender soon finds its buffers full.
func (p *Proxy) Stall(d Direction) { p.lanes[d].gate.shut() }

// Resume ends a Stall.
func (p *Proxy) Resume(d Direction) { p.lanes[d].gate.lift() }

// SetDelay makes each byte, in either direction, arrive that much later: latency, not a limit to throughput, and order is
// kept. A new connection waits for a round trip first, as if its handshake came from as far, though to its client it is
// open before. It counts for what is read from now on; 0 ends it.
func (p *Proxy) SetDelay(oneWay time.Duration) {
	for i := range p.lanes {
		p.lanes[i].delay.Store(int64(oneWay))
	}
}

// SetDrip passes at most n bytes in each interval in a direction, over all connections: a narrow line, behind which up to
// 16 MB of each connection wait. n 0 ends it.
func (p *Proxy) SetDrip(d Direction, n int, every time.Duration) { p.lanes[d].drip.set(n, every) }

// TruncateAfter passes n more bytes in a direction, over all connections, and then ends the connection that carried the
// last of them as CutFIN does: a frame torn in the middle. It happens once; a second call before that replaces the first.
func (p *Proxy) TruncateAfter(d Direction, n int64) { p.lanes[d].trap.arm(n) }

// Heal ends all faults that are in force: what is held goes on its way, and a TruncateAfter to come does not. What was
// cut stays cut.
func (p *Proxy) Heal() {
	p.SetLifetime(0, RST)
	p.SetIdle(0, RST)
	p.SetAcceptRate(0, 0)
	p.AcceptConns()
	for d := range p.lanes {
		p.lanes[d].trap.disarm()
		p.SetDrip(Direction(d), 0, 0)
		p.Resume(Direction(d))
	}
	p.SetDelay(0)
	p.Release()
}
