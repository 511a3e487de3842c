package leak

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// leaking, set in the environment, makes this binary leak on purpose.
const leaking = "WEFT_LEAK"

func TestMain(m *testing.M) {
	if os.Getenv(leaking) != "" {
		go linger(nil)
	}
	Main(m)
}

func linger(until <-chan struct{}) { <-until }

func TestRemaining(t *testing.T) {
	if stacks := wait(patience); len(stacks) > 0 {
		t.Fatalf("before anything was started: %v", stacks)
	}
	release := make(chan struct{})
	go linger(release)
	stacks := wait(10 * time.Millisecond)
	if len(stacks) != 1 || !strings.Contains(stacks[0], "leak.linger") {
		t.Errorf("want the stack of linger, have %q", stacks)
	}
	close(release)
	if stacks := wait(patience); len(stacks) > 0 {
		t.Errorf("after the release: %v", stacks)
	}
}

// TestMainExits runs this binary again, leaking and without tests.
func TestMainExits(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), leaking+"=1")
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("exit status %d (%v), want 1", cmd.ProcessState.ExitCode(), err)
	}
	if !strings.Contains(string(out), "leak.linger") {
		t.Errorf("the stack is missing in:\n%s", out)
	}
}
