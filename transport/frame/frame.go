// Package frame is the wire format of weft/1: frames, messages, codes and limits, in a binary and a JSON encoding.
//
// It is pure: no I/O, no clock, no state between calls. conformance/PROTOCOL.md sections 2 to 4 are the reference.
package frame

// Type is the type of a frame (PROTOCOL 2.4).
type Type uint8

const (
	Pad      Type = 0x00 // anything; ignored
	Hello    Type = 0x01 // ver, nonce, extras
	Attach   Type = 0x02 // ver, sid, token, att, gen, rcv, ack, extras
	Ready    Type = 0x03 // ver, sid, token, att, gen, rcv, ack, top, w, wb, dw, dwb, maxFrame, pingMs, ttlMs, extras
	Data     Type = 0x04 // seq, message
	Ack      Type = 0x05 // rcv, ack
	Ping     Type = 0x06 // nonce, rcv, ack
	Pong     Type = 0x07 // nonce, rcv, ack
	Close    Type = 0x08 // code, final, reason
	Reset    Type = 0x09 // code, consumed, reason
	Auth     Type = 0x0a // token
	Goaway   Type = 0x0b // drainMs, url
	Volatile Type = 0x0c // n, key, message

	FirstExtension Type = 0x10 // extensions: 0x10 to 0x1f
)

// Version is the protocol's version.
const Version = 1

// Encoding is one of the two encodings of a batch.
type Encoding uint8

const (
	Binary Encoding = iota
	JSON
)

// SID is a session's public id.
type SID [16]byte

// Token is a session's secret.
type Token [32]byte

// Nonce is what a client makes a session idempotent with.
type Nonce [16]byte

// Frame is one frame of any type. Which fields count, Type says; the others are zero.
//
// After decoding, Payload and Raw alias the input; everything else is a copy.
type Frame struct {
	Type     Type
	Critical bool   // extensions only
	Seq      uint64 // DATA: seq. VOLATILE: n
	Rcv, Ack uint64 // ATTACH, READY, ACK, PING, PONG
	Nonce    uint64 // PING, PONG

	Code     Code   // CLOSE, RESET
	Graceful bool   // CLOSE: Final is there
	Final    uint64 // CLOSE: finalSeq
	Consumed uint64 // RESET

	Text    string // CLOSE, RESET: reason. AUTH: token. GOAWAY: url. VOLATILE: key
	DrainMs uint64 // GOAWAY

	Message Message  // DATA, VOLATILE
	Open    *Opening // HELLO, ATTACH, READY
	Raw     []byte   // PAD and extensions: the body
}

// Opening is the part of a frame that only HELLO, ATTACH and READY have.
type Opening struct {
	Version  uint64
	Nonce    Nonce  // HELLO
	SID      SID    // ATTACH, READY
	Token    Token  // ATTACH; READY if HasToken
	HasToken bool   // READY: the answer to a HELLO
	Att      uint64 // ATTACH, READY
	Gen      uint64 // ATTACH, READY

	// READY only.
	Top        uint64
	Window     Window // what the client may send: w, wb
	DownWindow Window // what the server will have outstanding: dw, dwb
	MaxFrame   uint64 // bytes
	PingMs     uint64
	TTLMs      uint64

	Extras []Extra // ascending by name
}

// Window limits the counted messages that are sent and not acknowledged (PROTOCOL 5.1).
type Window struct {
	Messages uint64
	Bytes    uint64
}

// Extra is a named string in an opening frame.
type Extra struct{ Name, Value string }

// Extra returns the value of an extra, or "".
func (o *Opening) Extra(name string) string {
	for _, x := range o.Extras {
		if x.Name == name {
			return x.Value
		}
	}
	return ""
}
