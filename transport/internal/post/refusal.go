package post

import (
	"net/http"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// Refusal is a refusal whose HTTP status says more than its code.
type Refusal struct {
	Status int
	Err    *transport.Error
}

func (r *Refusal) Error() string { return r.Err.Error() }

// Unwrap lets transport.AsError find the code.
func (r *Refusal) Unwrap() error { return r.Err }

func badRequest(status int, reason string) *Refusal {
	return &Refusal{Status: status, Err: &transport.Error{Code: frame.BadProtocol, Reason: reason}}
}

// ErrDoor refuses a path that is none of a transport's doors.
var ErrDoor error = badRequest(http.StatusNotFound, "no such door")

var (
	errMethod   error = badRequest(http.StatusMethodNotAllowed, "only POST")
	errType     error = badRequest(http.StatusUnsupportedMediaType, "content type is not "+transport.MIME)
	errEncoding error = badRequest(http.StatusUnsupportedMediaType, "content encoding")
	errQuery    error = badRequest(http.StatusBadRequest, "bad query")
	errBody     error = badRequest(http.StatusBadRequest, "a body where none belongs")
	errCutOff   error = badRequest(http.StatusBadRequest, "body cut off")

	errTimeout error = &transport.Error{Code: frame.Timeout, Reason: "body too slow"}
)
