package session

import (
	"fmt"
	"strings"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

var (
	// ErrQueueFull is returned by TrySend when the session's queue is full.
	ErrQueueFull = core.ErrQueueFull
	// ErrClosed is in the tree of the error of everything that is tried on a session that has ended or is closing.
	ErrClosed = core.ErrClosed
	// ErrDetached is returned by SendVolatile while the session has no connection.
	ErrDetached = core.ErrDetached
)

// CloseError says how a session ended. It is the cause of the session's context.
type CloseError struct {
	Code   frame.Code
	Reason string
	Remote bool // the client said so
	// Unconfirmed is what was handed to Send or Call and is not known to have been handled by the client.
	Unconfirmed []Unconfirmed
}

func (e *CloseError) Error() string {
	who := "server"
	if e.Remote {
		who = "client"
	}
	return fmt.Sprintf("weft: session closed by %s: %s (%d)", who, e.Reason, uint16(e.Code))
}

// Is makes errors.Is(err, ErrClosed) true.
func (e *CloseError) Is(target error) bool { return target == ErrClosed }

// Error is a failure that the other end is told: the result of a call that did not succeed (PROTOCOL 12.4).
type Error struct {
	Code    frame.Code // 4400 to 4599, or the application's own, 3000 to 3999
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("%s (%d)", e.Message, uint16(e.Code)) }

// Refusal is the error as a transport tells it to a client that is not let in.
func (e *Error) Refusal() *transport.Error {
	return &transport.Error{Code: e.Code, Reason: clip(e.Message, frame.MaxReason)}
}

// clip makes text of the application fit for the wire: UTF-8, and at most limit bytes (PROTOCOL 2.7).
func clip(text string, limit int) string {
	const dots = "..."
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit-len(dots)], "") + dots
}

var errTimeout = &Error{Code: frame.Timeout, Message: "deadline exceeded"}
