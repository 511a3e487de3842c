package frame

const (
	typeMask      = 0x1f
	flagCritical  = 0x20
	flagsReserved = 0xc0
)

// Append appends one frame. The frame must be valid: Append does not check it. In JSON the line ends with LF, and PAD
// is nothing at all.
func Append(buf []byte, enc Encoding, f *Frame) []byte {
	if enc == JSON {
		return appendJSON(buf, f)
	}
	head := byte(f.Type)
	if f.Critical {
		head |= flagCritical
	}
	buf = append(buf, head)
	buf = appendVarint(buf, uint64(bodySize(f)))
	return appendBody(buf, f)
}

// AppendMessage appends a message as it stands inside DATA: in binary from its kind on, in JSON the members from "k"
// on without braces. It does not depend on seq, so that a message many sessions send is encoded once per encoding.
func AppendMessage(buf []byte, enc Encoding, m *Message) []byte {
	if enc == JSON {
		return appendJSONMessage(buf, m)
	}
	return appendMessage(buf, m)
}

// AppendData appends a whole DATA frame around a message that AppendMessage encoded.
func AppendData(buf []byte, enc Encoding, seq uint64, encoded []byte) []byte {
	if enc == JSON {
		buf = append(buf, `{"t":"data"`...)
		buf = appendNumber(buf, "s", seq)
		buf = append(buf, ',')
		buf = append(buf, encoded...)
		return append(buf, '}', '\n')
	}
	buf = append(buf, byte(Data))
	buf = appendVarint(buf, uint64(varintSize(seq)+len(encoded)))
	buf = appendVarint(buf, seq)
	return append(buf, encoded...)
}

func appendBody(buf []byte, f *Frame) []byte {
	switch f.Type {
	case Hello, Attach, Ready:
		return appendOpening(buf, f)
	case Data:
		return appendMessage(appendVarint(buf, f.Seq), &f.Message)
	case Ack:
		return appendVarints(buf, f.Rcv, f.Ack)
	case Ping, Pong:
		return appendVarints(buf, f.Nonce, f.Rcv, f.Ack)
	case Close:
		return append(appendVarints(buf, uint64(f.Code), closeFinal(f)), f.Text...)
	case Reset:
		return append(appendVarints(buf, uint64(f.Code), f.Consumed), f.Text...)
	case Auth:
		return append(buf, f.Text...)
	case Goaway:
		return append(appendVarint(buf, f.DrainMs), f.Text...)
	case Volatile:
		return appendMessage(appendString(appendVarint(buf, f.Seq), f.Text), &f.Message)
	}
	return append(buf, f.Raw...)
}

func appendOpening(buf []byte, f *Frame) []byte {
	o := f.Open
	buf = appendVarint(buf, o.Version)
	switch f.Type {
	case Hello:
		buf = append(buf, o.Nonce[:]...)
	case Attach:
		buf = append(buf, o.SID[:]...)
		buf = append(buf, o.Token[:]...)
		buf = appendVarints(buf, o.Att, o.Gen, f.Rcv, f.Ack)
	case Ready:
		buf = append(buf, o.SID[:]...)
		buf = appendReadyToken(buf, o)
		buf = appendVarints(buf, o.Att, o.Gen, f.Rcv, f.Ack, o.Top)
		buf = appendVarints(buf, o.Window.Messages, o.Window.Bytes, o.DownWindow.Messages, o.DownWindow.Bytes)
		buf = appendVarints(buf, o.MaxFrame, o.PingMs, o.TTLMs)
	}
	return appendExtras(buf, o.Extras)
}

func appendReadyToken(buf []byte, o *Opening) []byte {
	if !o.HasToken {
		return appendVarint(buf, 0)
	}
	return append(appendVarint(buf, uint64(len(o.Token))), o.Token[:]...)
}

func appendExtras(buf []byte, extras []Extra) []byte {
	buf = appendVarint(buf, uint64(len(extras)))
	for _, x := range extras {
		buf = appendString(appendString(buf, x.Name), x.Value)
	}
	return buf
}

func appendMessage(buf []byte, m *Message) []byte {
	buf = append(buf, byte(m.Kind), byte(m.Codec))
	switch m.Kind {
	case Event:
		buf = appendString(buf, m.Name)
	case Request:
		buf = appendString(appendVarint(buf, m.ID), m.Name)
	case Reply, Item:
		buf = appendVarint(buf, m.ID)
	case ErrorReply:
		return append(appendVarints(buf, m.ID, uint64(m.Code)), m.Text...)
	case End, Cancel:
		return appendVarint(buf, m.ID)
	case Credit:
		return appendVarints(buf, m.ID, m.Credit)
	case Publication:
		buf = appendVarints(appendString(buf, m.Topic), m.Epoch, m.Offset)
		buf = appendString(buf, m.Name)
	case Gap:
		return appendVarints(appendString(buf, m.Topic), m.Epoch, m.Offset, m.To)
	}
	return append(buf, m.Payload...)
}

func appendVarints(buf []byte, vs ...uint64) []byte {
	for _, v := range vs {
		buf = appendVarint(buf, v)
	}
	return buf
}

func appendString(buf []byte, s string) []byte {
	return append(appendVarint(buf, uint64(len(s))), s...)
}
