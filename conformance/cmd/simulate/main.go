// Command simulate drives the protocol core of both ends through faults, in virtual time (see package simulator). It
// prints every violation with the command that repeats it, then one line of totals, and exits 1 if there was one.
//
//	go run ./conformance/cmd/simulate -runs 1000 -messages 10000 -seed 1
//	go run ./conformance/cmd/simulate -messages 10000 -seed 1 -run 17 -v
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime/pprof"

	"github.com/weft-realtime/weft/conformance/simulator"
)

func main() {
	var cfg simulator.Config
	flag.IntVar(&cfg.Runs, "runs", 1000, "how many runs")
	flag.IntVar(&cfg.Messages, "messages", 10_000, "application messages that each run delivers at least")
	flag.Uint64Var(&cfg.Seed, "seed", 1, "seed of all runs")
	flag.IntVar(&cfg.Only, "run", 0, "repeat just this run, counted from 1")
	verbose := flag.Bool("v", false, "trace what happens; of use with -run")
	profile := flag.String("cpuprofile", "", "write a CPU profile to this file")
	flag.Parse()
	if *verbose {
		cfg.Trace = func(format string, args ...any) { fmt.Printf(format+"\n", args...) }
	}
	stop := record(*profile)
	tally := simulator.Simulate(cfg)
	stop()
	if !report(cfg, tally) {
		os.Exit(1)
	}
}

// report prints the violations and the totals, and reports whether there were none.
func report(cfg simulator.Config, t simulator.Tally) bool {
	for _, v := range t.Violations {
		fmt.Printf("seed %d, run %d: %s\n", cfg.Seed, v.Run, v.What)
		fmt.Printf("\tgo run ./conformance/cmd/simulate -messages %d -seed %d -run %d -v\n", cfg.Messages, cfg.Seed, v.Run)
	}
	fmt.Printf("runs %d  messages %d  faults %d  lost %d  duplicated %d  reordered %d  stalled %d  resets %d  expected %d\n",
		t.Runs, t.Messages, t.Faults, t.Lost, t.Duplicated, t.Reordered, t.Stalled, t.Resets, t.Expected)
	return len(t.Violations) == 0
}

// record profiles until stop, if there is a file to write to.
func record(file string) (stop func()) {
	if file == "" {
		return func() {}
	}
	f, err := os.Create(file)
	if err == nil {
		err = pprof.StartCPUProfile(f)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "simulate:", err)
		os.Exit(2)
	}
	return func() {
		pprof.StopCPUProfile()
		f.Close()
	}
}
