// Command simulate drives the core that it is linked with through the simulator and prints the violations, as "kind:
// text", until it finds the one that it is told. The command mutate builds it for each mutant that an invariant of the
// simulator must notice.
package main

import (
	"flag"
	"fmt"

	"github.com/weft-realtime/weft/conformance/mutation"
	"github.com/weft-realtime/weft/conformance/simulator"
)

// How long it is looked for. The core as it is passes the same runs.
const (
	runs     = 100
	messages = 2_000 // of each run
	seed     = 1
)

func main() {
	until := flag.String("until", "", "the violation after which to stop, as in the table of mutants")
	flag.Parse()
	check := mutation.Check{Violation: *until}
	for run := range runs {
		for _, violation := range simulate(run + 1) {
			fmt.Println(violation)
			if check.Meets(violation) {
				return
			}
		}
	}
}

// simulate does one run. A core that panics breaks a promise that has no name.
func simulate(run int) (violations []string) {
	defer func() {
		if p := recover(); p != nil {
			violations = append(violations, fmt.Sprintf("panic: %v", p))
		}
	}()
	tally := simulator.Simulate(simulator.Config{Messages: messages, Seed: seed, Only: run})
	for _, v := range tally.Violations {
		violations = append(violations, fmt.Sprintf("%s: %s", v.Kind, v.What))
	}
	return violations
}
