package session

import (
	"bytes"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// SendVolatile sends the client the latest value of a key: a cursor, a position, a level. It never waits, and is outside
// the order of everything else. A value that has not left yet gives way to a newer one of its key, and one that is on its
// way may get lost with its connection; the client never sees an older one after a newer one. What is written waits for
// what Send has queued; at most 256 keys wait, and Config.Queue's bytes of them: beyond, the oldest are dropped.
//
// It fails with ErrDetached while the session has no connection, with an error in whose tree ErrClosed is when it is over
// or closing, and with a *frame.Error when the message or the key cannot be encoded. A key is 1 to 255 bytes without
// control characters. What TrySend says of p holds here, too (PROTOCOL 17).
func (s *Session) SendVolatile(key, name string, p Payload) error {
	m := frame.Message{Kind: frame.Event, Name: name, Codec: p.Codec, Payload: p.Data}
	s.mu.Lock()
	defer s.unlock()
	return s.sent(s.core.SendVolatile(key, core.NewItem(m, nil)))
}

// hold keeps the latest value of a key for the dispatcher: bounded, since no window bounds the client (PROTOCOL 17.6).
// s.mu is held.
func (s *Session) hold(key string, m frame.Message) {
	m.Payload = bytes.Clone(m.Payload)
	s.registry.stats.messagesIn.Add(1)
	limit := frame.Window{Messages: uint64(core.ServerDefaults.Volatile), Bytes: s.registry.cfg.Window.Bytes}
	s.latest.Put(key, core.NewItem(m, nil), limit)
}

// nextVolatile takes the value whose turn it is, or nil. s.mu is held.
func (s *Session) nextVolatile() *Inbound {
	key, it := s.latest.Take()
	if it == nil {
		return nil
	}
	m := &it.Message
	return &Inbound{Name: m.Name, Key: key, Payload: Payload{m.Codec, m.Payload}}
}

// countDropped adds what was dropped since the last time to the registry's counter. s.mu is held.
func (s *Session) countDropped() {
	_, dropped := s.core.Volatile()
	dropped += s.latest.Dropped()
	s.registry.stats.dropped.Add(dropped - s.dropped)
	s.dropped = dropped
}
