package frame

import (
	"encoding/base64"
	"strconv"
)

// typeNames are the values of "t" (PROTOCOL 4.2). JSON has no PAD.
var typeNames = map[Type]string{
	Hello: "hello", Attach: "attach", Ready: "ready", Data: "data", Ack: "ack", Ping: "ping", Pong: "pong",
	Close: "close", Reset: "reset", Auth: "auth", Goaway: "goaway", Volatile: "volatile",
}

const extensionName = "ext"

// kindNames are the values of "k" (PROTOCOL 4.3).
var kindNames = [...]string{
	Event: "event", Request: "request", Reply: "reply", ErrorReply: "error", Item: "item", End: "end",
	Cancel: "cancel", Credit: "credit", Publication: "publication", Gap: "gap",
}

// appendJSON appends the line of a frame. Every value is written in one form only, the one JSON.stringify writes, so
// that encoders in all languages agree byte for byte.
func appendJSON(buf []byte, f *Frame) []byte {
	if f.Type == Pad {
		return buf
	}
	name := typeNames[f.Type]
	if f.Type >= FirstExtension {
		name = extensionName
	}
	buf = append(buf, `{"t":"`...)
	buf = append(buf, name...)
	buf = append(buf, '"')
	buf = appendMembers(buf, f)
	return append(buf, '}', '\n')
}

func appendMembers(buf []byte, f *Frame) []byte {
	switch f.Type {
	case Hello, Attach, Ready:
		return appendJSONOpening(buf, f)
	case Data:
		buf = append(appendNumber(buf, "s", f.Seq), ',')
		return appendJSONMessage(buf, &f.Message)
	case Ack:
		return appendPositions(buf, f)
	case Ping, Pong:
		return appendPositions(appendNumber(buf, "nonce", f.Nonce), f)
	case Close:
		buf = appendNumber(buf, "code", uint64(f.Code))
		if f.Graceful {
			buf = appendNumber(buf, "final", f.Final)
		}
		return appendOptionalText(buf, "reason", f.Text)
	case Reset:
		buf = appendNumber(buf, "code", uint64(f.Code))
		buf = appendNumber(buf, "consumed", f.Consumed)
		return appendOptionalText(buf, "reason", f.Text)
	case Auth:
		return appendOptionalText(buf, "token", f.Text)
	case Goaway:
		return appendOptionalText(appendNumber(buf, "drainMs", f.DrainMs), "url", f.Text)
	case Volatile:
		buf = appendText(appendNumber(buf, "s", f.Seq), "key", f.Text)
		return appendJSONMessage(append(buf, ','), &f.Message)
	}
	buf = appendNumber(buf, "type", uint64(f.Type))
	if f.Critical {
		buf = append(buf, `,"critical":true`...)
	}
	return appendOptionalBase64(buf, f.Raw)
}

func appendJSONOpening(buf []byte, f *Frame) []byte {
	o := f.Open
	buf = appendNumber(buf, "v", o.Version)
	if f.Type == Hello {
		return appendJSONExtras(appendBase64(buf, "nonce", o.Nonce[:]), o.Extras)
	}
	buf = appendBase64(buf, "sid", o.SID[:])
	if f.Type == Attach || o.HasToken {
		buf = appendBase64(buf, "token", o.Token[:])
	}
	buf = appendNumber(buf, "att", o.Att)
	buf = appendNumber(buf, "gen", o.Gen)
	buf = appendPositions(buf, f)
	if f.Type == Ready {
		buf = appendNumber(buf, "top", o.Top)
		buf = appendNumber(buf, "w", o.Window.Messages)
		buf = appendNumber(buf, "wb", o.Window.Bytes)
		buf = appendNumber(buf, "dw", o.DownWindow.Messages)
		buf = appendNumber(buf, "dwb", o.DownWindow.Bytes)
		buf = appendNumber(buf, "maxFrame", o.MaxFrame)
		buf = appendNumber(buf, "pingMs", o.PingMs)
		buf = appendNumber(buf, "ttlMs", o.TTLMs)
	}
	return appendJSONExtras(buf, o.Extras)
}

