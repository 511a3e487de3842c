package router_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport"
)

// talk serves rt as a program would, connects a client, and lets f use it.
func talk(rt *router.Router, f func(ctx context.Context, c *client.Client)) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r := chi.NewRouter()
	r.Mount("/rt", rt)
	srv := httptest.NewServer(r)
	defer srv.Close()
	defer rt.Shutdown(ctx)
	c := client.New(srv.URL+"/rt", client.Config{})
	defer c.Close(ctx)
	if err := c.Connect(ctx); err != nil {
		fmt.Println(err)
		return
	}
	f(ctx, c)
}

func ExampleNew() {
	rt := router.New(router.Config{})
	router.Handle(rt, "greet", func(_ *router.Context, name string) (string, error) {
		return "Hello, " + name + "!", nil
	})

	r := chi.NewRouter()
	r.Mount("/rt", rt) // and http.ListenAndServe(":8080", r)

	talk(rt, func(ctx context.Context, c *client.Client) {
		var greeting string
		err := c.Call(ctx, "greet", "Ann", &greeting)
		fmt.Println(greeting, err)
	})
	// Output: Hello, Ann! <nil>
}

func ExampleRouter_Shutdown() {
	where := func(name string) func(*router.Context, struct{}) (string, error) {
		return func(*router.Context, struct{}) (string, error) { return name, nil }
	}
	b := router.New(router.Config{})
	router.Handle(b, "where", where("node b"))
	nodeB := httptest.NewServer(b)
	defer nodeB.Close()
	defer b.Shutdown(context.Background())

	a := router.New(router.Config{Session: session.Config{
		Successor: func() string { return nodeB.URL }, // who takes over, asked when Shutdown begins
	}})
	router.Handle(a, "where", where("node a"))
	talk(a, func(ctx context.Context, c *client.Client) {
		var before, after string
		_ = c.Call(ctx, "where", nil, &before)
		within, cancel := context.WithTimeout(ctx, 10*time.Second) // clients move in the first half of it
		defer cancel()
		err := a.Shutdown(within)
		_ = c.Call(ctx, "where", nil, &after)
		state, _ := c.State()
		fmt.Println(before, "->", after, err, state)
	})
	// Output: node a -> node b <nil> open
}

func ExampleConfig_choose() {
	rt := router.New(router.Config{
		// Clients behind the old proxy get no WebSocket; what is left is an event stream and, as ever, long polling.
		Choose: func(r *http.Request, kinds []transport.Kind) []transport.Kind {
			if r.Header.Get("Via") == "1.0 old-proxy" {
				return slices.DeleteFunc(kinds, func(k transport.Kind) bool { return k == transport.WebSocket })
			}
			return kinds
		},
	})
	r := chi.NewRouter()
	r.Mount("/rt", rt)
	for _, via := range []string{"", "1.0 old-proxy"} {
		w, req := httptest.NewRecorder(), httptest.NewRequest("GET", "/rt/ws", nil)
		req.Header.Set("Via", via)
		r.ServeHTTP(w, req)
		fmt.Printf("%q: %s\n", via, http.StatusText(w.Code))
	}
	// Output:
	// "": Bad Request
	// "1.0 old-proxy": Not Found
}

func ExampleOn() {
	type Say struct{ Room, Text string }
	rt := router.New(router.Config{})
	router.On(rt, "say", func(c *router.Context, m Say) error {
		fmt.Printf("in %s: %s\n", m.Room, m.Text)
		return nil
	})
	talk(rt, func(ctx context.Context, c *client.Client) {
		c.Emit(ctx, "say", Say{"kitchen", "Tea?"}) // returns when it is handled
		c.Emit(ctx, "say", Say{"kitchen", "Yes."})
	})
	// Output:
	// in kitchen: Tea?
	// in kitchen: Yes.
}

