package chaos

import (
	"context"
	"io"
	"net"
	"sync"
)

// muted is the client's end of an upgraded connection that falls silent after a number of bytes. Read and Write may be
// called concurrently, each by one goroutine.
type muted struct {
	net.Conn // a *net.TCPConn, whose other methods would go round this one's
	forget   func() bool

	mu   sync.Mutex
	left int64 // how many bytes may still go to the client; at 0 it is mute
}

// newMuted takes the connection over. It is closed when over ends, at the latest.
func newMuted(over context.Context, conn *net.TCPConn, n int64) *muted {
	return &muted{Conn: conn, left: n, forget: context.AfterFunc(over, func() { conn.Close() })}
}

// take returns how many of n bytes may go.
func (m *muted) take(n int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n = int(min(int64(n), m.left))
	m.left -= int64(n)
	return n
}

func (m *muted) isMute() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.left == 0
}

// Write claims to have written everything.
func (m *muted) Write(data []byte) (int, error) {
	if part := m.take(len(data)); part > 0 {
		if n, err := m.Conn.Write(data[:part]); err != nil {
			return n, err
		}
	}
	return len(data), nil
}

// Read swallows what comes while the connection is mute.
func (m *muted) Read(buf []byte) (int, error) {
	for {
		n, err := m.Conn.Read(buf)
		if err != nil || !m.isMute() {
			return n, err
		}
	}
}

// CloseWrite is how the reverse proxy passes on the end of the server's stream.
func (m *muted) CloseWrite() error {
	if m.isMute() {
		return nil
	}
	return m.Conn.(*net.TCPConn).CloseWrite()
}

// Close waits for the client to go if the connection is mute.
func (m *muted) Close() error {
	if m.isMute() {
		io.Copy(io.Discard, m.Conn)
	}
	m.forget()
	return m.Conn.Close()
}
