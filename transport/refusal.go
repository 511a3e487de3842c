package transport

import (
	"errors"
	"fmt"

	"github.com/weft-realtime/weft/transport/frame"
)

// Error is a refusal: the code and a constant reason that the client is told.
type Error struct {
	Code     frame.Code
	Reason   string
	Reset    bool   // the session's state is gone: the client is told by RESET
	Consumed uint64 // with Reset: what is known of the client's messages
}

func (e *Error) Error() string { return fmt.Sprintf("weft: %s (%d)", e.Reason, uint16(e.Code)) }

// AsError returns err's code, or frame.Internal with a reason that tells nothing: an unexpected error's text stays here.
func AsError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*frame.Error](err); ok {
		gone := e.Code == frame.Unknown || e.Code == frame.Diverged
		return &Error{Code: e.Code, Reason: e.Reason, Reset: gone}
	}
	return &Error{Code: frame.Internal, Reason: "internal error"}
}

// AppendRefusal appends the frame that tells a client why it was refused: RESET when its session's state is gone, CLOSE
// for everything else (PROTOCOL 8.8).
func AppendRefusal(buf []byte, enc frame.Encoding, err error) []byte {
	e := AsError(err)
	f := frame.Frame{Type: frame.Close, Code: e.Code, Text: e.Reason}
	if e.Reset {
		f.Type, f.Consumed = frame.Reset, e.Consumed
	}
	return frame.Append(buf, enc, &f)
}
