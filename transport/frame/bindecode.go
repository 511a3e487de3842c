package frame

// nextBinary decodes one frame of a binary batch. Its size is checked before anything is allocated for it.
func (d *Decoder) nextBinary(f *Frame) error {
	head := d.rest[0]
	f.Type, f.Critical = Type(head&typeMask), head&flagCritical != 0
	if head&flagsReserved != 0 || f.Critical && f.Type < FirstExtension {
		return errFlags
	}
	c := cursor{rest: d.rest[1:], names: &d.names}
	size := c.varint()
	if c.err == nil && size > uint64(max(d.maxFrame, 0)) {
		return errTooLarge
	}
	body := c.take(size)
	d.rest, c.rest = c.rest, body
	if c.err != nil {
		return c.err
	}
	if c.frame(f); c.err != nil {
		return c.err
	}
	if len(c.rest) > 0 {
		return errTrailing
	}
	return f.valid()
}

// cursor reads fields off a body. After an error it is empty and everything it reads is zero.
type cursor struct {
	rest  []byte
	err   error
	names *names
}

func (c *cursor) frame(f *Frame) {
	switch f.Type {
	case Pad:
		f.Raw = c.remainder()
	case Hello, Attach, Ready:
		c.opening(f)
	case Data:
		f.Seq = c.varint()
		c.message(&f.Message)
	case Ack:
		f.Rcv, f.Ack = c.varint(), c.varint()
	case Ping, Pong:
		f.Nonce, f.Rcv, f.Ack = c.varint(), c.varint(), c.varint()
	case Close:
		f.Code = toCode(c.varint())
		if final := c.varint(); final > 0 {
			f.Graceful, f.Final = true, final-1
		}
		f.Text = string(c.remainder())
	case Reset:
		f.Code, f.Consumed, f.Text = toCode(c.varint()), c.varint(), string(c.remainder())
	case Auth:
		f.Text = string(c.remainder())
	case Goaway:
		f.DrainMs, f.Text = c.varint(), string(c.remainder())
	case Volatile:
		f.Seq, f.Text = c.varint(), string(c.bytes())
		c.message(&f.Message)
	default:
		c.extension(f)
	}
}

func (c *cursor) extension(f *Frame) {
	f.Raw = c.remainder()
	if f.Type < FirstExtension {
		c.fail(errType)
	} else if f.Critical {
		c.fail(errCritical)
	}
}

func (c *cursor) opening(f *Frame) {
	o := &Opening{Version: c.varint()}
	f.Open = o
	// Another version may have other fields.
	if c.err == nil && o.Version != Version {
		c.fail(errVersion)
		return
	}
	switch f.Type {
	case Hello:
		copy(o.Nonce[:], c.take(uint64(len(o.Nonce))))
	case Attach:
		copy(o.SID[:], c.take(uint64(len(o.SID))))
		copy(o.Token[:], c.take(uint64(len(o.Token))))
		o.Att, o.Gen, f.Rcv, f.Ack = c.varint(), c.varint(), c.varint(), c.varint()
	case Ready:
		copy(o.SID[:], c.take(uint64(len(o.SID))))
		c.readyToken(o)
		o.Att, o.Gen, f.Rcv, f.Ack, o.Top = c.varint(), c.varint(), c.varint(), c.varint(), c.varint()
		o.Window = Window{c.varint(), c.varint()}
		o.DownWindow = Window{c.varint(), c.varint()}
		o.MaxFrame, o.PingMs, o.TTLMs = c.varint(), c.varint(), c.varint()
	}
	o.Extras = c.extras()
}

func (c *cursor) readyToken(o *Opening) {
	token := c.bytes()
	if len(token) > 0 && len(token) != len(o.Token) {
		c.fail(errToken)
	}
	o.HasToken = copy(o.Token[:], token) > 0
}

func (c *cursor) extras() []Extra {
	n := c.varint()
	if n > MaxExtras {
		c.fail(errExtras)
	}
	if c.err != nil || n == 0 {
		return nil
	}
	extras := make([]Extra, n)
	for i := range extras {
		extras[i] = Extra{string(c.bytes()), string(c.bytes())}
	}
	return extras
}

func (c *cursor) message(m *Message) {
	head := c.take(2)
	if len(head) < 2 {
		return
	}
	m.Kind, m.Codec = Kind(head[0]), Codec(head[1])
	switch m.Kind {
	case Event:
		m.Name = c.name()
	case Request:
		m.ID, m.Name = c.varint(), c.name()
	case Reply, Item:
		m.ID = c.varint()
	case ErrorReply:
		m.ID, m.Code, m.Text = c.varint(), toCode(c.varint()), string(c.remainder())
		return
	case End, Cancel:
		m.ID = c.varint()
		return
	case Credit:
		m.ID, m.Credit = c.varint(), c.varint()
		return
	case Publication:
		m.Topic, m.Epoch, m.Offset, m.Name = c.topic(), c.varint(), c.varint(), c.name()
	case Gap:
		m.Topic, m.Epoch, m.Offset, m.To = c.topic(), c.varint(), c.varint(), c.varint()
		return
	}
	m.Payload = c.remainder()
}

func (c *cursor) name() string  { return intern(&c.names.name, c.bytes()) }
func (c *cursor) topic() string { return intern(&c.names.topic, c.bytes()) }

// varint reads a number. It must be minimal and at most MaxInt (PROTOCOL 2.2).
func (c *cursor) varint() uint64 {
	v, n := varint(c.rest)
	if n == 0 {
		c.fail(errTruncated)
		return 0
	}
	if v > MaxInt || n != varintSize(v) {
		c.fail(errVarint)
		return 0
	}
	c.rest = c.rest[n:]
	return v
}

// bytes reads a string: a varint length and that many bytes.
func (c *cursor) bytes() []byte { return c.take(c.varint()) }

// take reads n bytes, which alias the batch.
func (c *cursor) take(n uint64) []byte {
	if n > uint64(len(c.rest)) {
		c.fail(errTruncated)
		return nil
	}
	p := c.rest[:n:n]
	c.rest = c.rest[n:]
	return p
}

// remainder reads what is left, which aliases the batch; nothing is nil.
func (c *cursor) remainder() []byte {
	if len(c.rest) == 0 {
		return nil
	}
	return c.take(uint64(len(c.rest)))
}

// fail keeps the first error.
func (c *cursor) fail(err error) {
	if c.err == nil {
		c.err = err
	}
	c.rest = nil
}
