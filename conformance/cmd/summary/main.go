// Command summary reads what go test -json writes and prints what a person wants to see: the packages, the output of
// what failed, what was skipped and why, and in the last line how many tests ran. It exits 1 if a test failed, a package
// did not build, or no test ran at all.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

func main() {
	s, err := summarize(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "summary:", err)
		os.Exit(1)
	}
	if !s.print(os.Stdout) {
		os.Exit(1)
	}
}

// event is one line of go test -json (see go doc test2json).
type event struct {
	Action, Package, Test, Output string
}

// name identifies a test; its Test is empty for what the package itself says.
type name struct{ Package, Test string }

type summary struct {
	passed, failed, packages int
	skipped                  []string
	output                   map[name][]string // of tests that have not ended yet
}

// summarize reads events until the end and prints to out as they come. Lines that are no events go out as they are.
func summarize(in io.Reader, out io.Writer) (*summary, error) {
	s := &summary{output: map[name][]string{}}
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) == nil {
				s.take(e, out)
			} else {
				out.Write(line)
			}
		}
		if err == io.EOF {
			return s, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (s *summary) take(e event, out io.Writer) {
	key := name{e.Package, e.Test}
	switch e.Action {
	case "output":
		if e.Test != "" {
			s.output[key] = append(s.output[key], e.Output)
		} else if e.Output != "PASS\n" && !strings.HasSuffix(e.Output, "[no test files]\n") {
			io.WriteString(out, e.Output)
		}
	case "build-output":
		io.WriteString(out, e.Output)
	case "build-fail":
		s.failed++
	case "pass", "skip", "fail":
		s.end(e, out)
		delete(s.output, key)
	}
}

// end counts a test or a package that has ended.
func (s *summary) end(e event, out io.Writer) {
	switch {
	case e.Test == "":
		s.endPackage(e, out)
	case e.Action == "pass":
		s.passed++
	case e.Action == "skip":
		s.skipped = append(s.skipped, fmt.Sprintf("%s %s: %s", e.Package, e.Test, s.reason(e)))
	default:
		s.failed++
		s.dump(name{e.Package, e.Test}, out)
	}
}

// endPackage shows what tests said that never ended: the package died under them.
func (s *summary) endPackage(e event, out io.Writer) {
	if e.Action == "skip" {
		return
	}
	s.packages++
	if e.Action != "fail" {
		return
	}
	s.failed++
	for key := range s.output {
		if key.Package == e.Package {
			s.dump(key, out)
			delete(s.output, key)
		}
	}
}

func (s *summary) dump(key name, out io.Writer) {
	for _, line := range s.output[key] {
		io.WriteString(out, line)
	}
}

// reason is what a skipped test said, in one line.
func (s *summary) reason(e event) string {
	said := slices.DeleteFunc(slices.Clone(s.output[name{e.Package, e.Test}]), func(line string) bool {
		line = strings.TrimSpace(line)
		return strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ")
	})
	return strings.Join(strings.Fields(strings.Join(said, " ")), " ")
}

// print writes the end of the report, and says whether all is well.
func (s *summary) print(out io.Writer) bool {
	for _, line := range s.skipped {
		fmt.Fprintln(out, "skipped:", line)
	}
	if s.failed > 0 {
		fmt.Fprintf(out, "%d FAILED, %d passed, %d skipped in %d packages\n", s.failed, s.passed, len(s.skipped), s.packages)
		return false
	}
	if s.passed == 0 {
		fmt.Fprintln(out, "no test ran")
		return false
	}
	fmt.Fprintf(out, "%d passed, %d skipped in %d packages\n", s.passed, len(s.skipped), s.packages)
	return true
}
