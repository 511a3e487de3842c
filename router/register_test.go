package router_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/weft-realtime/weft/router"
)

// Mistakes at start-up are shown at once.
func TestRegistrationPanics(t *testing.T) {
	event := func(*router.Context, string) error { return nil }
	call := func(*router.Context, string) (string, error) { return "", nil }
	on := func(name string) func(*router.Router) { return func(rt *router.Router) { router.On(rt, name, event) } }
	handle := func(name string) func(*router.Router) {
		return func(rt *router.Router) { router.Handle(rt, name, call) }
	}
	topic := func(patterns ...string) func(*router.Router) {
		return func(rt *router.Router) {
			for _, p := range patterns {
				rt.OnSubscribe(p, nil)
			}
		}
	}
	for name, register := range map[string]func(*router.Router){
		"empty event":        on(""),
		"long event":         on(strings.Repeat("x", 256)),
		"control in event":   on("a\nb"),
		"event not UTF-8":    on("\xff"),
		"reserved event":     on("weft.subscribe"),
		"reserved call":      handle("weft.mine"),
		"empty call":         handle(""),
		"event twice":        func(rt *router.Router) { on("a")(rt); on("a")(rt) },
		"call twice":         func(rt *router.Router) { handle("a")(rt); handle("a")(rt) },
		"topic twice":        topic("room:{id}", "room:{id}"),
		"open brace":         topic("room:{id"),
		"closed brace":       topic("room:id}"),
		"star in the middle": topic("a*b"),
		"no name":            topic("room:{}"),
		"name twice":         topic("{a}:{a}"),
		"bad expression":     topic("{a:[}"),
		"group":              topic("{a:(x)}"),
		"OnConnect twice": func(rt *router.Router) {
			rt.OnConnect(func(*router.Context) error { return nil })
			rt.OnConnect(func(*router.Context) error { return nil })
		},
		"OnDisconnect twice": func(rt *router.Router) {
			rt.OnDisconnect(func(*router.Context, *router.CloseError) {})
			rt.OnDisconnect(func(*router.Context, *router.CloseError) {})
		},
		"OnError twice": func(rt *router.Router) {
			rt.OnError(func(*router.Context, error) {})
			rt.OnError(func(*router.Context, error) {})
		},
		"Use too late": func(rt *router.Router) {
			rt.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/weft.js", nil))
			rt.Use(func(h http.Handler) http.Handler { return h })
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if text, ok := recover().(string); !ok || !strings.HasPrefix(text, "weft:") {
					t.Errorf("panicked with %q", text)
				}
			}()
			register(router.New(quiet))
			t.Error("did not panic")
		})
	}
}

// An event and a call may have the same name.
func TestRegistrationsThatWork(t *testing.T) {
	rt := router.New(quiet)
	router.On(rt, "a", func(*router.Context, string) error { return nil })
	router.Handle(rt, "a", func(*router.Context, string) (string, error) { return "", nil })
	router.On(rt, "weft", func(*router.Context, string) error { return nil })
	rt.OnSubscribe("room:{id:[0-9]{2,3}}", nil)
	rt.OnSubscribe("{a}:{b:(?:x|y)}:*", nil)
}
