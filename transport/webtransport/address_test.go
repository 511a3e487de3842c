package webtransport

import (
	"net/url"
	"testing"
)

// A mount that names no port is at that of https.
func TestAddress(t *testing.T) {
	for in, want := range map[string]string{
		"https://127.0.0.1:4433/rt": "127.0.0.1:4433",
		"https://127.0.0.1/rt":      "127.0.0.1:443",
		"https://[::1]/rt":          "[::1]:443",
		"https://[::1]:4433/rt":     "[::1]:4433",
		"https://localhost/rt":      "127.0.0.1:443",
	} {
		u, err := url.Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := address(t.Context(), u); got != want || err != nil {
			t.Errorf("%s is at %q, %v, want %s", in, got, err, want)
		}
	}
}
