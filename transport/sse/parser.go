package sse

import (
	"bytes"

	"github.com/weft-realtime/weft/transport/internal/post"
)

// parser takes an event stream apart, as the HTML standard says (section 9.2.6), whatever pieces it comes in: lines end
// with LF, CR or CRLF; comments, ids and unknown fields are skipped; an event that nothing follows is not complete.
type parser struct {
	limit int // bytes of a line, and of an event's data

	begun bool   // the stream's first line was seen
	cr    bool   // the last byte was a CR: an LF behind it is the same end
	line  []byte // the beginning of a line that has not ended
	name  []byte // of the event that has not ended
	data  []byte // each of its lines ends with LF
}

// feed takes the next piece and hands over each event that it completes, with its type and its lines of data. Both are
// valid during the call. An error of event ends it.
func (p *parser) feed(b []byte, event func(name, data []byte) error) error {
	for len(b) > 0 {
		if p.cr && b[0] == '\n' {
			b = b[1:]
		}
		p.cr = false
		i := bytes.IndexAny(b, "\r\n")
		if len(p.line)+max(i, 0) > p.limit || i < 0 && len(p.line)+len(b) > p.limit {
			return post.ErrTooLarge
		}
		if i < 0 {
			p.line = append(p.line, b...)
			return nil
		}
		p.cr = b[i] == '\r'
		line := b[:i]
		if len(p.line) > 0 {
			line = append(p.line, line...)
			p.line = line[:0]
		}
		b = b[i+1:]
		if err := p.take(line, event); err != nil {
			return err
		}
	}
	return nil
}

var mark = []byte("\xef\xbb\xbf")

// take takes a line without its end.
func (p *parser) take(line []byte, event func(name, data []byte) error) error {
	if !p.begun {
		p.begun = true
		line = bytes.TrimPrefix(line, mark)
	}
	if len(line) == 0 {
		return p.dispatch(event)
	}
	field, value, _ := bytes.Cut(line, []byte{':'})
	value = bytes.TrimPrefix(value, []byte{' '})
	switch string(field) {
	case "event":
		p.name = append(p.name[:0], value...)
	case "data":
		if len(p.data)+len(value) >= p.limit {
			return post.ErrTooLarge
		}
		p.data = append(append(p.data, value...), '\n')
	}
	return nil
}

// dispatch ends an event. One without data is none.
func (p *parser) dispatch(event func(name, data []byte) error) error {
	name, data := p.name, p.data
	p.name, p.data = p.name[:0], p.data[:0]
	if cap(data) > maxKept {
		p.data, p.line = nil, nil
	}
	if len(data) == 0 {
		return nil
	}
	return event(name, data)
}
