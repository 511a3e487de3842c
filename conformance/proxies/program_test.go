package proxies

import (
	"bufio"
	"bytes"
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// guardian is a shell that runs a program until its own input ends, which it does with the test, however that ends: no
// server is left behind.
const guardian = `signal=$1; shift; "$@" & program=$!; cat >/dev/null; kill -s $signal $program; wait $program`

// program is a server in a process of its own.
type program struct {
	cmd *exec.Cmd
	in  io.Closer
	out *bufio.Reader
	err bytes.Buffer
}

// run starts a program, and ends it with the test by a signal.
func run(t testing.TB, signal string, args ...string) *program {
	t.Helper()
	p := &program{cmd: exec.Command("sh", append([]string{"-c", guardian, "sh", signal}, args...)...)}
	p.cmd.Stderr = &p.err
	in, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.in, p.out = in, bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			t.Logf("%s:\n%s", args[0], p.err.String())
		}
	})
	return p
}

// stop ends the program and returns when it is gone. It may be called twice.
func (p *program) stop() {
	p.in.Close()
	_ = p.cmd.Wait()
}

// built is the chat, built once.
var built = sync.OnceValues(func() (string, error) {
	const file = "../../.build/chat"
	out, err := exec.Command("go", "build", "-o", file, "../../examples/chat").CombinedOutput()
	if err != nil {
		return string(out), err
	}
	return file, nil
})

// chat starts the chat as its users do, and returns its host and port. It is killed in the end: it would wait for clients.
func chat(t testing.TB) string {
	t.Helper()
	file, err := built()
	if err != nil {
		t.Fatal(err, file)
	}
	line, err := run(t, "KILL", file, "-addr", "127.0.0.1:0").out.ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "open http://")
	if err != nil || !ok {
		t.Fatalf("the chat says %q, %v", line, err)
	}
	return strings.TrimSuffix(addr, "/")
}