func ExampleHandle() {
	type Sum struct{ A, B int }
	rt := router.New(router.Config{})
	router.Handle(rt, "sum", func(_ *router.Context, in Sum) (int, error) {
		if in.A < 0 || in.B < 0 {
			return 0, router.Errorf(3001, "numbers must not be negative")
		}
		return in.A + in.B, nil
	})
	talk(rt, func(ctx context.Context, c *client.Client) {
		var total int
		fmt.Println(c.Call(ctx, "sum", Sum{2, 3}, &total), total)
		fmt.Println(c.Call(ctx, "sum", Sum{-2, 3}, &total))
	})
	// Output:
	// <nil> 5
	// weft: numbers must not be negative (3001)
}

func ExampleTopic_Publish() {
	rt := router.New(router.Config{})
	rt.OnSubscribe("room:{id}", nil) // open to everybody
	talk(rt, func(ctx context.Context, c *client.Client) {
		rt.Topic("room:42").Publish(ctx, "said", "before")
		heard := make(chan string)
		c.Subscribe(ctx, "room:42", 1, func(p client.Publication) { // with 1 publication of history
			var text string
			p.Decode(&text)
			heard <- fmt.Sprintf("%d %s: %s", p.Offset, p.Name, text)
		})
		rt.Topic("room:42").Publish(ctx, "said", "after")
		fmt.Println(<-heard)
		fmt.Println(<-heard)
	})
	// Output:
	// 1 said: before
	// 2 said: after
}

func ExampleRouter_OnSubscribe() {
	rt := router.New(router.Config{})
	rt.OnSubscribe("user:{id:[0-9]+}", func(c *router.Context) error {
		if c.Param("id") != "7" {
			return router.Errorf(3002, "user %s is somebody else", c.Param("id"))
		}
		return nil
	})
	talk(rt, func(ctx context.Context, c *client.Client) {
		for _, topic := range []string{"user:7", "user:8", "users"} {
			_, err := c.Subscribe(ctx, topic, 0, func(client.Publication) {})
			fmt.Println(topic, err)
		}
	})
	// Output:
	// user:7 <nil>
	// user:8 weft: user 8 is somebody else (3002)
	// users weft: topic is not open to you (4403)
}

// Only the latest position of a cursor matters: nothing waits for it, and it may get lost with its connection.
func ExampleContext_SendVolatile() {
	type At struct {
		Who  string
		X, Y int
	}
	rt := router.New(router.Config{})
	router.On(rt, "at", func(c *router.Context, at At) error { // the latest of those that came while the last one ran
		if !c.Volatile() {
			return router.Errorf(3003, "a cursor is volatile")
		}
		return c.SendVolatile("at:"+at.Who, "moved", at) // a key for each cursor
	})
	talk(rt, func(ctx context.Context, c *client.Client) {
		moved := make(chan At, 1000)
		client.On(c, "moved", func(at At) { moved <- at })
		for range time.Tick(10 * time.Millisecond) { // as a pointer would: one of them may get lost
			if err := c.EmitVolatile("at", "at", At{"ann", 3, 4}); err != nil {
				continue // client.ErrDetached: there is no connection now
			}
			select {
			case at := <-moved:
				fmt.Println(at)
				return
			default:
			}
		}
	})
	// Output: {ann 3 4}
}

func ExampleContext_Call() {
	rt := router.New(router.Config{})
	router.Handle(rt, "delete", func(c *router.Context, file string) (string, error) {
		var sure bool
		if err := c.Call(c, "confirm", "Delete "+file+"?", &sure); err != nil {
			return "", err
		}
		if !sure {
			return "kept", nil
		}
		return "deleted", nil
	})
	talk(rt, func(ctx context.Context, c *client.Client) {
		client.Handle(c, "confirm", func(_ context.Context, question string) (bool, error) {
			fmt.Println(question)
			return false, nil
		})
		var what string
		c.Call(ctx, "delete", "diary.txt", &what)
		fmt.Println(what)
	})
	// Output:
	// Delete diary.txt?
	// kept
}
