// Package leak fails a test binary that leaves goroutines behind. Tests only:
//
//	func TestMain(m *testing.M) { leak.Main(m) }
package leak

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// patience is how long goroutines have to end after the last test: a closed connection's reader needs a moment.
const patience = 5 * time.Second

// Main runs the tests of m, a *testing.M, and exits. If they passed but goroutines remain after 5 s, it prints their stacks and exits with
// status 1. It closes nothing itself: idle connections of http.DefaultClient are the tests' to close.
func Main(m interface{ Run() int }) {
	code := m.Run()
	if code == 0 {
		if stacks := wait(patience); len(stacks) > 0 {
			fmt.Fprintf(os.Stderr, "leak: %d goroutines left:\n\n%s\n", len(stacks), strings.Join(stacks, "\n\n"))
			code = 1
		}
	}
	os.Exit(code)
}

// wait polls, ever more slowly, until no goroutine remains or the time is up, and returns the stacks of those that do.
func wait(limit time.Duration) []string {
	deadline := time.Now().Add(limit)
	for pause := time.Millisecond; ; pause *= 2 {
		stacks := remaining()
		if len(stacks) == 0 || time.Now().After(deadline) {
			return stacks
		}
		time.Sleep(min(pause, time.Until(deadline)+time.Millisecond))
	}
}

// remaining returns the stacks of all goroutines but the caller's and those of package testing and os/signal.
func remaining() []string {
	buf := make([]byte, 1<<20)
	all := strings.Split(strings.TrimSpace(string(buf[:runtime.Stack(buf, true)])), "\n\n")
	var stacks []string
	for _, stack := range all[1:] {
		if !strings.Contains(stack, "testing.(*") && !strings.Contains(stack, "os/signal.loop") {
			stacks = append(stacks, stack)
		}
	}
	return stacks
}
