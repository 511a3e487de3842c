// Package reality holds what happens to pages in browsers: they are hidden, frozen, put away and taken out again, their
// network goes and comes, and their machine sleeps.
package reality

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/weft-realtime/weft/conformance/browser"
)

// TestMain starts the browser as people do: tests usually run in one that never throttles anything. What Chromium does to
// pages that were hidden for five minutes it does here after two seconds.
func TestMain(m *testing.M) {
	browser.Main(m,
		chromedp.Flag("disable-background-timer-throttling", false),
		chromedp.Flag("disable-renderer-backgrounding", false),
		chromedp.Flag("disable-backgrounding-occluded-windows", false),
		chromedp.Flag("enable-features", "IntensiveWakeUpThrottling:grace_period_seconds/2"),
	)
}
