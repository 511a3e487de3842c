package router_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

var kinds = []transport.Kind{transport.WebSocket, transport.LongPoll}

// An error of OnConnect refuses the session before any of its messages is handled; a panic does, too. PROTOCOL 8.8
func TestOnConnectRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		refuse func() error
		code   frame.Code
		reason string
	}{
		"typed":     {func() error { return router.Errorf(frame.Forbidden, "members only") }, frame.Forbidden, "members only"},
		"own code":  {func() error { return router.Errorf(3007, "closed today") }, 3007, "closed today"},
		"long":      {func() error { return router.Errorf(3007, "%s", strings.Repeat("x", 500)) }, 3007, strings.Repeat("x", 120) + "..."},
		"not UTF-8": {func() error { return router.Errorf(3007, "\xff") }, 3007, "\uFFFD"},
	} {
		for _, kind := range kinds {
			t.Run(name+" "+kind.String(), func(t *testing.T) {
				rt := router.New(quiet)
				rt.OnConnect(func(*router.Context) error { return tt.refuse() })
				router.On(rt, "early", func(*router.Context, any) error { t.Error("handled"); return nil })
				gone := make(chan *router.CloseError, 1)
				rt.OnDisconnect(func(_ *router.Context, cause *router.CloseError) { gone <- cause })
				c := dial(t, serve(t, rt, rt), client.Config{Force: kind})
				c.Post(soon(t), "early", client.Payload{})
				c.Connect(soon(t))
				<-c.Closed()
				want(t, c.Err(), tt.code, tt.reason)
				if cause := receive(t, gone); cause.Code != tt.code || cause.Remote {
					t.Errorf("OnDisconnect saw %v", cause)
				}
			})
		}
	}
}

// An unexpected error's text does not leave the server; the code lets the client try again.
func TestOnConnectFails(t *testing.T) {
	for name, fail := range map[string]func() error{
		"error": func() error { return errors.New("hunter2") },
		"panic": func() error { panic("hunter2") },
	} {
		t.Run(name, func(t *testing.T) {
			rt := router.New(quiet)
			tries := make(chan int, 10)
			tries <- 1
			rt.OnConnect(func(*router.Context) error {
				n := <-tries
				tries <- n + 1
				if n == 1 {
					return fail()
				}
				return nil
			})
			c := connect(t, serve(t, rt, rt))
			if err := c.Call(soon(t), "weft.unsubscribe", map[string]string{"topic": "t"}, nil); err != nil {
				t.Error(err)
			}
			if n := <-tries - 1; n != 2 {
				t.Errorf("%d tries", n)
			}
		})
	}
}

// PROTOCOL 9.7
func TestOnDisconnect(t *testing.T) {
	for name, tt := range map[string]struct {
		end    func(*testing.T, *router.Router, *client.Client)
		code   frame.Code
		remote bool
	}{
		"client closes": {func(t *testing.T, _ *router.Router, c *client.Client) { c.Close(soon(t)) }, frame.Done, true},
		"shut down":     {func(t *testing.T, rt *router.Router, _ *client.Client) { rt.Shutdown(soon(t)) }, frame.Draining, false},
		"handler closes": {func(t *testing.T, _ *router.Router, c *client.Client) {
			c.Emit(soon(t), "leave", nil)
		}, 3002, false},
	} {
		t.Run(name, func(t *testing.T) {
			rt := router.New(quiet)
			gone := make(chan *router.CloseError, 10)
			rt.OnDisconnect(func(c *router.Context, cause *router.CloseError) {
				if err := c.Err(); err != nil {
					t.Errorf("OnDisconnect's context: %v", err)
				}
				gone <- cause
			})
			router.On(rt, "leave", func(c *router.Context, _ any) error {
				c.Close(&router.Error{Code: 3002, Message: "bye"})
				return nil
			})
			c := connect(t, serve(t, rt, rt))
			tt.end(t, rt, c)
			if cause := receive(t, gone); cause.Code != tt.code || cause.Remote != tt.remote {
				t.Errorf("ended by %v", cause)
			}
		})
	}
}

// bearer identifies whoever names himself.
func bearer(r *http.Request) (session.Identity, bool, error) {
	switch user := r.Header.Get("X-User"); user {
	case "":
		return session.Identity{}, false, nil
	case "banned":
		return session.Identity{}, true, router.Errorf(3008, "banned")
	case "broken":
		return session.Identity{}, true, errors.New("hunter2")
	default:
		return session.Identity{Subject: user, Value: len(user)}, true, nil
	}
}

// PROTOCOL 8.10
func TestIdentify(t *testing.T) {
	cfg := quiet
	cfg.Identify = bearer
	rt := router.New(cfg)
	router.Handle(rt, "whoami", func(c *router.Context, _ any) (string, error) {
		id := c.Identity()
		if n, _ := id.Value.(int); n != len(id.Subject) {
			t.Errorf("identity %+v", id)
		}
		return id.Subject, nil
	})
	url := serve(t, rt, rt)
	for _, kind := range kinds {
		for user, refused := range map[string]*client.Error{
			"": nil, "ann": nil,
			"banned": {Code: 3008, Message: "banned"}, "broken": {Code: frame.Forbidden, Message: "forbidden"},
		} {
			header := http.Header{}
			if user != "" {
				header.Set("X-User", user)
			}
			c := dial(t, url, client.Config{Force: kind, Header: header})
			if err := c.Connect(soon(t)); refused != nil {
				if err == nil {
					t.Errorf("%s over %s came in", user, kind)
				}
				want(t, c.Err(), refused.Code, refused.Message)
				continue
			} else if err != nil {
				t.Fatal(err)
			}
			var got string
			if err := c.Call(soon(t), "whoami", nil, &got); err != nil || got != user {
				t.Errorf("%q over %s is %q, %v", user, kind, got, err)
			}
		}
	}
}

// Nobody is let in once the router is shut down, over any transport. PROTOCOL 12.1
func TestShutdownRefuses(t *testing.T) {
	rt := router.New(quiet)
	url := serve(t, rt, rt)
	if err := rt.Shutdown(soon(t)); err != nil {
		t.Fatal(err)
	}
	for _, door := range []string{"GET /ws", "POST /session"} {
		method, path, _ := strings.Cut(door, " ")
		hello := frame.Append(nil, frame.Binary, &frame.Frame{Type: frame.Hello, Open: &frame.Opening{Version: 1}})
		req, err := http.NewRequest(method, url+path, bytes.NewReader(hello))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", transport.MIME)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("%s: %s", door, resp.Status)
		}
	}
	if err := rt.Shutdown(soon(t)); err != nil {
		t.Errorf("a second time: %v", err)
	}
}
