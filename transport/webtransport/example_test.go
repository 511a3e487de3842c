package webtransport_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/longpoll"
	"github.com/weft-realtime/weft/transport/sse"
	"github.com/weft-realtime/weft/transport/websocket"
	"github.com/weft-realtime/weft/transport/webtransport"
)

// A server that offers every transport. It has no certificate, so it makes one that browsers accept by its hash.
func ExampleServer() {
	wt := webtransport.New()
	rt := router.New(router.Config{Transports: []transport.Transport{
		wt, websocket.New(websocket.Config{}), sse.New(sse.Config{}), longpoll.New(longpoll.Config{}),
	}})
	router.Handle(rt, "greet", func(_ *router.Context, name string) (string, error) {
		return "Hello, " + name + "!", nil
	})
	mux := http.NewServeMux()
	mux.Handle("/rt/", rt)
	srv := &webtransport.Server{Addr: "127.0.0.1:0", Handler: mux, Transport: wt}
	if err := srv.Listen(); err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	defer srv.Shutdown(ctx)
	defer rt.Shutdown(ctx) // sessions first

	c := client.New("http://"+srv.Address().String()+"/rt", client.Config{
		Dialers: []transport.Dialer{&webtransport.Dialer{}, &longpoll.Dialer{}},
		Force:   transport.WebTransport,
	})
	defer c.Close(ctx)
	if err := c.Connect(ctx); err != nil {
		fmt.Println(err)
		return
	}
	var greeting string
	err := c.Call(ctx, "greet", "Ann", &greeting)
	_, kind := c.State()
	fmt.Println(greeting, err, kind)
	// Output: Hello, Ann! <nil> webtransport
}
