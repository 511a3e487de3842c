package browser

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Tab is a tab of its own, with storage of its own.
type Tab struct {
	Context context.Context // for chromedp
	t       testing.TB
	joined  <-chan struct{} // the console's goroutine has ended
}

// Open opens a page in a new tab, which is closed with the test. It skips nothing: without Chromium the test fails.
func Open(t testing.TB, url string) *Tab {
	t.Helper()
	parent, err := start()
	if err != nil {
		t.Fatalf("Chromium does not start (make tools installs it): %v", err)
	}
	return open(t, parent, url, chromedp.WithNewBrowserContext())
}

// Beside opens a page in another tab of the same window, with the same storage. It is the one that is shown.
func (tab *Tab) Beside(url string) *Tab {
	tab.t.Helper()
	return open(tab.t, tab.Context, url, chromedp.WithNewWindow(false))
}

func open(t testing.TB, parent context.Context, url string, option chromedp.ContextOption) *Tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(parent, option)
	tab := &Tab{Context: ctx, t: t}
	t.Cleanup(func() { closeTab(); tab.wait() })
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	tab.console()
	tab.Navigate(url)
	return tab
}

// console shows what the page logs. The goroutine ends with the tab.
func (tab *Tab) console() {
	messages := chromedp.Console(tab.Context)
	joined := make(chan struct{})
	tab.joined = joined
	go tab.print(messages, joined)
}

func (tab *Tab) print(messages iter.Seq2[chromedp.ConsoleMessage, error], joined chan<- struct{}) {
	defer close(joined)
	for m, err := range messages {
		if err != nil {
			return
		}
		tab.t.Logf("console: %s", m.Text)
	}
}

func (tab *Tab) wait() {
	if tab.joined != nil {
		<-tab.joined
	}
}

// patience is for what hangs. How long something takes is for tests to measure.
const patience = 3 * time.Minute

func (tab *Tab) limit() context.Context {
	ctx, cancel := context.WithTimeout(tab.Context, patience)
	tab.t.Cleanup(cancel)
	return ctx
}

// Eval evaluates an expression, awaits it if it is a promise, and fails the test when it is not fulfilled within 3 min.
func Eval[T any](tab *Tab, js string) T {
	tab.t.Helper()
	v, err := chromedp.Run(tab.limit(), chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		tab.t.Fatalf("%s\n%v", js, err)
	}
	return v
}

// Run evaluates an expression for what it does.
func Run(tab *Tab, js string) {
	tab.t.Helper()
	Eval[bool](tab, "Promise.resolve("+js+").then(() => true)")
}
