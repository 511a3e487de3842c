package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/weft-realtime/weft/conformance/exchange"
	"github.com/weft-realtime/weft/router"
)

// outcome is what exchange.js says of an exchange.
type outcome struct {
	Up, Down   exchange.Count
	Lost       []struct{ Code, Unconfirmed int }
	Transports []string
	PerSecond  int
}

// check fails the test unless n messages each way were handled exactly once, in order, in one session.
func (o *outcome) check(t *testing.T, n int) {
	t.Helper()
	t.Logf("%d messages a second; transports %v", o.PerSecond, runs(o.Transports))
	if !o.Up.Exactly(n) || !o.Down.Exactly(n) || len(o.Lost) > 0 {
		t.Fatalf("of %d: up %+v, down %+v, lost %+v", n, o.Up, o.Down, o.Lost)
	}
}

// runs shortens a list of transports: "websocket x3, longpoll".
func runs(kinds []string) string {
	var out []string
	for i := 0; i < len(kinds); {
		j := i
		for j < len(kinds) && kinds[j] == kinds[i] {
			j++
		}
		out = append(out, fmt.Sprintf("%s x%d", kinds[i], j-i))
		i = j
	}
	return strings.Join(out, ", ")
}

// TestNodeThroughCuts: the bundle in Node, with its defaults: 10,000 messages each way through 50 cuts.
func TestNodeThroughCuts(t *testing.T) {
	t.Parallel()
	const n = 10_000
	ctx := minutes(t, 3)
	cutting, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	s, p := listen(t, router.Config{})
	cmd := exec.CommandContext(ctx, "node", "../exchange/node.mjs", p.URL()+"/rt", strconv.Itoa(n))
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("node does not start: %v", err)
	}
	lines := bufio.NewScanner(stdout)
	lines.Scan()
	session := lines.Text()
	last := make(chan string, 1)
	go follow(lines, last, stop)
	t.Logf("seed %d", *seed)
	broken := s.Break(cutting, p, session, n, exchange.Schedule(*seed, 22, 22, 6))
	line := <-last
	if err := cmd.Wait(); err != nil || broken != nil {
		t.Fatalf("%v, %v: %s", err, broken, line)
	}
	var o outcome
	if err := json.Unmarshal([]byte(line), &o); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	o.check(t, n)
	t.Logf("%d messages a second", o.PerSecond)
}

var errNode = errors.New("node has ended")

// follow reads what node.mjs prints, sends its last line, and stops the cuts when there is no more.
func follow(lines *bufio.Scanner, last chan<- string, stop context.CancelCauseFunc) {
	var line string
	for lines.Scan() {
		line = lines.Text()
	}
	last <- line
	stop(errNode)
}
