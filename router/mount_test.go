package router_test

import (
	"encoding/base64"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport"
)

// mounts are the ways to mount a router at a path.
var mounts = map[string]func(at string, rt http.Handler) http.Handler{
	"chi": func(at string, rt http.Handler) http.Handler {
		r := chi.NewRouter()
		r.Mount(at, rt)
		return r
	},
	"chi in chi": func(at string, rt http.Handler) http.Handler {
		inner, r := chi.NewRouter(), chi.NewRouter()
		inner.Mount("/", rt)
		r.Mount(at, inner)
		return r
	},
	"ServeMux": func(at string, rt http.Handler) http.Handler {
		mux := http.NewServeMux()
		mux.Handle(at+"/", rt)
		return mux
	},
	"StripPrefix": func(at string, rt http.Handler) http.Handler {
		mux := http.NewServeMux()
		mux.Handle(at+"/", http.StripPrefix(at, rt))
		return mux
	},
	"bare": func(_ string, rt http.Handler) http.Handler { return rt },
}

// Every transport works under every mount. PROTOCOL 11.1
func TestMounts(t *testing.T) {
	for name, mount := range mounts {
		for _, at := range []string{"/rt", "/a/b/c", "/s/rt"} {
			t.Run(name+at, func(t *testing.T) {
				rt := router.New(quiet)
				router.Handle(rt, "echo", func(_ *router.Context, in string) (string, error) { return in, nil })
				url := serve(t, rt, mount(at, rt)) + at
				for _, kind := range []transport.Kind{transport.WebSocket, transport.LongPoll} {
					c := dial(t, url, client.Config{Force: kind})
					if err := c.Connect(soon(t)); err != nil {
						t.Fatal(err)
					}
					var out string
					if err := c.Call(soon(t), "echo", "hi", &out); err != nil || out != "hi" {
						t.Errorf("%s: %q, %v", kind, out, err)
					}
				}
			})
		}
	}
}

// What the doors answer to requests that bring nothing. PROTOCOL 11.1, 11.2, 11.3, 11.7, 11.8
func TestDoors(t *testing.T) {
	sid := base64.RawURLEncoding.EncodeToString(make([]byte, 16))
	rt := router.New(quiet)
	url := serve(t, rt, mounts["chi"]("/rt", rt)) + "/rt/"
	for _, tt := range []struct {
		method, path string
		status       int
	}{
		{"GET", "weft.js", 200},
		{"HEAD", "weft.js", 200},
		{"POST", "weft.js", 405},
		{"GET", "weft.js.map", 200},
		{"GET", "weft.jsx", 404},
		{"POST", "session", 415},
		{"GET", "session", 405},
		{"GET", "ws", 400},
		{"GET", "s/" + sid + "/ws", 400},
		{"POST", "s/" + sid + "/poll", 415},
		{"POST", "s/" + sid + "/poll?att=1&poll=1&rcv=0&ack=0", 410},
		{"GET", "s/" + sid + "/poll", 405},
		{"POST", "s/" + sid + "/send?att=1", 415},
		{"GET", "s/" + sid + "/send", 405},
		{"POST", "s/" + sid + "/session", 404},
		{"POST", "s/" + sid[1:] + "/poll", 404},
		{"POST", "s/" + sid[:21] + "_/poll", 404}, // not the one way to write 16 bytes
		{"POST", "poll", 404},
		{"POST", "send", 404},
		{"POST", "s/" + sid + "/sse?stream=x", 415},
		{"GET", "s/" + sid + "/sse", 405},
		{"POST", "sse", 404},
		{"GET", "s/" + sid + "/wt", 404},
		{"GET", "wt", 404},
		{"GET", "topics/t", 404},
		{"GET", "", 404},
		{"GET", "s/" + sid + "/", 404},
		{"GET", "SESSION", 404},
		{"GET", "ws/", 404},
		{"OPTIONS", "session", 403},
	} {
		req, err := http.NewRequest(tt.method, url+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != tt.status {
			t.Errorf("%s %s: %d, want %d", tt.method, tt.path, resp.StatusCode, tt.status)
		}
	}
}

// PROTOCOL 11.1
func TestClientIsCached(t *testing.T) {
	rt := router.New(quiet)
	url := serve(t, rt, mounts["ServeMux"]("/rt", rt)) + "/rt/weft.js"
	get := func(etag string) *http.Response {
		req, _ := http.NewRequest("GET", url, nil)
		if etag != "" {
			req.Header.Set("If-None-Match", etag)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if body, err := io.ReadAll(resp.Body); err != nil || (len(body) > 0) != (resp.StatusCode == 200) {
			t.Errorf("%d bytes with %s, %v", len(body), resp.Status, err)
		}
		return resp
	}
	first := get("")
	etag := first.Header.Get("ETag")
	if first.StatusCode != 200 || etag == "" || !strings.HasPrefix(first.Header.Get("Content-Type"), "text/javascript") {
		t.Errorf("%s, ETag %q, %q", first.Status, etag, first.Header.Get("Content-Type"))
	}
	if again := get(etag); again.StatusCode != 304 {
		t.Errorf("with the ETag: %s", again.Status)
	}
	if again := get(`"another"`); again.StatusCode != 200 {
		t.Errorf("with another ETag: %s", again.Status)
	}
}

// Use is around every request, in order, the upgrade included.
func TestUse(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	note := func(who string) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				seen = append(seen, who+" "+r.Method+" "+r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:])
				mu.Unlock()
				next.ServeHTTP(w, r)
			})
		}
	}
	rt := router.New(quiet)
	rt.Use(note("outer"))
	rt.Use(note("inner"))
	url := serve(t, rt, mounts["chi"]("/rt", rt)) + "/rt"
	connect(t, url)
	for _, path := range []string{"/weft.js", "/nothing"} {
		resp, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	upgraded := make(chan bool, 10)
	c := dial(t, url, client.Config{Force: transport.WebSocket, OnState: func(_ client.State, k transport.Kind) {
		if k == transport.WebSocket {
			upgraded <- true
		}
	}})
	if err := c.Connect(soon(t)); err != nil {
		t.Fatal(err)
	}
	receive(t, upgraded)
	mu.Lock()
	defer mu.Unlock()
	for _, want := range []string{"POST session", "GET ws", "GET weft.js", "GET nothing"} {
		outer, inner := slices.Index(seen, "outer "+want), slices.Index(seen, "inner "+want)
		if outer < 0 || inner < outer {
			t.Errorf("%s is not in order in %q", want, seen)
		}
	}
}
