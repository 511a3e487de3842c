package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/weft-realtime/weft/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

func TestSummary(t *testing.T) {
	tests := []struct {
		name, in string
		good     bool
		has      []string
		hasNot   string
	}{
		{"passed", `
{"Action":"output","Package":"p","Test":"TestA","Output":"noise\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}`, true, []string{"ok  \tp", "1 passed, 0 skipped in 1 packages\n"}, "noise"},
		{"failed", `
{"Action":"output","Package":"p","Test":"TestA","Output":"want 1\n"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p"}`, false, []string{"want 1", "FAILED"}, "no test ran"},
		{"died", `
{"Action":"output","Package":"p","Test":"TestA","Output":"panic: x\n"}
{"Action":"fail","Package":"p"}`, false, []string{"panic: x", "FAILED"}, "no test ran"},
		{"skipped", `
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:1: no browser\n"}
{"Action":"skip","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestB"}`, true, []string{"skipped: p TestA: a_test.go:1: no browser", "1 skipped"}, "RUN"},
		{"broken", `
{"Action":"build-output","ImportPath":"p","Output":"a.go:1: syntax\n"}
{"Action":"build-fail","ImportPath":"p"}`, false, []string{"a.go:1: syntax", "FAILED"}, "no test ran"},
		{"none", `{"Action":"skip","Package":"p"}`, false, []string{"no test ran"}, "passed"},
		{"not JSON", `go: something`, false, []string{"go: something"}, "passed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			s, err := summarize(strings.NewReader(strings.TrimSpace(tt.in)), &out)
			if err != nil {
				t.Fatal(err)
			}
			if good := s.print(&out); good != tt.good {
				t.Errorf("good is %v, want %v", good, tt.good)
			}
			for _, want := range tt.has {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%q is missing in:\n%s", want, &out)
				}
			}
			if strings.Contains(out.String(), tt.hasNot) {
				t.Errorf("%q is in:\n%s", tt.hasNot, &out)
			}
		})
	}
}
