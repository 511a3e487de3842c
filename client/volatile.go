package client

import (
	"bytes"
	"errors"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// ErrDetached is returned by EmitVolatile while there is no connection.
var ErrDetached = core.ErrDetached

// EmitVolatile sends the latest value of a key: a cursor, a position, a level. It never waits, and is outside the order of
// everything else. A value that has not left yet gives way to a newer one of its key, and one that is on its way may get
// lost with its connection; the server never sees an older one after a newer one. At most 256 keys wait, the oldest are
// dropped.
//
// It fails with ErrDetached while there is no connection, with ErrClosed when the client is closed or the session is
// closing, and with an error when v, the name or the key cannot be encoded. A key is 1 to 255 bytes without control
// characters (PROTOCOL 17).
func (c *Client) EmitVolatile(key, name string, v any) error {
	p, err := encode(v)
	if err != nil {
		return err
	}
	m := frame.Message{Kind: frame.Event, Name: name, Codec: p.Codec, Payload: p.Data}
	c.mu.Lock()
	defer c.unlock()
	err = c.sending().core.SendVolatile(key, core.NewItem(m, nil))
	if e, ok := errors.AsType[*frame.Error](err); ok {
		return &Error{e.Code, e.Reason}
	}
	return err
}

// hold keeps the latest value of a key for the dispatcher (PROTOCOL 17.6). c.mu is held.
func (s *session) hold(key string, m frame.Message) {
	m.Payload = bytes.Clone(m.Payload)
	limit := frame.Window{Messages: uint64(core.ClientDefaults.Volatile), Bytes: core.ClientDefaults.Receive.Bytes}
	s.latest.Put(key, core.NewItem(m, nil), limit)
}
