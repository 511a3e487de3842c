package chaos

import (
	"bytes"
	"io"
	"net/http"
	"strings"
)

// Buffer is how an intermediary gathers an answer instead of passing it on as it comes. The zero value is the worst of
// them: the client hears nothing before the answer has ended, which an event stream does not.
type Buffer struct {
	// Size is how many bytes of the body are gathered before they go on, again and again: 4096 or 65536, say. What is left
	// goes when the answer ends. 0 gathers all of it.
	Size int

	// PassHeader lets the header go at once. Otherwise it goes with the first bytes of the body.
	PassHeader bool

	// Obey leaves answers alone that say X-Accel-Buffering: no.
	Obey bool
}

// BufferAnswers gathers the answers that match: BufferAnswers(EventStream, Buffer{}) breaks event streams and nothing
// else, BufferAnswers(Any, Buffer{Size: 4096}) holds up every answer. If the
// server's answer breaks off, what was gathered of it is lost; the client gets a 502 if it has not got the header.
func (h *HTTP) BufferAnswers(match func(*http.Response) bool, b Buffer) {
	h.addAnswer(match, func(res *http.Response) error {
		if b.Obey && strings.EqualFold(res.Header.Get("X-Accel-Buffering"), "no") {
			return nil
		}
		body := &buffered{ReadCloser: res.Body, size: b.Size}
		res.Body = body
		if b.PassHeader {
			return nil
		}
		return body.gather()
	})
}

// buffered is a body that is read in pieces of size bytes.
type buffered struct {
	io.ReadCloser
	size  int // 0: all
	ready bytes.Buffer
	err   error // how the body ended, or nil
}

func (b *buffered) Read(buf []byte) (int, error) {
	if b.ready.Len() == 0 && b.err == nil {
		b.gather()
	}
	if b.ready.Len() == 0 {
		return 0, b.err
	}
	return b.ready.Read(buf)
}

// gather blocks until a piece is there or the body has ended. If the body broke off, it returns the error, and what was
// gathered is lost: above all, Close must let nothing out.
func (b *buffered) gather() error {
	if b.size > 0 {
		_, b.err = io.CopyN(&b.ready, b.ReadCloser, int64(b.size))
	} else if _, b.err = io.Copy(&b.ready, b.ReadCloser); b.err == nil {
		b.err = io.EOF
	}
	if b.err == nil || b.err == io.EOF {
		return nil
	}
	b.ready.Reset()
	return b.err
}
