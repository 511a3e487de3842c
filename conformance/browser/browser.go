// Package browser drives a real Chromium from tests: one browser for a test binary, one tab for a test.
package browser

import (
	"context"
	"iter"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/weft-realtime/weft/internal/leak"
)

// chromium is the one browser of the test binary.
var chromium struct {
	sync.Mutex
	ctx   context.Context
	close func()
}

// Main is the TestMain of a package that opens tabs: it runs the tests, closes the browser, and then looks for
// goroutines that were left behind.
func Main(m *testing.M) { leak.Main(closing{m}) }

type closing struct{ m *testing.M }

func (c closing) Run() int {
	code := c.m.Run()
	chromium.Lock()
	defer chromium.Unlock()
	if chromium.close != nil {
		chromium.close()
	}
	return code
}

// start starts the browser at the first call.
func start() (context.Context, error) {
	chromium.Lock()
	defer chromium.Unlock()
	if chromium.ctx != nil {
		return chromium.ctx, nil
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.Headless, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true),
	)
	if os.Geteuid() == 0 {
		opts = append(opts, chromedp.NoSandbox) // the sandbox does not run as root
	}
	alloc, closeAlloc := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, closeBrowser := chromedp.NewContext(alloc)
	if err := chromedp.Do(ctx); err != nil {
		closeBrowser()
		closeAlloc()
		return nil, err
	}
	chromium.ctx = ctx
	chromium.close = func() { closeBrowser(); closeAlloc() }
	return ctx, nil
}

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
	ctx, closeTab := chromedp.NewContext(parent, chromedp.WithNewBrowserContext())
	tab := &Tab{Context: ctx, t: t}
	t.Cleanup(func() { closeTab(); tab.wait() })
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	tab.console()
	if err := chromedp.Do(tab.limit(30*time.Second), chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
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

func (tab *Tab) limit(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(tab.Context, d)
	tab.t.Cleanup(cancel)
	return ctx
}

// Eval evaluates an expression, awaits it if it is a promise, and fails the test when it is not fulfilled in time.
func Eval[T any](tab *Tab, limit time.Duration, js string) T {
	tab.t.Helper()
	v, err := chromedp.Run(tab.limit(limit), chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		tab.t.Fatalf("%s\n%v", js, err)
	}
	return v
}

// Run evaluates an expression for what it does.
func Run(tab *Tab, limit time.Duration, js string) {
	tab.t.Helper()
	Eval[bool](tab, limit, "Promise.resolve("+js+").then(() => true)")
}
