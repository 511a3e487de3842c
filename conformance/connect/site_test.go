// Package connect measures how fast a browser is connected.
package connect

import (
	_ "embed"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	gorilla "github.com/gorilla/websocket"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/chaos"
	"github.com/weft-realtime/weft/router"
)

func TestMain(m *testing.M) { browser.Main(m) }

//go:embed page.html
var page []byte

// site serves the page, a mount and a WebSocket without one. Both say hello to who comes.
func site(t *testing.T) *httptest.Server {
	rt := router.New(router.Config{})
	rt.OnConnect(func(c *router.Context) error { return c.Send("hello", "hello") })
	mux := chi.NewRouter()
	mux.Mount("/rt", rt)
	mux.Get("/raw", raw)
	mux.Post("/post", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") })
	mux.Get("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Write(page)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(func() {
		rt.Shutdown(t.Context()) // cancelled: at once
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

func raw(w http.ResponseWriter, r *http.Request) {
	c, err := new(gorilla.Upgrader).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer c.Close()
	c.WriteMessage(gorilla.TextMessage, []byte("hello"))
	c.ReadMessage() // it ends when the page does
}

// network is what lies between a browser and the site.
type network struct {
	name string
	// make returns the URL of its near end.
	make func(t *testing.T, target string) string
	// patience is how long is waited for something better than polls, and for a plain WebSocket.
	patience time.Duration
}

var networks = []network{
	{"clean", clean, time.Second},
	{"100 ms round trip", slow, time.Second},
	{"WebSocket refused", faulty(refuse), 200 * time.Millisecond},
	{"upgrade hangs", faulty((*chaos.HTTP).HangUpgrade), 200 * time.Millisecond},
	{"opens, then dead", faulty((*chaos.HTTP).SilentUpgrade), 200 * time.Millisecond},
	{"streams buffered + WebSocket refused", faulty(refuse, buffer), 200 * time.Millisecond},
}

func clean(_ *testing.T, target string) string { return "http://" + target }

func slow(t *testing.T, target string) string {
	p, err := chaos.New(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	p.SetDelay(50 * time.Millisecond)
	return p.URL()
}

func refuse(h *chaos.HTTP) { h.RefuseUpgrade(http.StatusForbidden) }
func buffer(h *chaos.HTTP) { h.BufferAnswers(chaos.EventStream, chaos.Buffer{}) }

func faulty(faults ...func(*chaos.HTTP)) func(*testing.T, string) string {
	return func(t *testing.T, target string) string {
		h, err := chaos.NewHTTP(target)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(h.Close)
		for _, f := range faults {
			f(h)
		}
		return h.URL()
	}
}
