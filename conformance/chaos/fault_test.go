package chaos

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

// pour writes until the connection fails; the test joins it through done.
func pour(conn net.Conn, done chan<- int) {
	chunk, total := make([]byte, 4096), 0
	for {
		n, err := conn.Write(chunk)
		total += n
		if err != nil {
			done <- total
			return
		}
	}
}

func TestCutRSTWhileTrafficFlows(t *testing.T) {
	p, client, server := pair(t)
	poured, read := make(chan int), make(chan error)
	go pour(client, poured)
	go discardAll(server, read)
	if err := p.WaitBytes(within(t), Up, 1<<20); err != nil {
		t.Fatal(err)
	}
	p.CutRST()
	<-poured
	if err := <-read; err == nil {
		t.Error("the server saw an orderly end")
	}
	expectClosed(t, client)
	if err := p.WaitConns(within(t), 0); err != nil {
		t.Error(err)
	}
}

func discardAll(conn net.Conn, result chan<- error) {
	_, err := io.Copy(io.Discard, conn)
	result <- err
}

// expectClosed is for an end whose write has been told of the reset already.
func expectClosed(t *testing.T, conn net.Conn) {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(patience))
	if n, err := conn.Read(make([]byte, 1)); n > 0 || err == nil {
		t.Errorf("read %d bytes and no error after a cut", n)
	}
}

func TestCutFIN(t *testing.T) {
	p, client, server := pair(t)
	send(t, client, "before")
	if err := p.WaitBytes(within(t), Up, 6); err != nil {
		t.Fatal(err)
	}
	p.CutFIN()
	expectEOF(t, client)
	expect(t, server, "before")
	expectEOF(t, server)
	send(t, client, "after")
	client.Close()
	server.Close()
	if err := p.WaitConns(within(t), 0); err != nil {
		t.Error(err)
	}
}

func TestCutFINWithoutPeersClosing(t *testing.T) {
	p, client, server := pair(t)
	p.CutFIN()
	expectEOF(t, client)
	expectEOF(t, server)
	if err := p.WaitConns(within(t), 0); err != nil {
		t.Errorf("%v: the link outlives its grace", err)
	}
}

