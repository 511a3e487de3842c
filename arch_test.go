package weft

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/weft-realtime/weft"

// anything stands for every package of this module that may be imported at all, and every module in thirdParty.
const anything = "*"

// The packages that several rules name.
const (
	core      = "internal/core"
	frame     = "transport/frame"
	post      = "transport/internal/post"
	websocket = "transport/websocket"
	sse       = "transport/sse"
	longpoll  = "transport/longpoll"
)

// mayImport is who may import whom within the module: direct imports of files that are no tests. A pattern "x/..." is x
// and every package below it; of several that match, the longest counts. Test files may import anything.
var mayImport = map[string][]string{
	".":                        {},
	"examples/...":             {anything},
	"conformance/...":          {anything},
	"router":                   {"fallback", "session", "transport", frame, "clientjs", websocket, sse, longpoll},
	"client":                   {"fallback", core, "transport", frame, websocket, sse, longpoll},
	"fallback":                 {"session", core, "transport", frame},
	"session":                  {core, "transport", frame},
	websocket:                  {"transport", frame, post},
	sse:                        {"transport", frame, post},
	longpoll:                   {"transport", frame, post},
	"transport/webtransport":   {"transport", frame, post},
	post:                       {"transport", frame},
	"transport":                {frame},
	core:                       {frame},
	frame:                      {},
	"clientjs":                 {},
	"clientjs/internal/bundle": {},
	"internal/leak":            {},
}

// thirdParty is who may import which other module. What examples and conformance link reaches no user of weft.
var thirdParty = map[string][]string{
	"github.com/gorilla/websocket":       {websocket, "conformance/..."},
	"github.com/quic-go/quic-go":         {"transport/webtransport", "conformance/..."},
	"github.com/quic-go/webtransport-go": {"transport/webtransport", "conformance/..."},
	"github.com/go-chi/chi/v5":           {"examples/...", "conformance/..."},
	"github.com/evanw/esbuild":           {"clientjs/internal/bundle"},
	"github.com/chromedp/chromedp":       {"conformance/..."},
	"github.com/chromedp/cdproto":        {"conformance/..."},
	"github.com/go-json-experiment/json": {"conformance/..."},
}

// testsOnly are packages that only test files may import, and conformance, which is nothing but tests.
var testsOnly = []string{"internal/leak"}

// apart are the trees that nothing outside of them may import.
var apart = []string{"examples/...", "conformance/..."}

func TestImports(t *testing.T) {
	packages := imports(t)
	for _, pkg := range sorted(packages) {
		pattern, ok := rule(pkg)
		if !ok {
			t.Errorf("package %s is not in mayImport: say in arch_test.go, and in the architecture, what it may import", pkg)
			continue
		}
		for _, path := range sorted(packages[pkg]) {
			if complaint := judge(pkg, path, mayImport[pattern]); complaint != "" {
				t.Errorf("%s imports %s: %s (%s)", pkg, path, complaint, packages[pkg][path])
			}
		}
	}
}

// TestRulesRefuse holds the judge itself against what the architecture says.
func TestRulesRefuse(t *testing.T) {
	tests := []struct {
		pkg, path string
		refused   bool
	}{
		{core, module + "/transport/frame", false},
		{core, module + "/session", true},
		{websocket, module + "/session", true},
		{websocket, "github.com/gorilla/websocket", false},
		{"session", "github.com/gorilla/websocket", true},
		{"router", "github.com/go-chi/chi/v5/middleware", true},
		{"examples/chat", "github.com/go-chi/chi/v5", false},
		{"examples/chat", module + "/internal/leak", true},
		{"examples/chat", module + "/conformance/chaos", true},
		{"conformance/chaos", module + "/router", false},
		{"conformance/cmd/x", module + "/conformance/chaos", false},
		{"router", module + "/conformance/chaos", true},
		{"router", "net/http", false},
		{"router", "github.com/nobody/knows", true},
		{"conformance", "github.com/nobody/knows", true},
	}
	for _, tt := range tests {
		pattern, ok := rule(tt.pkg)
		if !ok {
			t.Errorf("no rule for %s", tt.pkg)
			continue
		}
		complaint := judge(tt.pkg, tt.path, mayImport[pattern])
		if refused := complaint != ""; refused != tt.refused {
			t.Errorf("%s imports %s: refused is %v (%s), want %v", tt.pkg, tt.path, refused, complaint, tt.refused)
		}
	}
}

// judge says what is wrong with an import, or nothing.
func judge(pkg, path string, allowed []string) string {
	local, ours := strings.CutPrefix(path, module+"/")
	switch {
	case !strings.Contains(strings.SplitN(path, "/", 2)[0], "."):
		return "" // the standard library
	case !ours:
		return judgeThirdParty(pkg, path)
	case slices.Contains(testsOnly, local) && !strings.HasPrefix(pkg, "conformance/"):
		return "only tests may"
	case fenced(pkg, local):
		return "nothing outside of that tree may"
	case slices.Contains(allowed, anything), slices.Contains(allowed, local):
		return ""
	}
	return "mayImport does not allow it; cut the dependency, or argue for it in the architecture first"
}

func judgeThirdParty(pkg, path string) string {
	for mod, users := range thirdParty {
		if path != mod && !strings.HasPrefix(path, mod+"/") {
			continue
		}
		if slices.ContainsFunc(users, func(pattern string) bool { return matches(pattern, pkg) }) {
			return ""
		}
		return "only " + strings.Join(users, ", ") + " may"
	}
	return "this module is not in thirdParty; do without it, or argue for it in the architecture first"
}

// fenced reports whether target lies in a tree that pkg is not in.
func fenced(pkg, target string) bool {
	return slices.ContainsFunc(apart, func(tree string) bool { return matches(tree, target) && !matches(tree, pkg) })
}

// rule is the longest pattern of mayImport that matches.
func rule(pkg string) (pattern string, ok bool) {
	for p := range mayImport {
		if matches(p, pkg) && len(p) > len(pattern) {
			pattern, ok = p, true
		}
	}
	return pattern, ok
}

func matches(pattern, pkg string) bool {
	tree, deep := strings.CutSuffix(pattern, "/...")
	return pkg == tree || deep && strings.HasPrefix(pkg, tree+"/")
}

// imports reads every package's imports, whatever its build tags: package -> import path -> a file that has it.
func imports(t *testing.T) map[string]map[string]string {
	t.Helper()
	packages := map[string]map[string]string{}
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipDir(file, d.Name())
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		return addImports(packages, filepath.ToSlash(file))
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) < 5 {
		t.Fatalf("found only %d packages: does this test run in the module's root?", len(packages))
	}
	return packages
}

// skipDir leaves out what go list leaves out: hidden folders, testdata, other modules.
func skipDir(dir, name string) error {
	if dir == "." {
		return nil
	}
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "node_modules" {
		return filepath.SkipDir
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
		return filepath.SkipDir
	}
	return nil
}

func addImports(packages map[string]map[string]string, file string) error {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		return err
	}
	pkg := path.Dir(file)
	if packages[pkg] == nil {
		packages[pkg] = map[string]string{}
	}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		packages[pkg][imported] = file
	}
	return nil
}

func sorted[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
