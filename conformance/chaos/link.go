package chaos

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// grace is how long the proxy listens to an end that it has sent FIN and that does not close, and how long it dials.
const grace = time.Second

// link is one proxied connection: two sockets, and a pipe in each direction.
type link struct {
	proxy  *Proxy
	client *net.TCPConn
	pipes  sync.WaitGroup

	// born is when it was accepted, and last how long after that a byte was last passed on.
	born    time.Time
	last    atomic.Int64 // a time.Duration
	watched sync.WaitGroup

	// over ends when the link is cut: nothing is forwarded any more.
	over context.Context
	cut  context.CancelFunc

	// orphaned is set before one side alone is reset: the pipes then swallow instead of forwarding.
	orphaned atomic.Bool

	mu     sync.Mutex
	server *net.TCPConn // nil until dialled
}

func newLink(p *Proxy, client *net.TCPConn) *link {
	l := &link{proxy: p, client: client, born: time.Now()}
	l.over, l.cut = context.WithCancel(context.Background())
	return l
}

// run is joined by Proxy.Stop. It owns the sockets, the pipes and the watch.
func (l *link) run() {
	defer l.proxy.disown(l)
	l.watched.Add(1)
	go l.watch()
	defer l.watched.Wait()
	defer l.cut()
	defer l.client.Close()
	server := l.connect()
	if server == nil {
		io.Copy(io.Discard, l.client) // after finish, unread bytes would turn the FIN into a reset
		return
	}
	defer server.Close()
	l.pipes.Add(2)
	go l.pump(&l.proxy.lanes[Up], l.client, server)
	go l.pump(&l.proxy.lanes[Down], server, l.client)
	l.pipes.Wait()
}

// connect waits out a black hole and the round trip that opening a connection takes, and dials the target. It returns nil
// if the link was cut meanwhile, or the target refused.
func (l *link) connect() *net.TCPConn {
	lanes := &l.proxy.lanes
	if !l.proxy.hole.pass(l.over.Done()) || !l.sleep(time.Duration(lanes[Up].delay.Load()+lanes[Down].delay.Load())) {
		return nil
	}
	l.mu.Lock() // while it dials: the target may have accepted already, and a fault that comes now must reach it too
	defer l.mu.Unlock()
	if l.over.Err() != nil {
		return nil
	}
	conn, err := net.DialTimeout("tcp", l.proxy.target, grace)
	if err != nil {
		reset(l.client)
		return nil
	}
	l.server = conn.(*net.TCPConn)
	return l.server
}

// sockets are those that exist; mu is held.
func (l *link) sockets() []*net.TCPConn {
	if l.server == nil {
		return []*net.TCPConn{l.client}
	}
	return []*net.TCPConn{l.client, l.server}
}

// reset cuts both sides at once, also after finish.
func (l *link) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut()
	for _, conn := range l.sockets() {
		reset(conn)
	}
}

// finish ends both streams. The pipes then read and discard until the peers close too, or grace is over.
func (l *link) finish() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut()
	for _, conn := range l.sockets() {
		conn.CloseWrite()
		conn.SetReadDeadline(time.Now().Add(grace))
	}
}

// orphan resets one side and leaves the other in ignorance.
func (l *link) orphan(gone Side) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.server == nil || l.over.Err() != nil {
		return
	}
	l.orphaned.Store(true)
	reset([]*net.TCPConn{Client: l.client, Server: l.server}[gone])
}

// reset closes with RST instead of FIN. An error means that the socket is closed already.
func reset(conn *net.TCPConn) {
	conn.SetLinger(0)
	conn.Close()
}
