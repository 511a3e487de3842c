package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/chaos"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/session"
)

// TestBrowserLastWord: a server that says something and closes learns that the page has handled it, whatever carries that
// word. PROTOCOL 9.1, 9.3, 11.16
func TestBrowserLastWord(t *testing.T) {
	t.Parallel()
	const n = 10
	for _, kind := range []string{"webtransport", "websocket", "sse", "longpoll"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "http", session.Config{})
			s.proxy(t, s.addr)
			ended := make(chan *router.CloseError, n)
			s.server.Router.OnDisconnect(func(_ *router.Context, cause *router.CloseError) { ended <- cause })
			router.On(s.server.Router, "leave", func(c *router.Context, _ int) error {
				if err := c.Send("down", 1); err != nil {
					return err
				}
				c.Session().Close(1000, "bye")
				return nil
			})
			tab := open(t, s.url(), kind)
			s.udp.SetLoss(chaos.Up, 0.3) // so that a last word has to be sent again
			for range n {
				browser.Run(tab, `(async () => {
					const { connect } = await import("/rt/weft.js")
					const s = connect("/rt")
					s.on("down", () => {})
					s.force("`+kind+`")
					while (s.transport !== "`+kind+`") await new Promise(ok => s.addEventListener("transportchange", ok, { once: true }))
					s.emit("leave", 0).catch(() => {})
					await s.closed
				})()`)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				select {
				case cause := <-ended:
					if cause.Code != 1000 || len(cause.Unconfirmed) > 0 {
						t.Errorf("ended by %+v", cause)
					}
				case <-ctx.Done():
					t.Error("the server does not learn that its last word was heard")
				}
				cancel()
			}
		})
	}
}
