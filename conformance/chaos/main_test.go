package chaos

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/weft-realtime/weft/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

const (
	patience = 20 * time.Second      // for what must happen
	moment   = 50 * time.Millisecond // for what must not
)

// target is a server that hands its connections to the test.
type target struct {
	net.Listener
	conns chan *net.TCPConn
	wg    sync.WaitGroup
	once  sync.Once
}

func newTarget(t *testing.T) *target {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &target{Listener: l, conns: make(chan *net.TCPConn, 100)}
	s.wg.Add(1)
	go s.accept()
	t.Cleanup(func() {
		s.stop()
		for conn := range s.conns {
			conn.Close()
		}
	})
	return s
}

// stop ends conns once what was accepted is in it.
func (s *target) stop() {
	s.once.Do(func() {
		s.Close()
		s.wg.Wait()
		close(s.conns)
	})
}

func (s *target) accept() {
	defer s.wg.Done()
	for {
		conn, err := s.Accept()
		if err != nil {
			return
		}
		s.conns <- conn.(*net.TCPConn)
	}
}

// next is the next connection that the target accepts.
func (s *target) next(t *testing.T) *net.TCPConn {
	t.Helper()
	select {
	case conn := <-s.conns:
		t.Cleanup(func() { conn.Close() })
		return conn
	case <-time.After(patience):
		t.Fatal("no connection came through")
		return nil
	}
}

func newProxy(t *testing.T, target string) *Proxy {
	t.Helper()
	p, err := New(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func dial(t *testing.T, addr string) *net.TCPConn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.(*net.TCPConn)
}

// pair is both ends of one connection through a new proxy.
func pair(t *testing.T) (p *Proxy, client, server *net.TCPConn) {
	t.Helper()
	s := newTarget(t)
	p = newProxy(t, s.Addr().String())
	client = dial(t, p.Addr())
	return p, client, s.next(t)
}

func send(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	conn.SetWriteDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(patience))
	buf := make([]byte, len(text))
	n, err := io.ReadFull(conn, buf)
	if err != nil || string(buf) != text {
		t.Fatalf("read %q (%v), want %q", buf[:n], err, text)
	}
}

// expectEnd reads one byte, which must fail so.
func expectEnd(t *testing.T, conn net.Conn, want error) {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(patience))
	if n, err := conn.Read(make([]byte, 1)); n > 0 || !errors.Is(err, want) {
		t.Fatalf("read %d bytes and %v, want %v", n, err, want)
	}
}

func expectReset(t *testing.T, conn net.Conn) { t.Helper(); expectEnd(t, conn, syscall.ECONNRESET) }
func expectEOF(t *testing.T, conn net.Conn)   { t.Helper(); expectEnd(t, conn, io.EOF) }

func expectSilence(t *testing.T, conn net.Conn) {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(moment))
	if n, err := conn.Read(make([]byte, 1)); n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("read %d bytes and %v, want silence", n, err)
	}
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}
