// Package e2e holds the proofs that need everything at once: real servers, clients, sockets and networks that break.
package e2e

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/exchange"
	"github.com/weft-realtime/weft/router"
)

// serveEnv makes the test binary a server on the address it holds, for tests that kill one.
const serveEnv = "WEFT_E2E_SERVE"

func TestMain(m *testing.M) {
	if addr := os.Getenv(serveEnv); addr != "" {
		serve(addr)
	}
	browser.Main(m)
}

// serve prints the address it listens on, and ends with the process or its standard input.
func serve(addr string) {
	s, err := exchange.Listen(addr, router.Config{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(s.Addr())
	bufio.NewReader(os.Stdin).ReadString('\n')
	os.Exit(0)
}

// process is a server in a process of its own.
type process struct {
	cmd  *exec.Cmd
	addr string
}

// spawn starts a server process on a free port, or on addr if it is not "".
func spawn(t testing.TB, addr string) *process {
	t.Helper()
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	cmd := exec.CommandContext(context.Background(), os.Args[0])
	cmd.Env = append(os.Environ(), serveEnv+"="+addr)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd}
	t.Cleanup(func() { p.kill(); stdin.Close() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("server process: %v", err)
	}
	p.addr = strings.TrimSpace(line)
	return p
}

// kill ends the process as a crash would. It may be called twice.
func (p *process) kill() {
	p.cmd.Process.Kill()
	p.cmd.Wait()
}
