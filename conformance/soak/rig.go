package soak

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/conformance/chaos"
	"github.com/weft-realtime/weft/conformance/exchange"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/longpoll"
	"github.com/weft-realtime/weft/transport/sse"
	"github.com/weft-realtime/weft/transport/websocket"
	"github.com/weft-realtime/weft/transport/webtransport"
)

// Kinds are the transports there are.
var Kinds = []transport.Kind{transport.WebTransport, transport.WebSocket, transport.SSE, transport.LongPoll}

var quiet = slog.New(slog.DiscardHandler)

func dialers() []transport.Dialer {
	return []transport.Dialer{&webtransport.Dialer{}, &websocket.Dialer{}, &sse.Dialer{}, &longpoll.Dialer{}}
}

// rig is a server behind a proxy for each of its ports, and a client in front of them.
type rig struct {
	server *exchange.Server
	tcp    *chaos.Proxy
	udp    *chaos.UDP
	client *client.Client
	random *rand.Rand // of the faults
	moves  *rand.Rand
}

func newRig(seed uint64) (r *rig, err error) {
	r = &rig{random: rand.New(rand.NewPCG(seed, 1)), moves: rand.New(rand.NewPCG(seed, 2))}
	if r.server, err = (exchange.All{Session: session.Config{Logger: quiet}, Logger: quiet}).Listen(); err != nil {
		return nil, err
	}
	if r.tcp, err = chaos.New(r.server.Addr()); err == nil {
		r.udp, err = chaos.NewUDP(r.tcp.Addr(), r.server.Addr(), seed)
	}
	if err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func (r *rig) mount() string { return r.tcp.URL() + "/rt" }

// close ends what there is.
func (r *rig) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if r.client != nil {
		_ = r.client.Close(ctx)
	}
	r.server.Close()
	if r.tcp != nil {
		r.tcp.Close()
	}
	if r.udp != nil {
		r.udp.Close()
	}
}

// move keeps to one kind after the other, until stop is closed.
func (r *rig) move(stop <-chan struct{}) {
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			r.client.Force(Kinds[r.moves.IntN(len(Kinds))])
		case <-stop:
			return
		}
	}
}

// faults are what happens between the messages, one behind the other.
func (r *rig) faults(cfg Config, w *watch) []exchange.Cut {
	var cuts []exchange.Cut
	for range cfg.Faults {
		k := r.random.IntN(10)
		d := time.Duration(1+r.random.IntN(150)) * time.Millisecond // 0 would be for ever
		cuts = append(cuts, exchange.Cut{Name: "fault", Do: func(p *chaos.Proxy) {
			w.faulted()
			r.harm(p, k, d)
		}})
	}
	return cuts
}

// harm does something to both ports. What is not a cut is over when it returns.
func (r *rig) harm(p *chaos.Proxy, k int, d time.Duration) {
	switch k {
	case 0, 1, 2: // all connections die at once, those of UDP at the client
		p.CutRST()
		r.client.Drop()
	case 3, 4:
		p.CutFIN()
		r.client.Drop()
	case 5: // nothing passes for a while
		p.BlackHole(d)
		r.udp.Vanish()
		time.Sleep(d)
		r.udp.Heal()
	case 6: // everything is late
		p.SetDelay(d / 10)
		r.udp.SetDelay(d / 10)
		time.Sleep(d)
		p.SetDelay(0)
		r.udp.SetDelay(0)
	case 7: // a narrow line, and a lossy one
		p.SetDrip(chaos.Down, 512, time.Millisecond)
		r.udp.SetLoss(chaos.Down, 0.2)
		time.Sleep(d)
		p.SetDrip(chaos.Down, 0, 0)
		r.udp.SetLoss(chaos.Down, 0)
	case 8: // torn in the middle of a frame
		p.TruncateAfter(chaos.Down, int64(d/time.Millisecond)+1)
	default: // another address
		p.CutRST()
		r.udp.Rebind()
	}
}

// watch counts what the client gets.
type watch struct {
	n        int
	finished chan struct{}
	session  chan string

	mu      sync.Mutex
	got     exchange.Count
	fault   time.Time // the latest one
	lost    time.Time // the fault behind which there was no connection any more; zero: there is one
	resumes []time.Duration
}

func (w *watch) hello(id string) {
	select {
	case w.session <- id:
	default:
	}
}

func (w *watch) down(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.got.Add(n); w.got.Received == w.n {
		close(w.finished)
	}
}

func (w *watch) faulted() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = time.Now()
}

func (w *watch) state(s client.State, _ transport.Kind) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case s == client.Detached && w.lost.IsZero():
		w.lost = w.fault
	case s == client.Open && !w.lost.IsZero():
		w.resumes = append(w.resumes, time.Since(w.lost))
		w.lost = time.Time{}
	}
}
