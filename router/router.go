// Package router is the face of weft for Go: an http.Handler to mount, on which events, calls and topics are registered
// once for all transports.
//
//	rt := router.New(router.Config{})
//	router.On(rt, "say", func(c *router.Context, m Say) error {
//		return rt.Topic("room:" + m.Room).Publish(c, "said", m)
//	})
//	r := chi.NewRouter()
//	r.Mount("/rt", rt)
package router

import (
	"context"
	"log/slog"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/weft-realtime/weft/clientjs"
	"github.com/weft-realtime/weft/fallback"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/longpoll"
	"github.com/weft-realtime/weft/transport/sse"
	"github.com/weft-realtime/weft/transport/websocket"
)

// Config configures a Router. The zero value works: WebSocket, event streams and long polling, same-origin pages only,
// everybody anonymous.
type Config struct {
	// Session holds windows, timeouts and memory bounds; see session.Config.
	Session session.Config
	// Transports are what clients are offered, best first. Default: WebSocket, SSE, long polling. SSE needs long polling.
	Transports []transport.Transport
	// Origins are the origins that may connect beside the mount's own host, exactly, like "https://app.example.com".
	Origins []string
	// Identify finds out whom a request that opens a session, or attaches to one, comes from; see
	// fallback.Config.Identify. Default: everybody is anonymous.
	Identify func(r *http.Request) (id session.Identity, presented bool, err error)
	// Choose says which of the transports the client of a request is offered, and in which order; see
	// fallback.Config.Choose. Default: all of them, best first.
	Choose func(r *http.Request, kinds []transport.Kind) []transport.Kind
	// NetworkKey must be the same on all nodes that serve the same clients; see fallback.Config.NetworkKey.
	NetworkKey []byte
}

// Error is a failure that the client is told; see Errorf.
type Error = session.Error

// CloseError says how a session ended, and what it left unconfirmed.
type CloseError = session.CloseError

// Router serves a mount and hands messages to the handlers that are registered on it. Register before serving: On,
// Handle, OnSubscribe and the like panic, with a message that begins with "weft:", when they are used wrongly, and must
// not run at the same time as ServeHTTP. Everything else may be called concurrently.
type Router struct {
	registry   *session.Registry
	negotiator *fallback.Negotiator
	client     http.Handler
	logger     *slog.Logger

	middleware []func(http.Handler) http.Handler
	chain      http.Handler // made at the first request
	once       sync.Once

	events       map[string]eventHandler
	calls        map[string]callHandler
	topics       []subscribeHandler
	onConnect    func(*Context) error
	onDisconnect func(*Context, *CloseError)
	onError      func(*Context, error)
}

// New returns a Router.
func New(cfg Config) *Router {
	rt := &Router{
		client: clientjs.Handler(), logger: cfg.Session.Logger,
		events: map[string]eventHandler{}, calls: map[string]callHandler{},
	}
	if rt.logger == nil {
		rt.logger = slog.Default()
	}
	if cfg.Transports == nil {
		cfg.Transports = []transport.Transport{
			websocket.New(websocket.Config{}), sse.New(sse.Config{}), longpoll.New(longpoll.Config{}),
		}
	}
	rt.registry = session.NewRegistry(cfg.Session, handler{rt})
	rt.negotiator = fallback.New(fallback.Config{
		Transports: cfg.Transports, Origins: cfg.Origins, Identify: cfg.Identify,
		Choose: cfg.Choose, NetworkKey: cfg.NetworkKey,
	}, rt.registry)
	return rt
}

// Use adds net/http middleware around every request under the mount, the first one outermost. Middleware that buffers
// answers, or that wraps the ResponseWriter without an Unwrap method, breaks streams and upgrades.
func (rt *Router) Use(middleware ...func(http.Handler) http.Handler) {
	if rt.chain != nil {
		panic("weft: Use after the first request")
	}
	rt.middleware = append(rt.middleware, middleware...)
}

// ServeHTTP serves the mount, under any prefix.
func (rt *Router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rt.once.Do(func() {
		h := http.Handler(http.HandlerFunc(rt.serve))
		for i := len(rt.middleware) - 1; i >= 0; i-- {
			h = rt.middleware[i](h)
		}
		rt.chain = h
	})
	rt.chain.ServeHTTP(w, r)
}

func (rt *Router) serve(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(path.Base(r.URL.Path), "weft.js") {
		rt.client.ServeHTTP(w, r)
		return
	}
	rt.negotiator.ServeHTTP(w, r)
}

// OnConnect registers what runs when a session is opened, before its first message. An error refuses the session: the
// client is told its code, or 4500, and does not come back by itself if the code is final.
func (rt *Router) OnConnect(h func(c *Context) error) {
	if rt.onConnect != nil {
		panic("weft: OnConnect is registered twice")
	}
	rt.onConnect = h
}

// OnDisconnect registers what runs when a session has ended, after its last message. A session whose connection is cut
// has not ended.
func (rt *Router) OnDisconnect(h func(c *Context, cause *CloseError)) {
	if rt.onDisconnect != nil {
		panic("weft: OnDisconnect is registered twice")
	}
	rt.onDisconnect = h
}

// OnError registers who sees every error of a handler, and every message that no handler wants. Default: the logger.
func (rt *Router) OnError(h func(c *Context, err error)) {
	if rt.onError != nil {
		panic("weft: OnError is registered twice")
	}
	rt.onError = h
}

// Registry is the router's sessions and topics, for what needs no handler: sessions by id, counters, payloads that are
// encoded already.
func (rt *Router) Registry() *session.Registry { return rt.registry }

// Stats returns the counters of the sessions.
func (rt *Router) Stats() session.Stats { return rt.registry.Stats() }

// Shutdown refuses new sessions, lets every client handle what is queued for it, and ends the sessions; see
// session.Registry.Shutdown. Call it before http.Server.Shutdown, which does not know of upgraded connections.
func (rt *Router) Shutdown(ctx context.Context) error {
	err := rt.registry.Shutdown(ctx)
	idle := make(chan struct{})
	go rt.wait(idle)
	select {
	case <-idle:
		return err
	case <-ctx.Done():
	}
	select {
	case <-idle:
	case <-time.After(time.Second): // somebody connected and says nothing; the transport's own deadline ends that
		err = context.Cause(ctx)
	}
	return err
}

// wait says when no transport has a goroutine any more.
func (rt *Router) wait(idle chan<- struct{}) {
	rt.negotiator.Wait()
	close(idle)
}

// checkName panics unless a name may be registered.
func checkName(what, name string) {
	switch {
	case !frame.ValidName(name):
		panic("weft: " + what + " name " + strconv.Quote(name) + " is empty, too long or not printable")
	case strings.HasPrefix(name, reserved):
		panic("weft: " + what + " name " + strconv.Quote(name) + " is reserved")
	}
}

const reserved = "weft."
