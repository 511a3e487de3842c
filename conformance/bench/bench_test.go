package bench

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const serveEnv = "WEFT_BENCH_SERVE"

func TestMain(m *testing.M) {
	if kind := os.Getenv(serveEnv); kind != "" {
		Serve(kind)
	}
	os.Exit(m.Run())
}

// server is a server process.
type server struct {
	b     *testing.B
	cmd   *exec.Cmd
	addr  string
	in    io.WriteCloser
	out   *bufio.Reader
	conns []conn
}

// start starts a server of a kind and connects n clients to it.
func start(b *testing.B, kind string, n int) *server {
	b.Helper()
	s := &server{b: b, cmd: exec.Command(os.Args[0])}
	s.cmd.Env = append(os.Environ(), serveEnv+"="+kind)
	s.cmd.Stderr = os.Stderr
	s.in, _ = s.cmd.StdinPipe()
	out, _ := s.cmd.StdoutPipe()
	s.out = bufio.NewReader(out)
	if err := s.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.in.Close(); s.cmd.Wait() })
	s.addr = s.line()
	s.connect(kind, n)
	return s
}

func (s *server) connect(kind string, n int) {
	s.b.Helper()
	for range n {
		c, err := dial(kind, s.addr)
		if err != nil {
			s.b.Fatal(err)
		}
		s.conns = append(s.conns, c)
		s.b.Cleanup(c.close)
	}
}

func (s *server) line() string {
	line, err := s.out.ReadString('\n')
	if err != nil {
		s.b.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// cpu is the process's CPU time in seconds.
func (s *server) cpu() float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		s.b.Skip("CPU time of another process is read from /proc, which this system does not have")
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100 // clock ticks are 10 ms on Linux
}

// measure runs f, which moves total messages, and reports the server's CPU seconds for a million of them.
func (s *server) measure(total int, f func()) {
	before := s.cpu()
	s.b.ResetTimer()
	f()
	s.b.StopTimer()
	s.b.ReportMetric((s.cpu()-before)/float64(total)*1e6, "cpu-s/M")
	s.b.ReportMetric(0, "ns/op")
}

// kinds runs f for weft over WebSocket and what it is compared with, and for what else there is.
func kinds(b *testing.B, f func(b *testing.B, kind string), more ...string) {
	for _, kind := range append([]string{"raw", "weft"}, more...) {
		b.Run(kind, func(b *testing.B) { f(b, kind) })
	}
}

// echo keeps inFlight messages on their way on each of n connections until each has had its share.
func echo(b *testing.B, kind string, n, inFlight int) {
	s := start(b, kind, n)
	each := max(b.N/n, 2*inFlight)
	s.measure(each*n, func() {
		var wg sync.WaitGroup
		for _, c := range s.conns {
			wg.Go(func() { exchange(b, c, each, inFlight) })
		}
		wg.Wait()
	})
}

func exchange(b *testing.B, c conn, total, inFlight int) {
	if err := c.send(inFlight); err != nil {
		b.Error(err)
		return
	}
	for sent, got := inFlight, 0; got < total; {
		n, err := c.receive()
		if err != nil {
			b.Error(err)
			return
		}
		got += n
		if more := min(n, total-sent); more > 0 {
			sent += more
			if err := c.send(more); err != nil {
				b.Error(err)
				return
			}
		}
	}
}

func BenchmarkEcho(b *testing.B) {
	kinds(b, func(b *testing.B, kind string) { echo(b, kind, 64, 16) }, "raw webtransport", "webtransport")
}

func BenchmarkPingPong(b *testing.B) {
	kinds(b, func(b *testing.B, kind string) { echo(b, kind, 100, 1) }, "raw webtransport", "webtransport")
}

// broadcast publishes in rounds of outstanding messages to n clients, each round when all have the one before.
func broadcast(b *testing.B, kind string, n, outstanding int) {
	s := start(b, kind, n)
	rounds := max(b.N/(n*outstanding), 20)
	s.measure(rounds*outstanding*n, func() {
		for range rounds {
			fmt.Fprintf(s.in, "publish %d\n", outstanding)
			var wg sync.WaitGroup
			for _, c := range s.conns {
				wg.Go(func() {
					for got := 0; got < outstanding; {
						k, err := c.receive()
						if err != nil {
							b.Error(err)
							return
						}
						got += k
					}
				})
			}
			wg.Wait()
			s.line()
		}
	})
}

func BenchmarkBroadcast(b *testing.B) {
	for _, outstanding := range []int{1, 16} {
		b.Run(fmt.Sprintf("outstanding=%d", outstanding), func(b *testing.B) {
			kinds(b, func(b *testing.B, kind string) { broadcast(b, kind, 1000, outstanding) }, "sse")
		})
	}
}

// BenchmarkIdle reports what a connected client that says nothing costs the server in memory and goroutines.
func BenchmarkIdle(b *testing.B) {
	kinds(b, func(b *testing.B, kind string) {
		n := 4000
		if strings.HasSuffix(kind, "webtransport") { // the clients cost as much
			n = 500
		}
		s := start(b, kind, 100) // what comes once is there
		bytes, goroutines := s.idle()
		s.connect(kind, n)
		moreBytes, more := s.idle()
		b.ReportMetric((moreBytes-bytes)/float64(n), "B/session")
		b.ReportMetric((more-goroutines)/float64(n), "goroutines/session")
		b.ReportMetric(0, "ns/op")
	}, "sse", "raw webtransport", "webtransport")
}

// idle is the process's resident memory in bytes, after it has given back what it can, and its goroutines.
func (s *server) idle() (bytes, goroutines float64) {
	fmt.Fprintln(s.in, "free")
	goroutines, _ = strconv.ParseFloat(s.line(), 64)
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.cmd.Process.Pid))
	if err != nil {
		s.b.Skip("memory of another process is read from /proc, which this system does not have")
	}
	pages, _ := strconv.ParseFloat(strings.Fields(string(text))[1], 64)
	return pages * float64(os.Getpagesize()), goroutines
}
