// Command walk walks all trace vectors through the core that it is linked with, in the module's root, and prints the
// names of those that fail. The command mutate builds it for each mutant that a vector must notice.
package main

import (
	"fmt"
	"os"

	"github.com/weft-realtime/weft/conformance/trace"
)

func main() {
	traces, err := trace.Load("conformance/vectors/core")
	if err != nil {
		fmt.Fprintln(os.Stderr, "walk:", err)
		os.Exit(1)
	}
	for _, t := range traces {
		if !holds(t) {
			fmt.Println(t.Name)
		}
	}
}

// holds reports whether a trace holds. A core that panics has failed it.
func holds(t *trace.Trace) (good bool) {
	defer func() {
		if recover() != nil {
			good = false
		}
	}()
	return t.Walk() == nil
}
