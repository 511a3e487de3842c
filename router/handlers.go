package router

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport/frame"
)

type (
	eventHandler func(c *Context, p session.Payload) error
	callHandler  func(c *Context, p session.Payload) (session.Payload, error)
)

// On registers the handler of an event. Events of a session are handled in the order in which they were sent; the next
// one starts when h returns. The payload is decoded into T: JSON, or as it is when T is []byte. The client learns that
// the event was handled, not whether h failed; OnError sees that. Volatile events come here, too (Context.Volatile): one
// at a time, when no other message of the session can start, and one after 16 of those.
func On[T any](rt *Router, name string, h func(c *Context, in T) error) {
	checkName("event", name)
	if rt.events[name] != nil {
		panic(fmt.Sprintf("weft: event %q is registered twice", name))
	}
	rt.events[name] = func(c *Context, p session.Payload) error {
		in, err := decode[T](p)
		if err != nil {
			return err
		}
		return h(c, in)
	}
}

// Handle registers the handler of a call. Calls run beside each other and beside events, bounded; c ends when the client
// gives the call up. The client gets the value, or the error: an *Error as it is, any other as 4500 without its text.
func Handle[In, Out any](rt *Router, name string, h func(c *Context, in In) (Out, error)) {
	checkName("call", name)
	if rt.calls[name] != nil {
		panic(fmt.Sprintf("weft: call %q is registered twice", name))
	}
	rt.calls[name] = func(c *Context, p session.Payload) (session.Payload, error) {
		in, err := decode[In](p)
		if err != nil {
			return session.Payload{}, err
		}
		out, err := h(c, in)
		if err != nil {
			return session.Payload{}, err
		}
		return Encode(out)
	}
}

// PanicError is what OnError sees when a handler has panicked. The client gets 4500.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("weft: handler panicked: %v", e.Value) }

// handler makes a Router a session.Handler.
type handler struct{ rt *Router }

func (h handler) Connect(s *session.Session) {
	if h.rt.onConnect == nil {
		return
	}
	c := h.rt.context(s.Context(), s, "")
	if err := guard(func() error { return h.rt.onConnect(c) }); err != nil {
		h.rt.failed(c, err)
		e := toError(err)
		s.Abort(e.Code, e.Message)
	}
}

func (h handler) Disconnect(s *session.Session, cause *session.CloseError) {
	if h.rt.onDisconnect == nil {
		return
	}
	c := h.rt.context(context.WithoutCancel(s.Context()), s, "") // the application may still want to work with it
	if err := guard(func() error { h.rt.onDisconnect(c, cause); return nil }); err != nil {
		h.rt.failed(c, err)
	}
}

func (h handler) Event(s *session.Session, m *session.Inbound) {
	c := h.rt.context(s.Context(), s, m.Name)
	c.seq, c.key = m.Seq, m.Key
	on := h.rt.events[m.Name]
	if on == nil {
		h.rt.failed(c, errNoEvent)
		return
	}
	if err := guard(func() error { return on(c, m.Payload) }); err != nil {
		h.rt.failed(c, err)
	}
}

func (h handler) Request(ctx context.Context, s *session.Session, m *session.Inbound) (out session.Payload, _ *session.Error) {
	c := h.rt.context(ctx, s, m.Name)
	c.seq = m.Seq
	call := h.rt.find(m.Name)
	err := guard(func() (err error) {
		out, err = call(c, m.Payload)
		return err
	})
	if err == nil {
		return out, nil
	}
	if h.rt.onError != nil || !expected(c, err) {
		h.rt.failed(c, err)
	}
	return session.Payload{}, toError(err)
}

// expected reports whether an error of a call is no news to anybody: the client is told it, or has given the call up.
func expected(c *Context, err error) bool {
	_, typed := errors.AsType[*Error](err)
	return typed || c.Err() != nil && errors.Is(err, c.Err())
}

func (rt *Router) find(name string) callHandler {
	switch name {
	case "weft.subscribe":
		return rt.subscribe
	case "weft.unsubscribe":
		return rt.unsubscribe
	}
	if call := rt.calls[name]; call != nil {
		return call
	}
	return func(*Context, session.Payload) (session.Payload, error) {
		if strings.HasPrefix(name, reserved) {
			return session.Payload{}, errReserved
		}
		return session.Payload{}, errNoCall
	}
}

// guard turns a panic into an error: it ends the message, not the process.
func guard(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return f()
}

// failed shows an error to the application.
func (rt *Router) failed(c *Context, err error) {
	if rt.onError == nil {
		rt.log(c, err)
		return
	}
	if again := guard(func() error { rt.onError(c, err); return nil }); again != nil {
		rt.log(c, again)
	}
}

func (rt *Router) log(c *Context, err error) {
	args := []any{"session", c.session, "name", c.name, "err", err}
	if p, ok := errors.AsType[*PanicError](err); ok {
		args = append(args, "stack", string(p.Stack))
	}
	rt.logger.Error("weft: handler failed", args...)
}

var (
	errNoEvent  = &Error{Code: frame.NotFound, Message: "no handler for this event"}
	errNoCall   = &Error{Code: frame.NotFound, Message: "no handler for this call"}
	errReserved = &Error{Code: frame.BadProtocol, Message: "reserved name"} // PROTOCOL 3.7
)

// Errorf returns an error that the client is told as it is. code is one of the application's own, 3000 to 3999, or one
// of the protocol's (PROTOCOL 12.4), like frame.Forbidden.
func Errorf(code frame.Code, format string, args ...any) error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// toError is what a client is told of an error: nothing, unless it was meant for it.
func toError(err error) *Error {
	e, ok := errors.AsType[*Error](err)
	switch {
	case ok && (e.Code >= 3000 && e.Code <= 3999 || e.Code >= 4400 && e.Code <= 4599):
		return e
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Code: frame.Timeout, Message: "deadline exceeded"}
	case errors.Is(err, context.Canceled):
		return &Error{Code: frame.Canceled, Message: "canceled"}
	}
	return &Error{Code: frame.Internal, Message: "internal error"}
}
