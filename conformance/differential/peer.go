package differential

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// program is the TypeScript core with differential.testing.ts around it, compiled.
type program struct{ dir string }

// compile compiles clientjs/src, which takes about a second. The folder is a new one: nothing in it is out of date.
func compile(root string) (*program, error) {
	clientjs, err := filepath.Abs(filepath.Join(root, "clientjs"))
	if err != nil {
		return nil, err
	}
	tsc := filepath.Join(clientjs, "node_modules", ".bin", "tsc")
	if _, err := os.Stat(tsc); err != nil {
		return nil, errors.New("the TypeScript compiler is missing: run make tools, or npm ci in clientjs")
	}
	dir, err := os.MkdirTemp("", "weft-differential-")
	if err != nil {
		return nil, err
	}
	p := &program{dir}
	out, err := exec.Command(tsc, "-p", filepath.Join(clientjs, "tsconfig.test.json"), "--outDir", dir).CombinedOutput()
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"type":"module"}`), 0o666)
	}
	if err != nil {
		p.remove()
		return nil, fmt.Errorf("tsc: %w\n%s", err, out)
	}
	return p, nil
}

func (p *program) remove() { os.RemoveAll(p.dir) }

// peer is the program, running. One goroutine writes, another one reads.
type peer struct {
	cmd *exec.Cmd
	in  io.Closer
	buf *bufio.Writer // to in
	out *bufio.Reader
	err error // of writing
}

func (p *program) start() (*peer, error) {
	cmd := exec.Command("node", "--enable-source-maps", filepath.Join(p.dir, "core", "differential.testing.js"))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	return &peer{cmd: cmd, in: in, buf: bufio.NewWriterSize(in, 1<<16), out: bufio.NewReaderSize(out, 1<<16)}, nil
}

// write sends a script. An error shows when its outcomes do not come.
func (p *peer) write(s *Script) { io.WriteString(p.buf, s.input()) }

func (p *peer) flush() { p.buf.Flush() }

// end says that no script follows.
func (p *peer) end() {
	p.flush()
	p.in.Close()
}

// read returns the outcome of the next event.
func (p *peer) read() (string, error) {
	line, err := p.out.ReadString('\n')
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return strings.TrimSuffix(line, "\n"), err
}

// kill ends the program at once; wait must follow.
func (p *peer) kill() { p.cmd.Process.Kill() }

// wait waits for the program's end. Nothing may be left to read.
func (p *peer) wait() error { return p.cmd.Wait() }
