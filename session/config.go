// Package session gives the protocol core a clock, locks and handlers: Session and Registry.
//
// A Registry holds the sessions of one node, their topics and what they may cost together. It is handed connections by
// whoever negotiates them (package fallback) and hands messages to a Handler (package router).
package session

import (
	"log/slog"
	"time"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// Config configures a Registry. The zero value works.
type Config struct {
	// Window is what a client may have sent and not seen handled, messages and bytes. Default 256 and 128 KiB, at least
	// 16 and 16 KiB. It bounds the memory that a slow handler costs.
	Window frame.Window
	// DownWindow is the same for what the server sends to a client. Default 1,024 and 512 KiB.
	DownWindow frame.Window
	// Queue bounds the direct messages that wait for the window. Default 4,096 and 4 MiB. Send waits, and TrySend fails,
	// when it is full.
	Queue frame.Window
	// MaxFrame is the longest frame's body in bytes. Default 1 MiB.
	MaxFrame int
	// Slots is how many calls of one client run at once. Default 64.
	Slots int
	// Subscriptions is how many topics one session may follow at once. Default 1,024. One more is refused with 4429.
	Subscriptions int
	// TTL is how long a session without a connection is kept. Default 2 minutes.
	TTL time.Duration
	// Ping is the silence after which the server asks whether the client is still there; Pong is how long it waits for
	// the answer. Defaults 15 s and 10 s.
	Ping, Pong time.Duration
	// Hold is how long a poll with nothing to say is held. Default 25 s. Proxies cut requests that are silent for long.
	Hold time.Duration
	// HandlerTimeout ends a Send or Call whose context has no deadline of its own. Default 10 s.
	HandlerTimeout time.Duration
	// WriteTimeout is how long one write to a connection may take. Default 10 s.
	WriteTimeout time.Duration
	// Budget bounds the bytes that all sessions and topics hold together. Default 256 MiB. Beyond it the session that
	// was detached first is ended with code 4431; a connected one never is.
	Budget int64
	// History bounds each topic's log. Default 1,024 publications, 1 MiB, 5 minutes.
	History History
	// Successor names the mount of the node that takes over, when Shutdown begins: a URL that leads to that node and no
	// other, absolute or relative to this mount. Pages need it to allow their Origin. "" or nil: there is none, and clients
	// open their next session where they opened this one.
	Successor func() string
	// Logger gets what went wrong. Default slog.Default().
	Logger *slog.Logger
	// Hooks observe. They run while nothing is locked, must not block, and may be nil.
	Hooks Hooks
}

// History bounds a topic's log. What is older than the newest Publications, Bytes or Age is forgotten; a subscriber that
// still wanted it gets a gap.
type History struct {
	Publications int
	Bytes        int
	Age          time.Duration
}

func or[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}

func (c Config) withDefaults() Config {
	d := core.ServerDefaults
	c.Window = or(c.Window, d.Receive)
	c.Window.Messages, c.Window.Bytes = max(c.Window.Messages, 16), max(c.Window.Bytes, 16<<10)
	c.DownWindow = or(c.DownWindow, d.Send)
	c.Queue = or(c.Queue, d.Queue)
	c.MaxFrame = or(c.MaxFrame, d.MaxFrame)
	c.Slots = or(c.Slots, d.Slots)
	c.Subscriptions = or(c.Subscriptions, 1024)
	c.TTL = or(c.TTL, time.Duration(d.TTL)*time.Millisecond)
	c.Ping = or(c.Ping, time.Duration(d.Ping)*time.Millisecond)
	c.Pong = or(c.Pong, time.Duration(d.Pong)*time.Millisecond)
	c.Hold = or(c.Hold, time.Duration(d.Hold)*time.Millisecond)
	c.HandlerTimeout = or(c.HandlerTimeout, 10*time.Second)
	c.WriteTimeout = or(c.WriteTimeout, 10*time.Second)
	c.Budget = or(c.Budget, 256<<20)
	c.History.Publications = or(c.History.Publications, 1024)
	c.History.Bytes = or(c.History.Bytes, 1<<20)
	c.History.Age = or(c.History.Age, 5*time.Minute)
	c.Logger = or(c.Logger, slog.Default())
	return c
}

// core is the part of the configuration that the protocol core takes.
func (c *Config) core() core.Config {
	return core.Config{
		Send: c.DownWindow, Receive: c.Window, Queue: c.Queue, MaxFrame: c.MaxFrame, Slots: c.Slots,
		Volatile: core.ServerDefaults.Volatile, Keys: core.ServerDefaults.Keys,
		Batch: core.ServerDefaults.Batch, AckDelay: core.ServerDefaults.AckDelay,
		Ping: millis(c.Ping), Pong: millis(c.Pong), Hold: millis(c.Hold), TTL: millis(c.TTL),
	}
}

func millis(d time.Duration) core.Time { return core.Time(d.Milliseconds()) }
