package proxies

import (
	"os"
	"strings"
	"testing"
)

// TestDocs: what the documentation shows is what is tested here.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/proxies.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range proxies {
		for _, file := range []string{p.file, p.nodes} {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if fenced := "```" + p.name + "\n" + string(text) + "```\n"; !strings.Contains(string(page), fenced) {
				t.Errorf("docs/proxies.md does not show %s as it is", file)
			}
		}
	}
}
