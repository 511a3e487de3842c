package mutation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	core      = "internal/core"
	walk      = "./conformance/cmd/mutate/walk"     // prints the vectors that fail
	simulate  = "./conformance/cmd/mutate/simulate" // prints the violations of the simulator
	unchanged = ""                                  // the overlay of the core as it is

	patience = 30 * time.Second // with a probe that runs; one that finds nothing takes a few seconds
)

// Gate runs mutants. The tree is never changed: the compiler is told to read the broken file elsewhere (go help build,
// -overlay).
type Gate struct {
	root     string // of the module
	work     string // a folder for what is built
	patience time.Duration
}

// Result is what became of a mutant. Without an error it was caught by the check that it names.
type Result struct {
	Mutant *Mutant
	Failed []string // what noticed it: the names of vectors, or violations
	Err    error
}

// NewGate finds the module around the working directory. Close removes what the gate has built.
func NewGate() (*Gate, error) {
	mod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp("", "weft-mutate-")
	if err != nil {
		return nil, err
	}
	return &Gate{root: filepath.Dir(strings.TrimSpace(string(mod))), work: work, patience: patience}, nil
}

// Close removes what the gate has built.
func (g *Gate) Close() { os.RemoveAll(g.work) }

// Whole returns an error if something fails though no rule is broken: then the gate would show nothing.
func (g *Gate) Whole(ctx context.Context) error {
	for _, probe := range []string{walk, simulate} {
		failed, err := g.probe(ctx, "whole", unchanged, probe)
		if err == nil && len(failed) > 0 {
			err = fmt.Errorf("the core as it is fails:\n\t%s", strings.Join(failed, "\n\t"))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Run puts mutants through their checks, as many at a time as there are processors, and hands each result to report, in
// the order of the mutants.
func (g *Gate) Run(ctx context.Context, mutants []*Mutant, report func(Result)) {
	results := make([]chan Result, len(mutants))
	for i := range results {
		results[i] = make(chan Result, 1)
	}
	turns := make(chan int)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range turns {
				results[i] <- g.run(ctx, fmt.Sprint("mutant", i), mutants[i])
			}
		})
	}
	workers.Go(func() {
		for i := range mutants {
			turns <- i
		}
		close(turns)
	})
	for _, result := range results {
		report(<-result)
	}
	workers.Wait()
}

func (g *Gate) run(ctx context.Context, id string, m *Mutant) Result {
	r := Result{Mutant: m}
	overlay, err := g.overlay(id, m)
	if err != nil {
		r.Err = fmt.Errorf("does not apply: %w", err)
		return r
	}
	if m.Check.Vector != "" {
		r.Failed, r.Err = g.probe(ctx, id, overlay, walk)
	} else {
		r.Failed, r.Err = g.probe(ctx, id, overlay, simulate, "-until="+m.Check.Violation)
	}
	if r.Err == nil && !slices.ContainsFunc(r.Failed, m.Check.Meets) {
		r.Err = errors.New("survived")
	}
	return r
}

// overlay writes the broken file, and the overlay that puts it in the place of the right one.
func (g *Gate) overlay(id string, m *Mutant) (string, error) {
	right := filepath.Join(g.root, core, m.File)
	source, err := os.ReadFile(right)
	if err != nil {
		return "", err
	}
	broken, err := m.apply(string(source))
	if err != nil {
		return "", err
	}
	file := filepath.Join(g.work, id+".go")
	if err := os.WriteFile(file, []byte(broken), 0o600); err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": {right: file}})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(g.work, id+".json")
	return overlay, os.WriteFile(overlay, text, 0o600)
}

// probe builds a probe with an overlay and returns what it prints. It is compiled without optimisations and what a debugger
// needs, which would cost more than they save.
func (g *Gate) probe(ctx context.Context, id, overlay, probe string, args ...string) ([]string, error) {
	program := filepath.Join(g.work, id)
	defer os.Remove(program)
	if _, err := g.output(ctx, "go", "build", "-buildvcs=false", "-gcflags=./...=-N -l -dwarf=false", "-ldflags=-s -w",
		"-overlay="+overlay, "-o", program, probe); err != nil {
		return nil, fmt.Errorf("does not compile: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, g.patience)
	defer cancel()
	out, err := g.output(ctx, program, args...)
	if ctx.Err() != nil {
		err = fmt.Errorf("does not end: %w", ctx.Err())
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == '\n' }), err
}

// output runs a program. As many run at once as there are processors, so that each gets one. None lives long enough to
// need its garbage collected soon.
func (g *Gate) output(ctx context.Context, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = g.root
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "GOGC=400")
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("%w\n%s", err, exit.Stderr)
	}
	return out, err
}
