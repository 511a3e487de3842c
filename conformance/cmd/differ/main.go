// Command differ puts random schedules through the Go core and the TypeScript core and compares what comes out, event
// by event (see package differential). It needs Node and clientjs/node_modules (make tools). A difference is printed with
// the least trace that shows it and the command that repeats it, and the exit code is 1; the last line is a line of
// totals.
//
//	go run ./conformance/cmd/differ -steps 1000000 -seed 1
//	go run ./conformance/cmd/differ -seed 1 -schedule 17
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/weft-realtime/weft/conformance/differential"
)

func main() {
	var cfg differential.Config
	flag.IntVar(&cfg.Steps, "steps", 1_000_000, "how many events are compared, at least")
	flag.Uint64Var(&cfg.Seed, "seed", 1, "seed of all schedules")
	flag.IntVar(&cfg.Only, "schedule", 0, "repeat just this schedule, counted from 1")
	verbose := flag.Bool("v", false, "say how often everything occurred")
	root := flag.String("root", ".", "the module's root")
	flag.Parse()
	fmt.Println("seed", cfg.Seed)
	result, err := differential.Run(cfg, *root)
	if err != nil {
		fmt.Fprintln(os.Stderr, "differ:", err)
		os.Exit(2)
	}
	if *verbose {
		fmt.Print(result.Tally)
	}
	if !report(cfg, result) {
		os.Exit(1)
	}
}

// report prints the difference, if there is one, and the totals. It reports whether there is none.
func report(cfg differential.Config, r differential.Result) bool {
	differences := 0
	if d := r.Difference; d != nil {
		differences = 1
		fmt.Printf("seed %d, %s\n", cfg.Seed, d)
		fmt.Printf("\tgo run ./conformance/cmd/differ -seed %d -schedule %d\n", cfg.Seed, d.Schedule)
	}
	fmt.Printf("steps %d  schedules %d  differences %d\n", r.Steps, r.Schedules, differences)
	return differences == 0
}
