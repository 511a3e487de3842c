package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/exchange"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/longpoll"
	"github.com/weft-realtime/weft/transport/sse"
	"github.com/weft-realtime/weft/transport/websocket"
	"github.com/weft-realtime/weft/transport/webtransport"
)

// TestBrowserWebTransport: with no set-up a page is on WebTransport.
func TestBrowserWebTransport(t *testing.T) {
	wt := webtransport.New()
	s, err := exchange.Listen("", router.Config{Transports: []transport.Transport{
		wt, websocket.New(websocket.Config{}), sse.New(sse.Config{}), longpoll.New(longpoll.Config{}),
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	h3 := &webtransport.Server{Addr: "127.0.0.1:0", Handler: s.Mux, Transport: wt}
	if err := h3.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		h3.Shutdown(ctx)
	})
	tab := open(t, "http://"+h3.Address().String(), "")
	after := browser.Eval[string](tab, 10*time.Second, `new Promise((ok) => {
		const check = () => x.s.transport === "webtransport" && ok("yes")
		x.s.addEventListener("transportchange", check)
		check()
		setTimeout(() => ok(JSON.stringify(x.s.decisions)), 6000)
	})`)
	if after != "yes" {
		t.Fatal(after)
	}
	o := browser.Eval[outcome](tab, time.Minute, `x.both(10000)`)
	o.check(t, 10_000)
	t.Log(browser.Eval[string](tab, time.Second, `x.s.decisions.map(d => d.time - x.s.decisions[0].time + " " + d.what + " " + d.transport).join(", ")`))
}
