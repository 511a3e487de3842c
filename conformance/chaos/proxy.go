// Package chaos puts faults between a client and a server, for tests on loopback.
//
// Proxy works on TCP: it cuts, stalls, delays, truncates and half-opens connections while traffic flows. HTTP works on
// requests: it refuses upgrades, loses answers and repeats requests. They compose: the target of one is the address of
// the other. Everything may be called concurrently with everything else, unless it says otherwise.
package chaos

import (
	"context"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Proxy forwards every connection it accepts to one target, through whatever faults are in force. New makes one.
type Proxy struct {
	target string
	lanes  [2]lane // by Direction
	hole   *gate   // shut by BlackHole: not even a connection gets through
	live   *counter

	mu       sync.Mutex
	addr     string
	listener net.Listener // nil while stopped
	links    map[*link]struct{}
	accepted int
	onAccept func(n int)
	release  *time.Timer // ends a BlackHole, or nil

	accepts sync.WaitGroup // the accept loop
	runs    sync.WaitGroup // one for each link
}

// Direction is one of the two ways that bytes go.
type Direction int

const (
	Up   Direction = iota // from the client to the server
	Down                  // from the server to the client
)

// lane is what the connections of a proxy share in one direction.
type lane struct {
	gate   *gate        // shut by Stall
	delay  atomic.Int64 // a time.Duration
	passed *counter     // bytes
	trap   trap
}

// New listens on a free port of 127.0.0.1 and forwards to target, a host:port, which need not be there yet: a connection
// whose target refuses is reset. The caller owns the proxy and closes it.
func New(target string) (*Proxy, error) {
	p := &Proxy{target: target, addr: "127.0.0.1:0", hole: newGate(), live: newCounter(), links: map[*link]struct{}{}}
	for i := range p.lanes {
		p.lanes[i].gate, p.lanes[i].passed = newGate(), newCounter()
	}
	return p, p.Start()
}

// Addr is the host:port that clients dial. It stays the same through Stop and Start.
func (p *Proxy) Addr() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.addr
}

// URL is "http://" and Addr.
func (p *Proxy) URL() string { return "http://" + p.Addr() }

// Start listens again after Stop, on the same address. It does nothing while the proxy listens. Start and Stop are not
// to be called concurrently with each other.
func (p *Proxy) Start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		return nil
	}
	l, err := net.Listen("tcp", p.addr)
	if err != nil {
		return err
	}
	p.listener, p.addr = l, l.Addr().String()
	p.accepts.Add(1)
	go p.accept(l)
	return nil
}

// Stop resets all connections and refuses new ones until Start: to a client, the server's machine is up and its process
// is not. It returns when nothing runs any more. Faults that were set stay in force.
func (p *Proxy) Stop() {
	p.mu.Lock()
	l := p.listener
	p.listener = nil
	p.mu.Unlock()
	if l != nil {
		l.Close()
	}
	p.accepts.Wait()
	p.CutRST()
	p.runs.Wait()
}

// Restart is Stop and Start.
func (p *Proxy) Restart() error {
	p.Stop()
	return p.Start()
}

// Close is Stop for good.
func (p *Proxy) Close() {
	p.Stop()
	p.Release()
}

// OnAccept calls hook for each connection that is accepted from now on, before its target is dialled, with its number
// from 1. The proxy accepts nothing else until the hook returns, so it must not call Stop. nil removes it.
func (p *Proxy) OnAccept(hook func(n int)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.onAccept = hook
}

// accept is joined by Stop.
func (p *Proxy) accept(l net.Listener) {
	defer p.accepts.Done()
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.accepted++
		n, hook := p.accepted, p.onAccept
		p.mu.Unlock()
		if hook != nil {
			hook(n)
		}
		p.adopt(conn.(*net.TCPConn))
	}
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

// each calls do with each link of this moment.
func (p *Proxy) each(do func(*link)) {
	p.mu.Lock()
	links := slices.Collect(maps.Keys(p.links))
	p.mu.Unlock()
	for _, l := range links {
		do(l)
	}
}

// Conns is the number of connections that are held, those included that hang in a black hole.
func (p *Proxy) Conns() int {
	n, _ := p.live.get()
	return int(n)
}

// WaitConns returns when exactly n connections are held, or with the context's error.
func (p *Proxy) WaitConns(ctx context.Context, n int) error {
	return p.live.wait(ctx, func(have int64) bool { return have == int64(n) })
}

// Bytes is how many bytes were passed on in a direction, over all connections since New.
func (p *Proxy) Bytes(d Direction) int64 {
	n, _ := p.lanes[d].passed.get()
	return n
}

// WaitBytes returns when Bytes is n or more, or with the context's error: a test can so cut while traffic flows.
func (p *Proxy) WaitBytes(ctx context.Context, d Direction, n int64) error {
	return p.lanes[d].passed.wait(ctx, func(have int64) bool { return have >= n })
}
