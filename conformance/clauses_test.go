package conformance_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	clauseStart = regexp.MustCompile(`(?m)^\*\*(\d+\.\d+)\*\*|^## `)
	// exemption ends a clause that no test can cite, in italics: *(not built)*, *(untestable: why)*.
	exemption = regexp.MustCompile(`\*\((not built|untestable)[^)]*\)\*\s*$`)
	// citation is the protocol's name and one clause or more: "PROTOCOL" 3.2, 3.4. There are no ranges.
	citation = regexp.MustCompile(`PROTOCOL (\d+\.\d+(?:, ?\d+\.\d+)*)`)
)

// TestEveryClauseIsCited holds PROTOCOL.md against the tests: a clause that no test cites is a promise nobody keeps,
// and a citation of a clause that does not exist is one nobody made.
func TestEveryClauseIsCited(t *testing.T) {
	protocol, err := os.ReadFile("PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	exempt := clauses(string(protocol))
	cited := citations(t, "..")

	for clause, file := range cited {
		if _, ok := exempt[clause]; !ok {
			t.Errorf("%s cites clause %s, which PROTOCOL.md does not have", file, clause)
		}
	}
	var uncited []string
	for clause, excused := range exempt {
		if cited[clause] == "" && !excused {
			uncited = append(uncited, clause)
		}
	}
	if len(uncited) > 0 {
		slices.SortFunc(uncited, compareClauses)
		t.Errorf("%d of %d clauses are cited by no test: %s", len(uncited), len(exempt), strings.Join(uncited, ", "))
	}
}

func TestClauses(t *testing.T) {
	got := clauses(strings.Join([]string{
		"## 1 Terms", "", "**1.1** One", "and more. **1.9** is no start.", "", "**1.2** Kept. *(not built)*", "",
		"## 2 Frames", "", "Text.", "", "**2.1** Said. *(untestable: a", "promise)*", "",
		"**2.2** *(not built)* in the middle", "", "**2.10** Last."}, "\n"))
	want := map[string]bool{"1.1": false, "1.2": true, "2.1": true, "2.2": false, "2.10": false}
	if len(got) != len(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for clause, exempt := range want {
		if is, ok := got[clause]; !ok || is != exempt {
			t.Errorf("clause %s: exempt is %v (found %v), want %v", clause, is, ok, exempt)
		}
	}
}

func TestCited(t *testing.T) {
	text := "// PROTO" + "COL 1.2, 3.14: why\n# PROTO" + "COL 4.1 and 5.5,\n"
	if got, want := cited(text), []string{"1.2", "3.14", "4.1"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// clauses returns the numbered clauses, and whether each is exempt from being cited. A clause goes on to the next one
// or the next heading.
func clauses(protocol string) map[string]bool {
	exempt := map[string]bool{}
	starts := clauseStart.FindAllStringSubmatchIndex(protocol, -1)
	for i, at := range starts {
		if at[2] < 0 {
			continue // a heading
		}
		end := len(protocol)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		exempt[protocol[at[2]:at[3]]] = exemption.MatchString(protocol[at[1]:end])
	}
	return exempt
}

// citations returns every clause cited under root, and a file that cites it.
func citations(t *testing.T, root string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); file != root && (strings.HasPrefix(name, ".") || name == "node_modules") {
				return filepath.SkipDir
			}
			return nil
		}
		if !mayCite(filepath.ToSlash(file)) {
			return nil
		}
		text, err := os.ReadFile(file)
		for _, clause := range cited(string(text)) {
			found[clause] = file
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func mayCite(file string) bool {
	return strings.HasSuffix(file, "_test.go") || strings.HasSuffix(file, ".test.ts") ||
		strings.Contains(file, "/conformance/vectors/")
}

func cited(text string) []string {
	var all []string
	for _, m := range citation.FindAllStringSubmatch(text, -1) {
		for clause := range strings.SplitSeq(m[1], ",") {
			all = append(all, strings.TrimSpace(clause))
		}
	}
	return all
}

// compareClauses orders 2.9 before 2.10.
func compareClauses(a, b string) int {
	return slices.Compare(numbers(a), numbers(b))
}

func numbers(clause string) []int {
	var all []int
	for part := range strings.SplitSeq(clause, ".") {
		n, _ := strconv.Atoi(part) // the pattern holds digits only
		all = append(all, n)
	}
	return all
}
