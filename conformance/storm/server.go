package storm

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"github.com/weft-realtime/weft/conformance/exchange"
	"github.com/weft-realtime/weft/conformance/ports"
	"github.com/weft-realtime/weft/conformance/process"
	"github.com/weft-realtime/weft/router"
)

// Main belongs at the beginning of main or TestMain of a binary that calls Run: see process.Main.
func Main() { process.Main(serve) }

// serve is the server's process. To "cut" it resets every connection and answers with the time, to "arrivals" with those
// since then.
func serve(addr string) error {
	slog.SetLogLoggerLevel(slog.LevelError) // a client of a session that is gone is what this is about
	l, err := ports.Listen(addr)
	if err != nil {
		return err
	}
	c := &cutter{Listener: l}
	exchange.Serve(c, router.Config{})
	fmt.Println(l.Addr())
	for commands := bufio.NewScanner(os.Stdin); commands.Scan(); {
		var answer any
		switch commands.Text() {
		case "cut":
			answer = c.cut()
		case "arrivals":
			answer = c.log()
		}
		text, err := json.Marshal(answer)
		if err != nil {
			return err
		}
		fmt.Println(string(text))
	}
	return nil
}

// arrival is a connection that a client made.
type arrival struct {
	At    time.Time // when it was accepted
	Hello bool      // for a HELLO
}

// cutter is a listener that notes what it accepts, and can reset all of it.
type cutter struct {
	net.Listener

	mu       sync.Mutex
	conns    []net.Conn // also those that are closed
	arrivals []arrival  // since the last cut, of those that have said something
}

func (c *cutter) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conns = append(c.conns, conn)
	return &noted{Conn: conn, cutter: c, at: time.Now()}, nil
}

// cut resets all connections. An error means that one is closed already.
func (c *cutter) cut() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for _, conn := range c.conns {
		conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
	}
	c.conns, c.arrivals = nil, nil
	return now
}

func (c *cutter) log() []arrival {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.arrivals
}

// noted is a connection whose first request says what it is for. It is read by one goroutine at a time, as net/http does.
type noted struct {
	net.Conn
	cutter *cutter
	at     time.Time
	known  bool
}

func (n *noted) Read(p []byte) (int, error) {
	got, err := n.Conn.Read(p)
	if got > 0 && !n.known {
		n.known = true
		n.cutter.mu.Lock()
		defer n.cutter.mu.Unlock()
		n.cutter.arrivals = append(n.cutter.arrivals, arrival{n.at, bytes.HasPrefix(p[:got], []byte("POST /rt/session "))})
	}
	return got, err
}
