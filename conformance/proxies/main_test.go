// Package proxies holds the proofs that weft works behind the reverse proxies that people have: nginx and HAProxy as
// Debian packages them, with the configuration that docs/proxies.md shows.
package proxies

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/weft-realtime/weft/conformance/browser"
)

func TestMain(m *testing.M) {
	browser.Main(m, chromedp.Flag("ignore-certificate-errors-spki-list", identity.pin))
}

// minute bounds a test.
func minute(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}
