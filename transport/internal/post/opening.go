package post

import (
	"errors"

	"github.com/weft-realtime/weft/transport/frame"
)

var errFirst = errors.New("weft: the first batch begins with neither HELLO nor ATTACH")

// ParseOpening returns the frame that a link's first batch begins with: HELLO, whose att is 1 (PROTOCOL 8.1), or ATTACH.
func ParseOpening(batch []byte) (frame.Frame, error) {
	var d frame.Decoder
	var f frame.Frame
	d.Reset(frame.Binary, batch, frame.MaxFirstFrame)
	if _, err := d.Next(&f); err != nil {
		return f, err
	}
	switch f.Type {
	case frame.Hello:
		f.Open.Att = 1
	case frame.Attach:
	default:
		return f, errFirst
	}
	return f, nil
}
