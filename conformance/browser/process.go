package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"
)

// Suspend stops the whole browser, as a machine does that sleeps, calls asleep, and lets the browser go on. No other test
// of the binary should be running.
func Suspend(t testing.TB, asleep func()) {
	t.Helper()
	ctx, err := start()
	if err != nil {
		t.Fatal(err)
	}
	all, err := family(chromedp.FromContext(ctx).Browser.Process().Pid)
	if err != nil {
		t.Fatal(err)
	}
	defer signal(all, syscall.SIGCONT)
	signal(all, syscall.SIGSTOP)
	asleep()
}

// signal tells processes; those that have ended meanwhile need not be told.
func signal(pids []int, what syscall.Signal) {
	for _, pid := range pids {
		syscall.Kill(pid, what)
	}
}

// family is a process and all that descend from it, parents first.
func family(pid int) ([]int, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	children := map[int][]int{}
	for _, file := range stats {
		stat, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		// "pid (name) state parent": the name may hold anything.
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		child, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			return nil, err
		}
		parent, err := strconv.Atoi(fields[1])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		children[parent] = append(children[parent], child)
	}
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all, nil
}
