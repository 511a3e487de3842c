package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// published are the declarations that an application sees.
var published = []string{"index", "decision", "session", "subscription", "schema", "handlers", "emitter", "errors", "websocket"}

// A name that an application uses keeps its spelling in the bundle.
func TestInternalNames(t *testing.T) {
	member := regexp.MustCompile(`(?m)^\s+(?:readonly |get |async )*(\w+)\??(?:<[^>]*>)?[(:]`)
	seen := map[string]bool{}
	for _, name := range published {
		text, err := os.ReadFile(filepath.Join("../../dist/types", name+".d.ts"))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range member.FindAllSubmatch(text, -1) {
			seen[string(m[1])] = true
		}
	}
	if len(seen) < 40 {
		t.Fatalf("found only %d public names", len(seen))
	}
	for _, name := range internalNames {
		if seen[name] {
			t.Errorf("%s is public, and must not be in internalNames", name)
		}
	}
}
