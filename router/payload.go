package router

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport/frame"
)

// Encode turns a value into a payload for the methods of session.Session: nil is empty, a []byte goes as it is,
// everything else is JSON.
func Encode(v any) (session.Payload, error) {
	switch v := v.(type) {
	case nil:
		return session.Payload{}, nil
	case []byte:
		return session.Payload{Codec: frame.CodecBytes, Data: bytes.Clone(v)}, nil
	case session.Payload:
		return forwarded(v)
	}
	data, err := json.Marshal(v)
	if err != nil {
		return session.Payload{}, fmt.Errorf("weft: payload: %w", err)
	}
	if data, err = checked(data); err != nil {
		return session.Payload{}, fmt.Errorf("weft: payload: %w", err)
	}
	return session.Payload{Codec: frame.CodecJSON, Data: data}, nil
}

// forwarded returns a payload that may have come from a client, which says itself what its codec is (PROTOCOL 3.8).
func forwarded(p session.Payload) (session.Payload, error) {
	if p.Codec != frame.CodecJSON {
		return p, nil
	}
	data, err := frame.CompactJSON(p.Data)
	if err != nil {
		return session.Payload{}, fmt.Errorf("weft: payload: %w", err)
	}
	return session.Payload{Codec: p.Codec, Data: data}, nil
}

// checked returns JSON that may go out. json.Marshal compacts a RawMessage but takes any bytes in its strings, and any
// depth; a client would end its session for either (PROTOCOL 3.8, 4.5).
func checked(data []byte) ([]byte, error) {
	deep := bytes.Count(data, []byte{'['})+bytes.Count(data, []byte{'{'}) > frame.MaxJSONDepth
	if !deep && utf8.Valid(data) {
		return data, nil
	}
	return frame.CompactJSON(data)
}

var errPayload = &Error{Code: frame.BadProtocol, Message: "payload does not fit the handler"}

// decode is the inverse of Encode. An empty payload is T's zero value.
func decode[T any](p session.Payload) (v T, err error) {
	return v, decodeInto(p, &v)
}

func decodeInto(p session.Payload, out any) error {
	switch out := out.(type) {
	case *[]byte:
		*out = p.Data
		return nil
	case *session.Payload:
		*out = p
		return nil
	}
	switch {
	case p.Codec == frame.CodecBytes && len(p.Data) == 0:
		return nil
	case p.Codec != frame.CodecJSON:
		return fmt.Errorf("weft: codec %d: %w", p.Codec, errPayload)
	}
	if err := json.Unmarshal(p.Data, out); err != nil {
		return fmt.Errorf("weft: %v: %w", err, errPayload)
	}
	return nil
}