func TestHalfOpen(t *testing.T) {
	for _, gone := range []Side{Client, Server} {
		t.Run(fmt.Sprint(gone), func(t *testing.T) {
			p, client, server := pair(t)
			ends := []net.Conn{Client: client, Server: server}
			p.HalfOpen(gone)
			expectReset(t, ends[gone])
			left := ends[1-gone]
			for range 3 {
				send(t, left, "is anybody there?")
			}
			expectSilence(t, left)
			left.Close()
			if err := p.WaitConns(within(t), 0); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestBlackHole(t *testing.T) {
	s := newTarget(t)
	p := newProxy(t, s.Addr().String())
	client := dial(t, p.Addr())
	server := s.next(t)
	p.BlackHole(0)

	send(t, client, "up")
	send(t, server, "down")
	second := dial(t, p.Addr())
	send(t, second, "second")
	expectSilence(t, client)
	expectSilence(t, server)
	if n := len(s.conns); n != 0 {
		t.Errorf("%d new connections came through", n)
	}

	p.Release()
	expect(t, client, "down")
	expect(t, server, "up")
	expect(t, s.next(t), "second")
}

func TestBlackHoleHoldsEnds(t *testing.T) {
	p, client, server := pair(t)
	p.BlackHole(0)
	client.Close()
	expectSilence(t, server)
	p.Release()
	expectEOF(t, server)
}

func TestBlackHoleEndsByItself(t *testing.T) {
	p, client, server := pair(t)
	start := time.Now()
	p.BlackHole(moment)
	send(t, client, "x")
	expect(t, server, "x")
	if took := time.Since(start); took < moment {
		t.Errorf("a byte came through after %v of %v", took, moment)
	}
}

func TestCutInBlackHole(t *testing.T) {
	s := newTarget(t)
	p := newProxy(t, s.Addr().String())
	client := dial(t, p.Addr())
	server := s.next(t)
	p.BlackHole(0)
	hanging := dial(t, p.Addr())
	if err := p.WaitConns(within(t), 2); err != nil {
		t.Fatal(err)
	}
	p.CutRST()
	expectReset(t, client)
	expectReset(t, server)
	expectReset(t, hanging)
	if err := p.WaitConns(within(t), 0); err != nil {
		t.Fatal(err)
	}

	finished := dial(t, p.Addr())
	if err := p.WaitConns(within(t), 1); err != nil {
		t.Fatal(err)
	}
	p.CutFIN()
	expectEOF(t, finished)
}

func TestStall(t *testing.T) {
	for _, d := range []Direction{Up, Down} {
		t.Run(fmt.Sprint(d), func(t *testing.T) {
			p, client, server := pair(t)
			from, to := net.Conn(client), net.Conn(server)
			if d == Down {
				from, to = to, from
			}
			p.Stall(d)
			send(t, from, "held")
			expectSilence(t, to)
			send(t, to, "free")
			expect(t, from, "free")
			p.Resume(d)
			expect(t, to, "held")
		})
	}
}

// TestStallPushesBack: the sender must run into a full buffer, not into the proxy's memory.
func TestStallPushesBack(t *testing.T) {
	p, client, _ := pair(t)
	p.Stall(Up)
	client.SetWriteDeadline(time.Now().Add(moment))
	poured := make(chan int, 1)
	pour(client, poured)
	if total := <-poured; total > 64<<20 {
		t.Errorf("%d bytes were taken from the sender", total)
	}
}

func TestDelayIsLatencyNotThroughput(t *testing.T) {
	const delay, chunks = 40 * time.Millisecond, 500
	p, client, server := pair(t)
	p.SetDelay(delay)
	for _, ends := range [][2]net.Conn{{client, server}, {server, client}} {
		start := time.Now()
		var sent bytes.Buffer
		for i := range chunks {
			text := fmt.Sprintf("chunk %d;", i)
			sent.WriteString(text)
			send(t, ends[0], text)
		}
		expect(t, ends[1], sent.String())
		if took := time.Since(start); took < delay {
			t.Errorf("arrived after %v, want at least %v", took, delay)
		} else if took > chunks*delay/2 {
			t.Errorf("arrived after %v: each chunk waited for the one before", took)
		}
	}
}

// TestDelayOfNewConnection: TCP's handshake and the first bytes, one after the other.
func TestDelayOfNewConnection(t *testing.T) {
	const delay = 20 * time.Millisecond
	s := newTarget(t)
	p := newProxy(t, s.Addr().String())
	p.SetDelay(delay)
	start := time.Now()
	client := dial(t, p.Addr())
	send(t, client, "hello")
	server := s.next(t)
	expect(t, server, "hello")
	if took := time.Since(start); took < 3*delay {
		t.Errorf("the first bytes of a connection arrived after %v, want at least %v", took, 3*delay)
	}
}

func TestDelayKeepsOrderWhenItShrinks(t *testing.T) {
	p, client, server := pair(t)
	var sent bytes.Buffer
	for i := range 50 {
		p.SetDelay(time.Duration(50-i) * time.Millisecond)
		text := fmt.Sprintf("chunk %d;", i)
		sent.WriteString(text)
		send(t, client, text)
	}
	expect(t, server, sent.String())
}

func TestTruncateAfter(t *testing.T) {
	for _, n := range []int64{0, 1, 7, 10} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			p, client, server := pair(t)
			p.TruncateAfter(Up, n)
			send(t, client, "0123")
			p.WaitBytes(within(t), Up, min(n, 4))
			client.Write([]byte("456789")) // fails when the link is cut by then
			expect(t, server, "0123456789"[:n])
			expectEOF(t, server)
			expectEOF(t, client)
		})
	}
}

func TestTruncateAfterHappensOnce(t *testing.T) {
	s := newTarget(t)
	p := newProxy(t, s.Addr().String())
	p.TruncateAfter(Down, 2)
	first := dial(t, p.Addr())
	send(t, s.next(t), "abc")
	expect(t, first, "ab")
	expectEOF(t, first)
	second := dial(t, p.Addr())
	send(t, s.next(t), "abc")
	expect(t, second, "abc")
}

// TestRandomKeepsStreamsWhole: whatever happens, what arrives is a prefix of what was sent.
func TestRandomKeepsStreamsWhole(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	s := newTarget(t)
	p := newProxy(t, s.Addr().String())
	received := make(chan []string)
	go collect(s, received)
	var sent bytes.Buffer
	for i := range 20 {
		fmt.Fprintf(&sent, "%08d", i)
	}
	whole := dial(t, p.Addr())
	send(t, whole, sent.String())
	whole.CloseWrite()
	expectEOF(t, whole) // collect has read it all
	for range 100 {
		client, err := net.Dial("tcp", p.Addr())
		if err != nil {
			continue // refused
		}
		for part := range slices.Chunk(sent.Bytes(), 8) {
			if _, err := client.Write(part); err != nil {
				break
			}
			if r.IntN(20) == 0 {
				p.Random(r, 10*time.Millisecond)
			}
		}
		client.Close()
	}
	p.Close()
	s.stop()
	all := <-received
	for _, text := range all {
		if !strings.HasPrefix(sent.String(), text) {
			t.Errorf("%q arrived, which is no prefix of %q", text, &sent)
		}
	}
	if len(all) == 0 || all[0] != sent.String() {
		t.Errorf("without faults arrived %q", all)
	}
}

// collect reads each of the target's connections to its end, in turn.
func collect(s *target, received chan<- []string) {
	var all []string
	for conn := range s.conns {
		text, _ := io.ReadAll(conn) // faults end it one way or another
		all = append(all, string(text))
		conn.Close()
	}
	received <- all
}
