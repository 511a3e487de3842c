// Package sse carries batches down an event stream, and up in POSTs (PROTOCOL 11.11 to 11.15). It works where HTTP answers
// flow while they are written.
//
// A stream opens without a session: that its first bytes arrive shows that nothing between the ends holds it back. Then
// the client POSTs its ATTACH for it. What the client says after that comes through the door that long polling serves.
//
// An idle stream costs the goroutine of its handler, and no timer. Nothing here watches a peer that is silent or does not
// read: the session does, and calls Close.
package sse

import (
	"container/list"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"path"
	"sync"
	"time"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/internal/post"
)

// Config adjusts a Transport. The zero value works.
type Config struct {
	// Unattached is how many streams may wait for their ATTACH at once; default 10,000. One more ends the one that has
	// waited longest, with 4429: a client attaches within a round trip, and who does not is the first to go. Each waits for
	// 5 s at most.
	Unattached int
}

// Transport serves event streams. It is safe for concurrent use and starts no goroutine.
type Transport struct {
	unattached int
	handlers   sync.WaitGroup // one for each stream

	mu      sync.Mutex
	waiting map[string]*list.Element // by id: streams without an attachment that nobody has claimed
	order   list.List                // of the same *conn, the longest waiting first
	over    bool                     // Wait was called
}

// New returns a Transport.
func New(c Config) *Transport {
	if c.Unattached <= 0 {
		c.Unattached = 10_000
	}
	return &Transport{unattached: c.Unattached, waiting: map[string]*list.Element{}}
}

func (*Transport) Kind() transport.Kind { return transport.SSE }
func (*Transport) Path() string         { return "s/{sid}/sse" }
func (*Transport) Doors() []string      { return []string{"sse"} }

var (
	errMany   = &transport.Error{Code: frame.RateLimited, Reason: "too many streams wait for their ATTACH"}
	errOver   = &transport.Error{Code: frame.Draining, Reason: "server is shutting down"}
	errFirst  = &transport.Error{Code: frame.Timeout, Reason: "no ATTACH in time"}
	errStream = &transport.Error{Code: frame.Timeout, Reason: "no such stream waits for an ATTACH"}
	errGone   = errors.New("sse: the client is gone")
	errClosed = errors.New("sse: closed")
)

// Wait ends the streams that are not attached, lets nobody open another, and returns when no stream is left.
func (t *Transport) Wait() {
	t.mu.Lock()
	t.over = true
	for t.order.Len() > 0 {
		t.removeOldest().outcome <- outcome{err: errOver}
	}
	t.mu.Unlock()
	t.handlers.Wait()
}

// Serve answers one request. With a query it brings the ATTACH of a stream; without it is the stream, and Serve returns
// at its end.
func (t *Transport) Serve(w http.ResponseWriter, r *http.Request, g transport.Gate) {
	x := post.Begin(w, r, g.Limits())
	err := x.CheckMethod()
	switch {
	case err != nil:
	case r.URL.RawQuery == "":
		if err = t.open(x, g); err == nil {
			return // and answered
		}
	default:
		err = t.attach(x, g)
	}
	if err != nil {
		x.Refuse(err)
		return
	}
	x.Answer(nil)
}

// open is a stream from its beginning to its end. An error means that it did not begin.
func (t *Transport) open(x *post.Exchange, g transport.Gate) error {
	if _, err := g.Admit(x.Request); err != nil {
		return err // the ATTACH is admitted by itself
	}
	if err := x.CheckEmpty(); err != nil {
		return err
	}
	c, err := t.enter(newID(), session(x.Request))
	if err != nil {
		return err
	}
	defer t.handlers.Done()
	c.out = x.Stream()
	defer c.end()
	o := outcome{err: c.write(x.Limits.Write, appendOpening(nil, c.id))}
	if o.err != nil {
		o = t.leave(c, o)
	} else {
		o = t.await(x.Request.Context(), c, 2*x.Limits.FirstFrame) // another attachment may have its turn before
	}
	if o.err != nil {
		c.refuse(o.err)
		return nil
	}
	select {
	case <-x.Request.Context().Done():
		o.att.Lost(errGone)
	case <-c.done:
		o.att.Lost(errClosed)
	}
	return nil
}

// enter makes a stream known, so that an ATTACH finds it.
func (t *Transport) enter(id, sid string) (*conn, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return nil, errOver
	}
	if t.order.Len() >= t.unattached {
		t.removeOldest().outcome <- outcome{err: errMany}
	}
	c := &conn{id: id, sid: sid, outcome: make(chan outcome, 1), done: make(chan struct{})}
	t.waiting[id] = t.order.PushBack(c)
	t.handlers.Add(1)
	return c, nil
}

// removeOldest claims the stream that has waited longest. t.mu is held, and there is one.
func (t *Transport) removeOldest() *conn { return t.remove(t.order.Front()) }

func (t *Transport) remove(e *list.Element) *conn {
	c := t.order.Remove(e).(*conn)
	delete(t.waiting, c.id)
	return c
}

// await waits for the stream's ATTACH.
func (t *Transport) await(ctx context.Context, c *conn, patience time.Duration) outcome {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case o := <-c.outcome:
		return o
	case <-timer.C:
		return t.leave(c, outcome{err: errFirst})
	case <-ctx.Done():
		return t.leave(c, outcome{err: errGone})
	}
}

// leave takes a stream away from those that wait: o has become of it, unless somebody has claimed it before.
func (t *Transport) leave(c *conn, o outcome) outcome {
	if t.claim(c.id, c.sid) == nil {
		return <-c.outcome
	}
	return o
}

// claim returns the stream that waits for an ATTACH of a session, or nil. Whoever gets it says what became of it.
func (t *Transport) claim(id, sid string) *conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.waiting[id]
	if e == nil || e.Value.(*conn).sid != sid {
		return nil
	}
	return t.remove(e)
}

// attach takes the ATTACH of a stream. Everything that it causes goes down the stream.
func (t *Transport) attach(x *post.Exchange, g transport.Gate) error {
	batch := post.NewBuffer()
	defer batch.Free()
	opener, err := x.ReadFirst(g, batch)
	if err != nil {
		return err
	}
	c := t.claim(x.Request.URL.Query().Get("stream"), session(x.Request))
	if c == nil {
		return errStream
	}
	o := outcome{err: errStream}
	defer func() { c.outcome <- o }() // its handler waits for it
	o.att, o.err = opener.Open(batch.B, c)
	return o.err
}

// session is the id in a request's path, .../s/{sid}/sse.
func session(r *http.Request) string { return path.Base(path.Dir(r.URL.Path)) }

func newID() string {
	var id [16]byte
	rand.Read(id[:])
	return base64.RawURLEncoding.EncodeToString(id[:])
}
