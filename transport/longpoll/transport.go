// Package longpoll carries batches over plain POSTs: one that waits fetches what the server says, another brings what
// the client says (PROTOCOL 11.1 to 11.6). It works wherever HTTP does.
package longpoll

import (
	"context"
	"net/http"
	"path"
	"time"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/internal/post"
)

// Config adjusts a Transport. The zero value works; there is nothing to adjust yet.
type Config struct{}

// Transport serves polls and the POSTs beside them. It keeps nothing between requests and starts no goroutine. It is
// safe for concurrent use.
type Transport struct{}

// New returns a Transport.
func New(Config) *Transport { return new(Transport) }

func (*Transport) Kind() transport.Kind { return transport.LongPoll }
func (*Transport) Path() string         { return "poll" }
func (*Transport) Doors() []string      { return []string{"session", "poll", "send"} }

// Wait returns at once: every request ends with its handler.
func (*Transport) Wait() {}

// Serve answers one request at the door that its path ends with.
func (*Transport) Serve(w http.ResponseWriter, r *http.Request, g transport.Gate) {
	x := post.Begin(w, r, g.Limits())
	batch := post.NewBuffer()
	defer batch.Free()
	if err := serve(x, g, batch); err != nil {
		x.Refuse(err)
		return
	}
	x.Answer(batch.B)
}

// serve leaves the answer in batch.
func serve(x *post.Exchange, g transport.Gate, batch *post.Buffer) error {
	if err := x.CheckMethod(); err != nil {
		return err
	}
	switch path.Base(x.Request.URL.Path) {
	case "session":
		return open(x, g, batch)
	case "poll":
		if x.Request.URL.RawQuery == "" {
			return open(x, g, batch)
		}
		return poll(x, g, batch)
	case "send":
		return send(x, g, batch)
	}
	return post.ErrDoor
}

// open takes HELLO or ATTACH; its answer is the attachment's first poll. What the first messages cause is given a
// moment to be part of it.
func open(x *post.Exchange, g transport.Gate, batch *post.Buffer) error {
	opener, err := x.ReadFirst(g, batch)
	if err != nil {
		return err
	}
	att, err := opener.Open(batch.B, conn{})
	if err != nil {
		return err
	}
	batch.Reset()
	settle(x, att)
	return pull(x, att, position{}, batch)
}

// poll takes what the client brings along, and waits for what there is to say.
func poll(x *post.Exchange, g transport.Gate, batch *post.Buffer) error {
	p, err := parsePosition(x.Request.URL.RawQuery)
	if err != nil {
		return err
	}
	att, err := deliver(x, g, batch, true)
	if err != nil {
		return err
	}
	return pull(x, att, p, batch)
}

// send takes frames, and answers how far the session is with them.
func send(x *post.Exchange, g transport.Gate, batch *post.Buffer) error {
	if _, err := post.Number(x.Request.URL.RawQuery, "att"); err != nil {
		return err
	}
	att, err := deliver(x, g, batch, false)
	if err != nil {
		return err
	}
	p := settle(x, att)
	batch.B = frame.Append(batch.B, frame.Binary, &frame.Frame{Type: frame.Ack, Rcv: p.Received, Ack: p.Consumed})
	return nil
}

// deliver finds the attachment and gives it the body. It leaves batch empty.
func deliver(x *post.Exchange, g transport.Gate, batch *post.Buffer, bare bool) (transport.Attachment, error) {
	if err := x.CheckBody(bare); err != nil {
		return nil, err
	}
	att, err := g.Find(x.Request) // before anything is read for somebody without a token
	if err != nil {
		return nil, err
	}
	if err := x.ReadBody(batch); err != nil {
		return nil, err
	}
	if len(batch.B) > 0 || !bare {
		err = att.Deliver(batch.B, true)
	}
	batch.Reset()
	return att, err
}

// settle waits a moment for the session to consume what was delivered (PROTOCOL 7.5).
func settle(x *post.Exchange, att transport.Attachment) transport.Progress {
	ctx, cancel := context.WithTimeout(x.Request.Context(), x.Limits.Settle)
	defer cancel()
	return att.Handled(ctx)
}

// pull waits for the session to have something to say. A client that goes away meanwhile ends the wait like the hold
// does: nothing is lost, since the next poll says what was received.
func pull(x *post.Exchange, att transport.Attachment, p position, batch *post.Buffer) error {
	ctx, cancel := context.WithTimeout(x.Request.Context(), p.patience(x.Limits.Hold))
	defer cancel()
	x.Hold()
	b, err := att.Pull(ctx, p.poll, p.rcv, p.ack, batch.B)
	if err == nil {
		batch.B = b
	}
	return err
}

// position is what a poll says of itself and of the client.
type position struct{ poll, rcv, ack, hold uint64 }

// minHold is the shortest hold that a client may ask for.
const minHold = time.Second

// patience is how long the poll is held: as long as the client asks for, if that is shorter (PROTOCOL 11.4).
func (p position) patience(limit time.Duration) time.Duration {
	if p.hold == 0 || p.hold >= uint64(limit.Milliseconds()) {
		return limit
	}
	return min(limit, max(minHold, time.Duration(p.hold)*time.Millisecond))
}

func parsePosition(query string) (p position, err error) {
	var att uint64 // the gate's, but refused here when it is no number
	for _, f := range [...]struct {
		name string
		n    *uint64
	}{{"att", &att}, {"poll", &p.poll}, {"rcv", &p.rcv}, {"ack", &p.ack}} {
		if *f.n, err = post.Number(query, f.name); err != nil {
			return position{}, err
		}
	}
	p.hold, err = post.Optional(query, "hold")
	return p, err
}
