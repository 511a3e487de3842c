package chaos

import (
	"context"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weft-realtime/weft/conformance/ports"
)

// Proxy forwards every connection it accepts to one target, through whatever faults are in force. New makes one.
type Proxy struct {
	target string
	lanes  [2]lane // by Direction
	hole   *gate   // shut by BlackHole: not even a connection gets through
	terms  *terms  // of SetLifetime and SetIdle
	rate   *quota  // of SetAcceptRate
	live   *counter

	mu       sync.Mutex
	addr     string
	listener net.Listener  // nil while stopped
	stopped  chan struct{} // closed behind it
	links    map[*link]struct{}
	accepted int
	onAccept func(n int)
	refused  time.Time   // until when RefuseConns is in force
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
	drip   *quota       // bytes
	passed *counter     // bytes
	trap   trap
}

// New listens on a free port of 127.0.0.1 and forwards to target, a host:port, which need not be there yet: a connection
// whose target refuses is reset. The caller owns the proxy and closes it.
func New(target string) (*Proxy, error) {
	p := &Proxy{
		target: target, links: map[*link]struct{}{},
		hole: newGate(), terms: newTerms(), rate: newQuota(), live: newCounter(),
	}
	for i := range p.lanes {
		p.lanes[i].gate, p.lanes[i].drip, p.lanes[i].passed = newGate(), newQuota(), newCounter()
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
	l, err := ports.Listen(p.addr)
	if err != nil {
		return err
	}
	p.listener, p.addr, p.stopped = l, l.Addr().String(), make(chan struct{})
	p.accepts.Add(1)
	go p.accept(l, p.stopped)
	return nil
}

// Stop resets all connections and refuses new ones until Start: to a client, the server's machine is up and its process
// is not. It returns when nothing runs any more. Faults that were set stay in force.
func (p *Proxy) Stop() {
	p.mu.Lock()
	if p.listener != nil {
		p.listener.Close()
		close(p.stopped)
		p.listener = nil
	}
	p.mu.Unlock()
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
