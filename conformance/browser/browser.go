// Package browser drives a real Chromium from tests: one browser for a test binary, one tab for a test.
package browser

import (
	"context"
	"os"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/weft-realtime/weft/internal/leak"
)

// chromium is the one browser of the test binary.
var chromium struct {
	sync.Mutex
	options []chromedp.ExecAllocatorOption
	ctx     context.Context
	close   func()
}

// Main is the TestMain of a package that opens tabs: it runs the tests, closes the browser, and then looks for
// goroutines that were left behind. The browser starts with the options, behind those of chromedp.
func Main(m *testing.M, options ...chromedp.ExecAllocatorOption) {
	chromium.options = options
	leak.Main(closing{m})
}

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
		chromedp.Flag("disable-component-update", true),
	)
	if os.Geteuid() == 0 {
		opts = append(opts, chromedp.NoSandbox) // the sandbox does not run as root
	}
	alloc, closeAlloc := chromedp.NewExecAllocator(context.Background(), append(opts, chromium.options...)...)
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
