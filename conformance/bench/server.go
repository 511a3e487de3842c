// Package bench measures what weft costs beside gorilla/websocket and webtransport-go alone: the same workload against a server of each
// kind, in a process of its own, its CPU time read from the operating system. Compare within one run only.
package bench

import (
	"bufio"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	gorilla "github.com/gorilla/websocket"

	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/session"
)

// Serve is the server process: it prints its address, obeys commands from standard input, one a line, and ends with it.
// "publish N" publishes N messages of 128 bytes to everybody, "free" gives memory back to the operating system. Each is
// answered by the number of goroutines.
func Serve(kind string) {
	slog.SetLogLoggerLevel(slog.LevelError)
	addr, publish, err := serve(kind)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(addr)
	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		var n int
		if _, err := fmt.Sscanf(commands.Text(), "publish %d", &n); err == nil {
			for range n {
				publish(payload)
			}
		}
		if commands.Text() == "free" {
			debug.FreeOSMemory()
		}
		fmt.Println(runtime.NumGoroutine())
	}
	os.Exit(0)
}

// serve serves a kind, and returns where, and what publishes.
func serve(kind string) (net.Addr, func([]byte), error) {
	switch kind {
	case "webtransport":
		addr, err := serveWebTransport()
		return addr, nil, err
	case "raw webtransport":
		addr, err := serveRawWebTransport()
		return addr, nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	h, publish := raw()
	if kind != "raw" {
		h, publish = weft(router.Config{})
	}
	go http.Serve(l, h)
	return l.Addr(), publish, nil
}

var payload = []byte(`"` + string(make128()) + `"`)

func make128() []byte {
	b := make([]byte, 126)
	for i := range b {
		b[i] = 'a' + byte(i%26)
	}
	return b
}

// raw is what a user writes by hand: an echo loop for each connection, and a loop over all of them to publish.
func raw() (http.Handler, func([]byte)) {
	var mu sync.Mutex
	conns := map[*gorilla.Conn]*sync.Mutex{}
	up := gorilla.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024, WriteBufferPool: &sync.Pool{}}
	h := func(w http.ResponseWriter, r *http.Request) {
		c, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		lock := new(sync.Mutex)
		mu.Lock()
		conns[c] = lock
		mu.Unlock()
		for {
			kind, msg, err := c.ReadMessage()
			if err != nil {
				return
			}
			lock.Lock()
			err = c.WriteMessage(kind, msg)
			lock.Unlock()
			if err != nil {
				return
			}
		}
	}
	return http.HandlerFunc(h), func(msg []byte) {
		mu.Lock()
		defer mu.Unlock()
		for c, lock := range conns {
			lock.Lock()
			c.WriteMessage(gorilla.BinaryMessage, msg)
			lock.Unlock()
		}
	}
}

// weft echoes events, and everybody follows one topic.
func weft(cfg router.Config) (http.Handler, func([]byte)) {
	rt := router.New(cfg)
	var sessions atomic.Int64
	rt.OnConnect(func(c *router.Context) error {
		sessions.Add(1)
		_, _, err := c.Session().Subscribe("all", session.From{})
		return err
	})
	router.On(rt, "echo", func(c *router.Context, p session.Payload) error { return c.Session().TrySend("echo", p) })
	return rt, func(msg []byte) {
		p := session.Payload{Codec: 1, Data: msg}
		if _, err := rt.Registry().Publish("all", "m", p); err != nil {
			panic(err)
		}
	}
}
