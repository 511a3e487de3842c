package clientjs

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"regexp"
	"testing"
)

// budget is what the browser client may weigh, gzipped, in bytes.
const budget = 20 * 1024

func gzippedSize(t *testing.T) int {
	t.Helper()
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write([]byte(script)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}

func TestSizeWithinBudget(t *testing.T) {
	if size := gzippedSize(t); size > budget {
		t.Errorf("dist/weft.js is %d bytes gzipped, %d more than its budget of %d", size, size-budget, budget)
	}
}

// TestReadmeStatesSize holds every "N.N KB gzipped" of README.md against the file, in KB of 1,024 bytes.
func TestReadmeStatesSize(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("%.1f", float64(gzippedSize(t))/1024)
	stated := regexp.MustCompile(`(\d+(?:\.\d+)?) KB gzipped`).FindAllSubmatch(readme, -1)
	if len(stated) == 0 {
		t.Errorf("README.md must state the client's size: %q", want+" KB gzipped")
	}
	for _, m := range stated {
		if got := string(m[1]); got != want {
			t.Errorf("README.md says %q, the truth is %q", got+" KB gzipped", want+" KB gzipped")
		}
	}
}
