package browser

import (
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Navigate goes to a page and waits until it is loaded.
func (tab *Tab) Navigate(url string) {
	tab.t.Helper()
	if err := chromedp.Do(tab.limit(), chromedp.Navigate(url)); err != nil {
		tab.t.Fatal(err)
	}
}

// Back goes back to the page before, and returns as soon as the browser is told.
func (tab *Tab) Back() {
	tab.t.Helper()
	history := call(tab, page.GetNavigationHistory, cdp.Empty{})
	before := history.Entries[history.CurrentIndex-1].ID
	call(tab, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: before})
}

// Show brings the tab to the front of its window: the others of the window are hidden then.
func (tab *Tab) Show() {
	tab.t.Helper()
	call(tab, page.BringToFront, cdp.Empty{})
}

// Freeze stops the page, as the browser does with those that nobody looks at: no task of it runs before Thaw.
func (tab *Tab) Freeze() {
	tab.t.Helper()
	call(tab, page.SetWebLifecycleState, page.SetWebLifecycleStateParams{State: page.SetWebLifecycleStateStateFrozen})
}

// Thaw ends a Freeze.
func (tab *Tab) Thaw() {
	tab.t.Helper()
	call(tab, page.SetWebLifecycleState, page.SetWebLifecycleStateParams{State: page.SetWebLifecycleStateStateActive})
}

// SetOffline tells the page that the machine has a network, or none. Without one its requests fail. Chromium leaves
// WebSockets alone.
func (tab *Tab) SetOffline(offline bool) {
	tab.t.Helper()
	call(tab, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Offline: offline, DownloadThroughput: -1, UploadThroughput: -1}},
	})
	call(tab, network.OverrideNetworkState, network.OverrideNetworkStateParams{
		Offline: offline, DownloadThroughput: -1, UploadThroughput: -1,
	})
}

func call[P, R any](tab *Tab, cmd cdp.Command[P, R], params P) R {
	tab.t.Helper()
	r, err := chromedp.Call(tab.limit(), cmd, params)
	if err != nil {
		tab.t.Fatal(err)
	}
	return r
}
