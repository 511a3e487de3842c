package longpoll

import (
	"errors"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

var errPulled = errors.New("longpoll: frames are pulled, not sent")

// conn is the way to a client that polls. There is nothing to hold and nothing to close: a poll that is open ends with
// Attachment.Pull, and the next one is refused by Gate.Find.
type conn struct{}

func (conn) Kind() transport.Kind     { return transport.LongPoll }
func (conn) Encoding() frame.Encoding { return frame.Binary }
func (conn) Send([]byte) error        { return errPulled }
func (conn) Close(frame.Code, string) {}
