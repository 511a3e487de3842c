package chaos

import (
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"
)

// UDP forwards datagrams between clients and one target, through whatever faults are in force. Each client has a port of
// its own towards the target, as behind a NAT. NewUDP makes one.
type UDP struct {
	target netip.AddrPort
	conn   *net.UDPConn

	mu     sync.Mutex
	random *rand.Rand
	loss   [2]float64 // by Direction
	delay  time.Duration
	flows  map[netip.AddrPort]*flow
	late   map[*time.Timer]struct{} // datagrams that are held back
	closed bool

	running sync.WaitGroup // the reader, one for each flow, and datagrams that are held back
}

// flow is one client's way to the target.
type flow struct {
	client netip.AddrPort
	up     *net.UDPConn
}

// maxUDP is longer than any datagram.
const maxUDP = 64 << 10

// NewUDP listens on addr, a host:port, where port 0 is a free one, and forwards to target. What is lost is chosen by seed.
// The caller owns the proxy and closes it.
func NewUDP(addr, target string, seed uint64) (*UDP, error) {
	to, err := netip.ParseAddrPort(target)
	if err != nil {
		return nil, err
	}
	at, err := net.ResolveUDPAddr("udp", addr)
	if err != nil {
		return nil, err
	}
	conn, err := net.ListenUDP("udp", at)
	if err != nil {
		return nil, err
	}
	u := &UDP{
		target: to, conn: conn, random: rand.New(rand.NewPCG(seed, 0)),
		flows: map[netip.AddrPort]*flow{}, late: map[*time.Timer]struct{}{},
	}
	u.running.Add(1)
	go u.read()
	return u, nil
}

// Addr is the host:port that clients send to.
func (u *UDP) Addr() string { return u.conn.LocalAddr().String() }

// SetLoss loses each datagram of a direction with probability p. 1 loses all of them: the path is silently dead.
func (u *UDP) SetLoss(d Direction, p float64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.loss[d] = p
}

// Vanish loses everything in both directions, until Heal.
func (u *UDP) Vanish() {
	u.SetLoss(Up, 1)
	u.SetLoss(Down, 1)
}

// SetDelay makes each datagram, in either direction, arrive that much later.
func (u *UDP) SetDelay(oneWay time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.delay = oneWay
}

// Rebind gives every client another port towards the target, as a NAT does that has forgotten. What is on its way to the
// old ports is lost.
func (u *UDP) Rebind() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for client, f := range u.flows {
		f.up.Close()
		delete(u.flows, client)
	}
}

// Heal lifts all faults.
func (u *UDP) Heal() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.loss, u.delay = [2]float64{}, 0
}

// Close ends everything, and returns when nothing runs any more.
func (u *UDP) Close() {
	u.mu.Lock()
	u.closed = true
	for t := range u.late {
		if t.Stop() {
			u.running.Done()
		}
	}
	u.mu.Unlock()
	u.Rebind()
	u.conn.Close()
	u.running.Wait()
}

// read takes the clients' datagrams. It is joined by Close.
func (u *UDP) read() {
	defer u.running.Done()
	buf := make([]byte, maxUDP)
	for {
		n, client, err := u.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		if f := u.flow(client); f != nil {
			u.pass(Up, buf[:n], func(p []byte) { _, _ = f.up.Write(p) })
		}
	}
}

// flow finds a client's way to the target, or makes one; nil when there can be none.
func (u *UDP) flow(client netip.AddrPort) *flow {
	u.mu.Lock()
	defer u.mu.Unlock()
	f := u.flows[client]
	if f != nil || u.closed {
		return f
	}
	up, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(u.target))
	if err != nil {
		return nil
	}
	f = &flow{client, up}
	u.flows[client] = f
	u.running.Add(1)
	go u.answer(f)
	return f
}

// answer takes the target's datagrams for one client. It ends with the flow, and is joined by Close.
func (u *UDP) answer(f *flow) {
	defer u.running.Done()
	buf := make([]byte, maxUDP)
	for {
		n, err := f.up.Read(buf)
		if err != nil {
			if u.ours(f) { // nobody listens there, as ICMP said: try again with the next datagram
				continue
			}
			return
		}
		u.pass(Down, buf[:n], func(p []byte) { _, _ = u.conn.WriteToUDPAddrPort(p, f.client) })
	}
}

// ours reports whether a flow is still in use.
func (u *UDP) ours(f *flow) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return !u.closed && u.flows[f.client] == f
}

// pass sends a datagram on, now, later or not at all.
func (u *UDP) pass(d Direction, p []byte, send func(p []byte)) {
	u.mu.Lock()
	lost := u.loss[d] > 0 && u.random.Float64() < u.loss[d]
	delay := u.delay
	if lost || u.closed {
		u.mu.Unlock()
		return
	}
	if delay > 0 {
		u.hold(append([]byte(nil), p...), delay, send)
		u.mu.Unlock()
		return
	}
	u.mu.Unlock()
	send(p)
}

// hold sends a datagram later. u.mu is held.
func (u *UDP) hold(p []byte, d time.Duration, send func(p []byte)) {
	u.running.Add(1)
	var t *time.Timer
	t = time.AfterFunc(d, func() {
		defer u.running.Done()
		send(p)
		u.mu.Lock()
		delete(u.late, t)
		u.mu.Unlock()
	})
	u.late[t] = struct{}{}
}
