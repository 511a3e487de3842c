package e2e

import (
	"context"
	"testing"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/chaos"
	"github.com/weft-realtime/weft/router"
)

// TestBrowserTornHeaders: the connection ends in the headers of a poll's answer, the only one that says that an event was
// handled. Over http Chromium makes an answer without a body of it. PROTOCOL 11.17
func TestBrowserTornHeaders(t *testing.T) {
	t.Parallel()
	s, p := listen(t, router.Config{})
	entered, leave := make(chan struct{}), make(chan struct{})
	router.On(s.Router, "hold", func(c *router.Context, _ int) error {
		entered <- struct{}{}
		<-leave
		return nil
	})
	tab := open(t, p.URL(), "longpoll")
	browser.Run(tab, `x.greeted`)
	ctx := minutes(t, 1)
	for after := int64(80); after < 240; after += 8 {
		before := p.Bytes(chaos.Down)
		browser.Run(tab, `(window.handled = x.s.emit("hold", 0), 0)`)
		select {
		case <-entered:
		case <-ctx.Done():
			t.Fatal(context.Cause(ctx))
		}
		if err := p.WaitBytes(ctx, chaos.Down, before+200); err != nil { // the send's answer, that it was received
			t.Fatal(err)
		}
		p.TruncateAfter(chaos.Down, after)
		leave <- struct{}{}
		browser.Run(tab, `window.handled`)
	}
	if got := browser.Eval[string](tab, `x.s.state`); got != "open" {
		t.Error(got)
	}
}
