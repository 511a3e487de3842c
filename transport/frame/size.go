package frame

// Size is the length of the message's binary form in bytes, from its kind on. Windows and limits count it, whatever
// encoding carries the message (PROTOCOL 3.6).
func (m *Message) Size() int {
	const kindAndCodec = 2
	switch m.Kind {
	case Event:
		return kindAndCodec + stringSize(m.Name) + len(m.Payload)
	case Request:
		return kindAndCodec + varintSize(m.ID) + stringSize(m.Name) + len(m.Payload)
	case Reply, Item:
		return kindAndCodec + varintSize(m.ID) + len(m.Payload)
	case ErrorReply:
		return kindAndCodec + varintSize(m.ID) + varintSize(uint64(m.Code)) + len(m.Text)
	case End, Cancel:
		return kindAndCodec + varintSize(m.ID)
	case Credit:
		return kindAndCodec + varintSize(m.ID) + varintSize(m.Credit)
	case Publication:
		return kindAndCodec + stringSize(m.Topic) + varintSize(m.Epoch) + varintSize(m.Offset) + stringSize(m.Name) +
			len(m.Payload)
	case Gap:
		return kindAndCodec + stringSize(m.Topic) + varintSize(m.Epoch) + varintSize(m.Offset) + varintSize(m.To)
	}
	return kindAndCodec
}

// bodySize is the length of a frame's body in its binary form. Knowing it first lets the body be written in place.
func bodySize(f *Frame) int {
	switch f.Type {
	case Hello, Attach, Ready:
		return openingSize(f)
	case Data:
		return varintSize(f.Seq) + f.Message.Size()
	case Ack:
		return varintSize(f.Rcv) + varintSize(f.Ack)
	case Ping, Pong:
		return varintSize(f.Nonce) + varintSize(f.Rcv) + varintSize(f.Ack)
	case Close:
		return varintSize(uint64(f.Code)) + varintSize(closeFinal(f)) + len(f.Text)
	case Reset:
		return varintSize(uint64(f.Code)) + varintSize(f.Consumed) + len(f.Text)
	case Auth:
		return len(f.Text)
	case Goaway:
		return varintSize(f.DrainMs) + len(f.Text)
	case Volatile:
		return varintSize(f.Seq) + stringSize(f.Text) + f.Message.Size()
	}
	return len(f.Raw)
}

func openingSize(f *Frame) int {
	o := f.Open
	n := varintSize(o.Version) + extrasSize(o.Extras)
	switch f.Type {
	case Hello:
		return n + len(o.Nonce)
	case Attach:
		n += len(o.SID) + len(o.Token)
	case Ready:
		n += len(o.SID) + 1 + varintSize(o.Top)
		if o.HasToken {
			n += len(o.Token)
		}
		n += varintSize(o.Window.Messages) + varintSize(o.Window.Bytes)
		n += varintSize(o.DownWindow.Messages) + varintSize(o.DownWindow.Bytes)
		n += varintSize(o.MaxFrame) + varintSize(o.PingMs) + varintSize(o.TTLMs)
	}
	return n + varintSize(o.Att) + varintSize(o.Gen) + varintSize(f.Rcv) + varintSize(f.Ack)
}

func extrasSize(extras []Extra) int {
	n := varintSize(uint64(len(extras)))
	for _, x := range extras {
		n += stringSize(x.Name) + stringSize(x.Value)
	}
	return n
}

func stringSize(s string) int { return varintSize(uint64(len(s))) + len(s) }

// closeFinal is how CLOSE writes finalSeq: 0 is none (PROTOCOL 2.4).
func closeFinal(f *Frame) uint64 {
	if f.Graceful {
		return f.Final + 1
	}
	return 0
}
