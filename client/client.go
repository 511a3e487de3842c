// Package client is the Go client: for services, bots, tests and load. It is the browser's client in Go: the same core,
// the same plan, the same names.
//
//	c := client.New("http://127.0.0.1:8080/rt", client.Config{})
//	client.On(c, "said", func(m Said) { fmt.Println(m.Text) })
//	if err := c.Connect(ctx); err != nil { ... }
//	err := c.Emit(ctx, "say", Say{Text: "hi"}) // returns when the server has handled it
package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/weft-realtime/weft/fallback"
	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/longpoll"
	"github.com/weft-realtime/weft/transport/sse"
	"github.com/weft-realtime/weft/transport/websocket"
)

// Config configures a Client. The zero value works.
type Config struct {
	// Header is sent with every request: credentials, for example. Authorization is sent where the server asks who the
	// client is, and gives way to the session's own elsewhere.
	Header http.Header
	// Dialers are the transports that may be used, best first. Long polling must be among them, for a session is created
	// by a POST. Default: WebSocket, event streams, long polling, in the order that the server prefers.
	Dialers []transport.Dialer
	// Force keeps the client on one kind of transport.
	Force transport.Kind
	// HandlerTimeout ends an Emit, Call or Subscribe whose context has no deadline. Default: none.
	HandlerTimeout time.Duration
	// OnState is called when the state or the transport changes, in order, on the dispatcher's goroutine.
	OnState func(State, transport.Kind)
	// OnLost is called when a session was lost and before a new one is opened.
	OnLost func(Lost)
	// Logger gets what went wrong. Default slog.Default().
	Logger *slog.Logger
}

// State is what a Client is doing.
type State string

const (
	Connecting State = "connecting" // no session yet
	Open       State = "open"
	Detached   State = "detached" // without a connection, on the way back
	Closing    State = "closing"
	Closed     State = "closed"
)

// Lost says that a session ended though nobody closed it.
type Lost struct {
	Code        frame.Code
	Reason      string
	Unconfirmed []Unconfirmed // in the order in which they were sent
}

// Unconfirmed is a message that is not known to have been handled.
type Unconfirmed struct {
	Kind string // "emit" or "call"
	Name string
	Payload
	Sent bool // it was on its way; otherwise it never left
}

// Payload is an encoded value.
type Payload struct {
	Codec frame.Codec
	Data  []byte
}

// Error is a failure with the code that the protocol or the server gave it.
type Error struct {
	Code    frame.Code
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("weft: %s (%d)", e.Message, uint16(e.Code)) }

// ErrClosed is in the tree of every error that a closed Client returns.
var ErrClosed = core.ErrClosed

// Client is one client's session, and the next one when it is lost. All methods may be called concurrently.
type Client struct {
	cfg     Config
	home    *url.URL // the mount where it begins
	dialers map[transport.Kind]transport.Dialer
	order   []transport.Kind
	ranked  bool // order is the application's
	start   time.Time
	ctx     context.Context // ends when the client is closed
	cancel  context.CancelFunc
	running sync.WaitGroup
	kick    chan struct{} // an earlier deadline

	mu        sync.Mutex
	*session        // the current one
	move      *move // to the next one; nil: there is no such wish
	forced    transport.Kind
	state     State
	on        transport.Kind // what carried the session when the state was told last
	ready     chan struct{}  // closed when there is a session
	closed    chan struct{}
	closing   *core.Over // Close was called
	over      *Error     // why it is closed
	armed     core.Time  // what the timer sleeps for
	inbox     []job
	ahead     int  // how many jobs went before a volatile message that waits
	busy      bool // a dispatcher runs
	starved   bool
	room      chan struct{} // closed when the queue gets shorter; made by who waits
	full      frame.Window  // the queue when room was made
	subs      map[string]*Subscription
	decisions []Decision

	events   map[string]func(Payload)
	handlers map[string]func(context.Context, Payload) (Payload, error)
}

