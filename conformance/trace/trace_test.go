package trace

import (
	"strings"
	"testing"
)

func load(t *testing.T) []*Trace {
	t.Helper()
	traces, err := Load("../vectors/core")
	if err != nil {
		t.Fatal(err)
	}
	if len(traces) == 0 {
		t.Fatal("no traces")
	}
	return traces
}

// TestTraces walks all traces. After every step the walker holds the end against its invariants (PROTOCOL 1.7, 1.8).
func TestTraces(t *testing.T) {
	for _, trace := range load(t) {
		t.Run(trace.File+"/"+trace.Name, func(t *testing.T) {
			if err := trace.Walk(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestNamesAreUnique: a trace is found by its name.
func TestNamesAreUnique(t *testing.T) {
	seen := map[string]string{}
	for _, trace := range load(t) {
		if file := seen[trace.Name]; file != "" {
			t.Errorf("%q is in %s and in %s", trace.Name, file, trace.File)
		}
		seen[trace.Name] = trace.File
	}
}

// TestWalkNotices: a walker that agrees with everything would be worth nothing.
func TestWalkNotices(t *testing.T) {
	const role = "name: n\nrole: server\n@ 1000\n"
	for _, tt := range []struct{ name, steps, says string }{
		{"an effect that is missing", "> hello stream\n", "binding 1"},
		{"an effect too many", "> token-used\n< binding 1\n", "binding 1"},
		{"another state", "= att 1\n", "att 0"},
		{"another frame", "> hello stream\n< binding 1\n> batch 1\n< {\"t\":\"ready\",\"att\":2}\n", `"att":1`},
		{"an unknown event", "> open stream\n", "unknown event"},
		{"an unknown state", "= colour 1\n", "unknown state"},
		{"a number that is none", "> consumed x\n", "invalid syntax"},
		{"a frame that is none", "> frame 1 {\"t\":\"other\"}\n", "no frame"},
	} {
		traces, err := parse(role + tt.steps)
		if err != nil {
			t.Fatal(err)
		}
		if err := traces[0].Walk(); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want one that says %q", tt.name, err, tt.says)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"role: server\n", "name: n\nrules: server\n", "name: n\n>hello\n"} {
		if _, err := parse(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
