package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
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

// A function of the platform keeps its name: Object.entries is nobody's own.
func TestPlatformNames(t *testing.T) {
	static := regexp.MustCompile(`\b[A-Z]\w*\.(\w+)\(`)
	files, err := filepath.Glob("../../src/*.ts")
	if err != nil {
		t.Fatal(err)
	}
	deeper, err := filepath.Glob("../../src/*/*.ts")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range append(files, deeper...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range static.FindAllSubmatch(text, -1) {
			if found++; slices.Contains(internalNames, string(m[1])) {
				t.Errorf("%s calls %s, whose name must not be in internalNames", file, m[0])
			}
		}
	}
	if found < 20 {
		t.Errorf("found only %d calls", found)
	}
}
