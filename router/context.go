package router

import (
	"context"

	"github.com/weft-realtime/weft/session"
)

// Context is what a handler is called with. As a context.Context it ends with the session, and its cause is then a
// *CloseError; in a call it ends also when the client gives the call up and when the handler has returned. What goes on
// after a call works with Session().Context().
type Context struct {
	context.Context
	router  *Router
	session *session.Session
	name    string
	seq     uint64
	key     string // of a volatile event
	params  map[string]string
}

func (rt *Router) context(ctx context.Context, s *session.Session, name string) *Context {
	return &Context{Context: ctx, router: rt, session: s, name: name}
}

// Session is the client's session.
func (c *Context) Session() *session.Session { return c.session }

// Identity is whom the session belongs to; see Config.Identify.
func (c *Context) Identity() session.Identity { return c.session.Identity() }

// Name is the name of the event, call or topic. It is empty in OnConnect and OnDisconnect.
func (c *Context) Name() string { return c.name }

// Seq is the number of the message in its session. With the session's id it names the message for ever, whatever is
// sent again: a key for handlers that must be idempotent beyond the session's life. 0 where there is no message.
func (c *Context) Seq() uint64 { return c.seq }

// Volatile reports whether the event came as SendVolatile sends it: the latest value of something, outside the order of
// everything else, with 0 as its Seq.
func (c *Context) Volatile() bool { return c.key != "" }

// Param is the value of a parameter of the OnSubscribe pattern, or "".
func (c *Context) Param(name string) string { return c.params[name] }

// Send sends an event to this client. It returns when the event is queued; it waits while the queue is full, until c is
// done or session.Config.HandlerTimeout is over. v is encoded as JSON, or as it is when it is a []byte.
func (c *Context) Send(name string, v any) error {
	p, err := Encode(v)
	if err != nil {
		return err
	}
	return c.session.Send(c, name, p)
}

// TrySend is Send that fails with session.ErrQueueFull instead of waiting.
func (c *Context) TrySend(name string, v any) error {
	p, err := Encode(v)
	if err != nil {
		return err
	}
	return c.session.TrySend(name, p)
}

// SendVolatile sends this client the latest value of a key, say "cursor:" and whose it is: never waiting, outside the
// order of everything else, and lost rather than late. See session.Session.SendVolatile for its errors, of which
// session.ErrDetached is the one to expect. v is encoded as by Send; the client handles it as any event.
func (c *Context) SendVolatile(key, name string, v any) error {
	p, err := Encode(v)
	if err != nil {
		return err
	}
	return c.session.SendVolatile(key, name, p)
}

// Call calls this client and decodes its reply into out, unless out is nil. It ends with ctx, or after
// session.Config.HandlerTimeout if ctx has no deadline. An error that the client answered is an *Error.
//
// A call from an event handler holds up the session's next messages until it is answered.
func (c *Context) Call(ctx context.Context, name string, in, out any) error {
	p, err := Encode(in)
	if err != nil {
		return err
	}
	reply, err := c.session.Call(ctx, name, p)
	if err != nil || out == nil {
		return err
	}
	return decodeInto(reply, out)
}

// Close ends the session when the client has handled what is queued for it.
func (c *Context) Close(err *Error) { c.session.Close(err.Code, err.Message) }
