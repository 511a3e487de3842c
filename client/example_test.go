package client_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
)

// A client emits, calls, follows a topic and answers calls of the server, over whatever its network lets through.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()

	rt := router.New(router.Config{})
	router.On(rt, "say", func(c *router.Context, text string) error {
		return rt.Topic("room:42").Publish(c, "said", text)
	})
	router.Handle(rt, "greet", func(c *router.Context, _ struct{}) (string, error) {
		var name string
		err := c.Call(c, "name", nil, &name)
		return "hello, " + name, err
	})
	rt.OnSubscribe("room:{id}", nil)
	srv := httptest.NewServer(rt)
	defer srv.Close()
	defer rt.Shutdown(ctx)

	c := client.New(srv.URL, client.Config{})
	client.Handle(c, "name", func(context.Context, struct{}) (string, error) { return "ada", nil })
	if err := c.Connect(ctx); err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close(ctx)

	said := make(chan client.Publication, 1)
	if _, err := c.Subscribe(ctx, "room:42", 0, func(p client.Publication) { said <- p }); err != nil {
		fmt.Println(err)
		return
	}
	if err := c.Emit(ctx, "say", "hi"); err != nil { // returns when the server has handled it
		fmt.Println(err)
		return
	}
	p := <-said
	fmt.Println(p.Name, p.Offset, string(p.Data))

	var greeting string
	fmt.Println(c.Call(ctx, "greet", nil, &greeting), greeting)
	// Output:
	// said 1 "hi"
	// <nil> hello, ada
}
