// Package post is what the doors behind HTTP requests share: reading a bounded body, the numbers of a query, and
// answers that are batches (PROTOCOL 11.2 to 11.7).
package post

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// Exchange is one request and its answer. It belongs to the handler's goroutine and must not outlive the handler.
type Exchange struct {
	Request *http.Request
	Limits  transport.Limits

	w     http.ResponseWriter
	rc    *http.ResponseController
	until time.Time // the body's deadline
}

// Begin takes a request. From now on its body must arrive within Limits.Body: what the handler does not read, net/http
// reads and throws away before it answers, and without a deadline a client could hold that up for ever.
func Begin(w http.ResponseWriter, r *http.Request, l transport.Limits) *Exchange {
	x := &Exchange{Request: r, Limits: l, w: w, rc: http.NewResponseController(w)}
	if r.ContentLength != 0 {
		// An error means a ResponseWriter without deadlines, or a dead connection: both show by themselves.
		x.until = time.Now().Add(l.Body)
		_ = x.rc.SetReadDeadline(x.until)
	}
	return x
}

// Header is the answer's header.
func (x *Exchange) Header() http.Header { return x.w.Header() }

// CheckMethod refuses everything but POST.
func (x *Exchange) CheckMethod() error {
	if x.Request.Method != http.MethodPost {
		x.w.Header().Set("Allow", http.MethodPost)
		return errMethod
	}
	return nil
}

// CheckBody refuses by its header what would be refused after reading it: another type, any encoding, too many bytes.
// A request without a body needs no type if bare is true.
func (x *Exchange) CheckBody(bare bool) error {
	r := x.Request
	types := r.Header["Content-Type"]
	switch {
	case r.ContentLength > int64(x.maxBody()):
		return ErrTooLarge
	case r.Header["Content-Encoding"] != nil:
		return errEncoding
	case len(types) == 1 && types[0] == transport.MIME:
		return nil
	case bare && r.ContentLength == 0 && len(types) == 0:
		return nil
	}
	return errType
}

// CheckEmpty refuses a body where none belongs.
func (x *Exchange) CheckEmpty() error {
	if x.Request.ContentLength != 0 {
		return errBody
	}
	return nil
}

// ReadFirst takes the first batch of a connection into b, once the gate has admitted the request.
func (x *Exchange) ReadFirst(g transport.Gate, b *Buffer) (transport.Opener, error) {
	opener, err := g.Admit(x.Request)
	if err != nil {
		return nil, err
	}
	if err := x.CheckBody(false); err != nil {
		return nil, err
	}
	return opener, x.read(x.Request.Body, b)
}

// ReadBody reads the body of somebody who has a token to its end into b. While it comes it has more time: a long message
// may take a narrow network longer than Limits.Body.
func (x *Exchange) ReadBody(b *Buffer) error {
	return x.read(&patient{x: x, left: slice}, b)
}

// Each slice of a body, in bytes, that has come gives it so much more time, and each slice of an answer that leaves.
const (
	slice     = 32 << 10
	sliceTime = 2 * time.Second
)

// patient reads a body whose deadline moves on.
type patient struct {
	x    *Exchange
	left int // bytes of the slice that have not come
}

func (p *patient) Read(b []byte) (int, error) {
	n, err := p.x.Request.Body.Read(b)
	for p.left -= n; p.left <= 0; p.left += slice {
		p.x.until = p.x.until.Add(sliceTime)
		_ = p.x.rc.SetReadDeadline(p.x.until)
	}
	return n, err
}

// read reads a body to its end, and takes the deadline away again: the connection, and the wait of a poll, live longer than
// the body. After an error it stays, for what net/http still reads.
func (x *Exchange) read(body io.Reader, b *Buffer) error {
	if x.Request.ContentLength == 0 {
		return nil
	}
	switch err := b.Fill(body, x.maxBody()); {
	case err == nil:
		_ = x.rc.SetReadDeadline(time.Time{})
		return nil
	case err == ErrTooLarge:
		return err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errTimeout
	}
	return errCutOff
}

// Hold lets the answer wait longer than an http.Server has time for: over HTTP/2 it cuts off an answer whose time is up
// though nothing of it was written. The answer has a time of its own.
func (x *Exchange) Hold() { _ = x.rc.SetWriteDeadline(time.Time{}) }

func (x *Exchange) maxBody() int { return 2 * x.Limits.MaxFrame }

// Answer sends a batch, or 204 if it is empty.
func (x *Exchange) Answer(batch []byte) {
	if len(batch) == 0 {
		x.write(http.StatusNoContent, nil)
		return
	}
	x.write(http.StatusOK, batch)
}

// Refuse answers an error: its status, and a batch that says why.
func (x *Exchange) Refuse(err error) {
	status := transport.AsError(err).Code.HTTPStatus()
	if s, ok := errors.AsType[*Refusal](err); ok {
		status = s.Status
	}
	x.write(status, transport.AppendRefusal(nil, frame.Binary, err))
}

// write answers. The deadline is not taken away: net/http writes after the handler has returned, and resets it itself.
func (x *Exchange) write(status int, batch []byte) {
	h := x.setHeader()
	if batch != nil {
		h["Content-Type"] = batchType
		h["Content-Length"] = []string{strconv.Itoa(len(batch))}
	}
	_ = x.rc.SetWriteDeadline(time.Now().Add(x.Limits.Write + time.Duration(len(batch)/slice)*sliceTime))
	x.w.WriteHeader(status)
	_, _ = x.w.Write(batch) // the client may be gone
}

func (x *Exchange) setHeader() http.Header {
	h := x.w.Header()
	h["Cache-Control"] = noStore
	h["X-Content-Type-Options"] = noSniff
	h["X-Accel-Buffering"] = noBuffering
	return h
}

// PROTOCOL 11.7. Header values are shared by all answers, and never changed.
var (
	noStore     = []string{"no-store, no-transform"}
	noSniff     = []string{"nosniff"}
	noBuffering = []string{"no"}
	batchType   = []string{transport.MIME}
	streamType  = []string{"text/event-stream; charset=utf-8"}
)
