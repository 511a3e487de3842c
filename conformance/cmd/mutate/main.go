// Command mutate breaks one rule of the protocol core at a time and demands that the check which the mutant names
// notices it (see package mutation). It prints what survived, what no longer applies and what does not compile, then one
// line of totals, and exits 1 if there was any.
//
//	go run ./conformance/cmd/mutate
//	go run ./conformance/cmd/mutate -run 'ack' -v
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"

	"github.com/weft-realtime/weft/conformance/mutation"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	good, err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(2)
	}
	if !good {
		os.Exit(1)
	}
}

// run reports whether every mutant was caught.
func run(ctx context.Context, args []string, out io.Writer) (bool, error) {
	flags := flag.NewFlagSet("mutate", flag.ContinueOnError)
	pattern := flags.String("run", "", "only the mutants whose name matches this regular expression")
	verbose := flags.Bool("v", false, "print what noticed each mutant")
	list := flags.Bool("list", false, "print the mutants and what must notice them")
	if err := flags.Parse(args); err != nil {
		return false, err
	}
	mutants, err := chosen(*pattern)
	if err != nil {
		return false, err
	}
	if *list {
		for _, m := range mutants {
			fmt.Fprintf(out, "%s (%s)\n\t%s\n", m.Name, m.Clause, m.Check)
		}
		return true, nil
	}
	gate, err := mutation.NewGate()
	if err != nil {
		return false, err
	}
	defer gate.Close()
	if err := gate.Whole(ctx); err != nil {
		return false, err
	}
	return judge(ctx, gate, mutants, *verbose, out), nil
}

// chosen returns the mutants whose name matches, of which there must be one.
func chosen(pattern string) ([]*mutation.Mutant, error) {
	match, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	all, err := mutation.Load()
	if err != nil {
		return nil, err
	}
	var some []*mutation.Mutant
	for _, m := range all {
		if match.MatchString(m.Name) {
			some = append(some, m)
		}
	}
	if len(some) == 0 {
		return nil, fmt.Errorf("no mutant's name matches %q", pattern)
	}
	return some, nil
}

// shown is how many of the checks that noticed a mutant are printed.
const shown = 10

// judge prints what became of the mutants.
func judge(ctx context.Context, gate *mutation.Gate, mutants []*mutation.Mutant, verbose bool, out io.Writer) bool {
	count := 0
	gate.Run(ctx, mutants, func(r mutation.Result) {
		verdict := "caught"
		if r.Err != nil {
			verdict = "NOT CAUGHT: " + r.Err.Error()
		} else {
			count++
		}
		if r.Err == nil && !verbose {
			return
		}
		fmt.Fprintf(out, "%s (%s): %s\n", r.Mutant.Name, r.Mutant.Clause, verdict)
		if r.Err != nil {
			fmt.Fprintf(out, "\tit was to be noticed by\t%s\n", r.Mutant.Check)
		}
		for i, failed := range r.Failed {
			if i == shown {
				fmt.Fprintf(out, "\t...\t%d more\n", len(r.Failed)-i)
				break
			}
			fmt.Fprintf(out, "\tnoticed by\t%s\n", failed)
		}
	})
	fmt.Fprintf(out, "mutants %d  caught %d\n", len(mutants), count)
	return count == len(mutants)
}
