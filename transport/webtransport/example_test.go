package webtransport_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"time"

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

// Browsers need what they need: another one is said to want a new connection after 4 MiB, beside those that are known.
func ExampleKnownQuirks() {
	wt := webtransport.New()
	wt.Quirks = append([]webtransport.Quirk{{Agent: "Example/7.", Rotate: 4 << 20}}, webtransport.KnownQuirks()...)
	for _, q := range wt.Quirks {
		fmt.Printf("%s: %d MiB\n", q.Agent, q.Rotate>>20)
	}
	// Output:
	// Example/7.: 4 MiB
	// AppleWebKit/: 6 MiB
}

// What a main waits for: a signal, or a port that is not served any more.
func ExampleServer_Done() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	wt := webtransport.New()
	rt := router.New(router.Config{Transports: []transport.Transport{wt, longpoll.New(longpoll.Config{})}})
	srv := &webtransport.Server{Handler: rt, Transport: wt}
	if err := srv.Listen(); err != nil {
		log.Fatal(err)
	}
	select {
	case <-ctx.Done():
	case <-srv.Done():
	}
	end, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := errors.Join(rt.Shutdown(end), srv.Shutdown(end)); err != nil {
		log.Fatal(err)
	}
}
