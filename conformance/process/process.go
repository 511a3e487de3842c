// Package process runs a server in a process of its own: the binary that asks for one, started again. It is for tests
// that kill a server as a crash would, and for what counts its CPU time apart from its clients'.
package process

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// env holds what Start was given.
const env = "WEFT_PROCESS"

// Main belongs at the beginning of main or TestMain of a binary that calls Start. In a process that Start made it calls
// serve with Start's argument, and exits when that returns. Elsewhere it does nothing.
//
// serve prints one line first, the address that it listens on. It may then read commands from standard input, one a line,
// and print one line for each; it returns when its input ends, which it does with the process that called Start.
func Main(serve func(arg string) error) {
	arg, ok := os.LookupEnv(env)
	if !ok {
		return
	}
	if err := serve(arg); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Process is a server in a process of its own. It is not safe for concurrent use.
type Process struct {
	Addr string // what it listens on
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
}

// Start starts one and returns when it listens. The caller owns it, and kills it.
func Start(arg string) (*Process, error) {
	p := &Process{cmd: exec.Command(os.Args[0])}
	p.cmd.Env = append(os.Environ(), env+"="+arg)
	p.cmd.Stderr = os.Stderr
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	p.in, p.out = in, bufio.NewReader(out)
	if p.Addr, err = p.line(); err != nil {
		p.Kill()
		return nil, fmt.Errorf("server process: %w", err)
	}
	return p, nil
}

// Ask sends a command and returns the line that answers it.
func (p *Process) Ask(command string) (string, error) {
	if _, err := fmt.Fprintln(p.in, command); err != nil {
		return "", err
	}
	return p.line()
}

func (p *Process) line() (string, error) {
	line, err := p.out.ReadString('\n')
	return strings.TrimSpace(line), err
}

// Kill ends the process as a crash would, and returns when it is gone. It may be called twice.
func (p *Process) Kill() {
	p.cmd.Process.Kill()
	p.cmd.Wait()
}

// CPU is the CPU time that the process has taken, in seconds, in steps of 10 ms. It is read from /proc, which not every
// system has.
func (p *Process) CPU() (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100, nil // a clock tick is 10 ms on Linux
}
