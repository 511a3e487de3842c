package client_test

import (
	"errors"
	"net/http"
	"runtime"
	"testing"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport"
)

// A server that asks every connection for the application's own Authorization takes a client back. PROTOCOL 8.10, 11.3
func TestAuthorization(t *testing.T) {
	for _, kind := range []transport.Kind{transport.LongPoll, transport.SSE, transport.WebSocket} {
		t.Run(kind.String(), func(t *testing.T) {
			rt := router.New(router.Config{Identify: func(r *http.Request) (session.Identity, bool, error) {
				if r.Header.Get("Authorization") != "Bearer jwt" {
					return session.Identity{}, true, errors.New("who are you?")
				}
				return session.Identity{Subject: "ada"}, true, nil
			}})
			router.Handle(rt, "who", func(c *router.Context, _ struct{}) (string, error) { return c.Identity().Subject, nil })
			c := connect(t, serve(t, rt), client.Config{Force: kind, Header: http.Header{"Authorization": {"Bearer jwt"}}})
			for n, ctx := 0, soon(t); n < 2; n++ {
				for state, at := c.State(); state != client.Open || at != kind; state, at = c.State() {
					if ctx.Err() != nil || state == client.Closed {
						t.Fatal(state, at, c.Err(), c.Decisions())
					}
					runtime.Gosched()
				}
				var who string
				if err := c.Call(soon(t), "who", nil, &who); err != nil || who != "ada" {
					t.Fatalf("%q, %v", who, err)
				}
				c.Drop()
			}
		})
	}
}