// New returns a Client of the mount at a URL, http or https: a host, perhaps with a port, and a path. It does nothing
// before Connect. It panics when the URL is another one, or a dialer is missing. Credentials belong into Config.Header.
func New(mount string, cfg Config) *Client {
	u, err := url.Parse(mount)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		panic(fmt.Sprintf("weft: client.New: %q is not an http or https URL", mount))
	}
	if u.Host == "" || u.User != nil || u.RawQuery != "" { // which not every transport would keep
		panic(fmt.Sprintf("weft: client.New: %q must have a host, and neither user info nor a query", u.Redacted()))
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	ranked := cfg.Dialers != nil
	if !ranked {
		cfg.Dialers = []transport.Dialer{&websocket.Dialer{}, &sse.Dialer{}, &longpoll.Dialer{}}
	}
	c := &Client{
		cfg: cfg, home: u, ranked: ranked, forced: cfg.Force, start: time.Now(), state: Connecting,
		dialers: map[transport.Kind]transport.Dialer{}, kick: make(chan struct{}, 1),
		ready: make(chan struct{}), closed: make(chan struct{}),
		subs: map[string]*Subscription{}, events: map[string]func(Payload){},
		handlers: map[string]func(context.Context, Payload) (Payload, error){},
	}
	for _, d := range cfg.Dialers {
		c.dialers[d.Kind()] = d
		c.order = append(c.order, d.Kind())
	}
	if c.dialers[transport.LongPoll] == nil || cfg.Force != 0 && c.dialers[cfg.Force] == nil {
		panic("weft: client.New: no dialer for long polling, or for the kind that is forced")
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.session = c.newSession(u, fallback.Memory{})
	return c
}

func (c *Client) now() core.Time { return core.Time(time.Since(c.start).Milliseconds()) + 1 }

// Connect starts the client, once, and waits until it has a session. The client goes on trying when ctx is done; Close
// ends it. The error is an *Error when the server refused for good.
func (c *Client) Connect(ctx context.Context) error {
	c.mu.Lock()
	if c.armed == 0 && c.over == nil {
		c.armed = 1
		c.running.Add(1)
		go c.clock()
		c.open()
	}
	c.unlock()
	return c.Ready(ctx)
}

// Ready waits until the client has a session: after a loss, until it has the next one.
func (c *Client) Ready(ctx context.Context) error {
	c.mu.Lock()
	ready, over := c.ready, c.over
	c.mu.Unlock()
	if over != nil { // ready may be closed as well
		return c.failure()
	}
	select {
	case <-ready:
		return nil
	case <-c.closed:
		return c.failure()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Close ends the session gracefully: it waits until the server has handled what was sent, at most until ctx is done;
// then it ends it at once. No goroutine of the client runs when it has returned, but for a handler that goes on for 2 s
// after ctx is done, which is left behind; the error is ctx's then. It must not be called from a handler.
func (c *Client) Close(ctx context.Context) error {
	c.mu.Lock()
	if c.closing == nil && c.over == nil {
		c.closing = &core.Over{Code: frame.Done, Reason: "done"}
		if c.move != nil && c.move.by == 0 {
			c.stay()
		}
		c.core.Close(frame.Done, "done")
		c.setState(Closing)
	}
	if c.armed == 0 {
		c.core.Abort(frame.Done, "done")
	}
	c.unlock()
	var err error
	select {
	case <-c.closed:
	case <-ctx.Done():
		err = context.Cause(ctx)
		c.mu.Lock()
		for c.over == nil { // twice, when there is a next session that has something to send
			c.core.Abort(frame.Done, "done")
			c.unlock()
			c.mu.Lock()
		}
		c.mu.Unlock()
	}
	ended := make(chan struct{})
	go c.await(ended)
	select {
	case <-ended:
		return err
	case <-ctx.Done():
	}
	select {
	case <-ended:
		return err
	case <-time.After(handlerGrace):
		return context.Cause(ctx)
	}
}

// handlerGrace is how long Close waits for handlers when its context is done.
const handlerGrace = 2 * time.Second

func (c *Client) await(ended chan<- struct{}) {
	defer close(ended)
	c.running.Wait()
}

// Closed is closed when the client has ended, for whatever reason; Err says why.
func (c *Client) Closed() <-chan struct{} { return c.closed }

// Err is why the client has ended, or nil while it has not. After Close it has the code 1000.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over == nil {
		return nil
	}
	return c.over
}

func (c *Client) failure() error {
	return errors.Join(ErrClosed, c.Err())
}

// State is what the client is doing, and over which transport; 0 without one.
func (c *Client) State() (State, transport.Kind) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over != nil {
		return c.state, 0
	}
	return c.state, c.plan.Current()
}

// Force keeps the client on one kind of transport from now on; 0 lifts it. A kind that there is no dialer
// for is ignored.
func (c *Client) Force(kind transport.Kind) {
	if kind != 0 && c.dialers[kind] == nil {
		return
	}
	c.mu.Lock()
	c.forced = kind
	for s := range c.sessions() {
		s.act(s.plan.Force(fallback.Time(c.now()), kind, nil))
	}
	c.unlock()
}

// Drop cuts the current connection, as a network would; the session resumes. It is meant for trying things out.
func (c *Client) Drop() {
	c.mu.Lock()
	if l := c.link; l != nil {
		c.lost(l, errDropped)
	}
	c.unlock()
}

var errDropped = errors.New("weft: connection dropped on request")

// Pending is how many messages are queued or not known to have been handled.
func (c *Client) Pending() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for s := range c.sessions() {
		items, _ := s.core.Unconfirmed()
		n += len(items)
	}
	return n
}