func appendJSONExtras(buf []byte, extras []Extra) []byte {
	if len(extras) == 0 {
		return buf
	}
	buf = append(buf, `,"x":{`...)
	for i, x := range extras {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = appendQuoted(buf, x.Name)
		buf = append(buf, ':')
		buf = appendQuoted(buf, x.Value)
	}
	return append(buf, '}')
}

// appendJSONMessage appends the members of a message, without the comma before them.
func appendJSONMessage(buf []byte, m *Message) []byte {
	buf = append(buf, `"k":"`...)
	buf = append(buf, kindNames[m.Kind]...)
	buf = append(buf, '"')
	switch m.Kind {
	case Event:
		buf = appendText(buf, "n", m.Name)
	case Request:
		buf = appendText(appendNumber(buf, "id", m.ID), "n", m.Name)
	case Reply, Item:
		buf = appendNumber(buf, "id", m.ID)
	case ErrorReply:
		buf = appendNumber(appendNumber(buf, "id", m.ID), "code", uint64(m.Code))
		return appendOptionalText(buf, "text", m.Text)
	case End, Cancel:
		return appendNumber(buf, "id", m.ID)
	case Credit:
		return appendNumber(appendNumber(buf, "id", m.ID), "bytes", m.Credit)
	case Publication:
		buf = appendNumber(appendText(buf, "topic", m.Topic), "epoch", m.Epoch)
		buf = appendText(appendNumber(buf, "offset", m.Offset), "n", m.Name)
	case Gap:
		buf = appendNumber(appendText(buf, "topic", m.Topic), "epoch", m.Epoch)
		return appendNumber(appendNumber(buf, "from", m.Offset), "to", m.To)
	}
	return appendPayload(buf, m)
}

func appendPayload(buf []byte, m *Message) []byte {
	if m.Codec == CodecJSON {
		return append(appendKey(buf, "p"), m.Payload...)
	}
	if m.Codec != CodecBytes {
		buf = appendNumber(buf, "c", uint64(m.Codec))
	}
	return appendOptionalBase64(buf, m.Payload)
}

func appendPositions(buf []byte, f *Frame) []byte {
	return appendNumber(appendNumber(buf, "rcv", f.Rcv), "ack", f.Ack)
}

// appendKey appends a comma and the name of a member, which needs no escaping.
func appendKey(buf []byte, key string) []byte {
	buf = append(buf, ',', '"')
	buf = append(buf, key...)
	return append(buf, '"', ':')
}

func appendNumber(buf []byte, key string, v uint64) []byte {
	return strconv.AppendUint(appendKey(buf, key), v, 10)
}

func appendText(buf []byte, key, s string) []byte {
	return appendQuoted(appendKey(buf, key), s)
}

func appendOptionalText(buf []byte, key, s string) []byte {
	if s == "" {
		return buf
	}
	return appendText(buf, key, s)
}

func appendBase64(buf []byte, key string, p []byte) []byte {
	buf = append(appendKey(buf, key), '"')
	buf = base64.RawURLEncoding.AppendEncode(buf, p)
	return append(buf, '"')
}

func appendOptionalBase64(buf []byte, p []byte) []byte {
	if len(p) == 0 {
		return buf
	}
	return appendBase64(buf, "b", p)
}

// appendQuoted appends a JSON string as JSON.stringify writes it: nothing is escaped that need not be. encoding/json
// escapes U+2028 and U+2029 and would not agree.
func appendQuoted(buf []byte, s string) []byte {
	const hex = "0123456789abcdef"
	buf = append(buf, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\':
			buf = append(buf, '\\', c)
		case '\b':
			buf = append(buf, '\\', 'b')
		case '\f':
			buf = append(buf, '\\', 'f')
		case '\n':
			buf = append(buf, '\\', 'n')
		case '\r':
			buf = append(buf, '\\', 'r')
		case '\t':
			buf = append(buf, '\\', 't')
		default:
			if c < 0x20 {
				buf = append(buf, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			} else {
				buf = append(buf, c)
			}
		}
	}
	return append(buf, '"')
}
