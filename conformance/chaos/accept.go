package chaos

import (
	"math"
	"net"
	"time"
)

// OnAccept calls hook for each connection that is accepted from now on, before its target is dialled, with its number
// from 1. The proxy accepts nothing else until the hook returns, so it must not call Stop. Connections that RefuseConns
// resets are not counted. nil removes it.
func (p *Proxy) OnAccept(hook func(n int)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.onAccept = hook
}

// RefuseConns resets new connections as soon as they are made, and leaves those that exist alone. It ends after d, or
// with AcceptConns when d is 0. A second call begins anew.
func (p *Proxy) RefuseConns(d time.Duration) {
	if d <= 0 {
		d = math.MaxInt64
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refused = time.Now().Add(d)
}

// AcceptConns ends a RefuseConns.
func (p *Proxy) AcceptConns() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refused = time.Time{}
}

// SetAcceptRate accepts at most n connections in each interval. The others wait in the kernel's queue, and there no
// other fault reaches them: to their clients they are open and silent. 0 ends it.
func (p *Proxy) SetAcceptRate(n int, every time.Duration) { p.rate.set(n, every) }

// accept is joined by Stop, which closes the listener and then stopped.
func (p *Proxy) accept(l net.Listener, stopped <-chan struct{}) {
	defer p.accepts.Done()
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		client := conn.(*net.TCPConn)
		if p.rate.take(1, stopped) == 0 {
			reset(client)
			return
		}
		if n, hook, ok := p.register(); !ok {
			reset(client)
		} else {
			if hook != nil {
				hook(n)
			}
			p.adopt(client)
		}
	}
}

// register numbers a connection. It returns false if the connection is to be refused.
func (p *Proxy) register() (n int, hook func(int), ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Now().Before(p.refused) {
		return 0, nil, false
	}
	p.accepted++
	return p.accepted, p.onAccept, true
}

func (p *Proxy) adopt(client *net.TCPConn) {
	l := newLink(p, client)
	p.mu.Lock()
	p.links[l] = struct{}{}
	p.runs.Add(1)
	p.mu.Unlock()
	p.live.add(1)
	go l.run()
}

// disown is called by a link that has ended.
func (p *Proxy) disown(l *link) {
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
	p.live.add(-1)
	p.runs.Done()
}
