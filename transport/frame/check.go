package frame

import "unicode/utf8"

// The rules about values, which both encodings share. What a frame looks like on the wire is the decoders' business.

var (
	errFlags     = refuse("reserved flag")
	errType      = refuse("unknown frame type")
	errCritical  = refuse("unknown critical extension")
	errTruncated = refuse("frame is truncated")
	errTrailing  = refuse("bytes after the last field")
	errVarint    = refuse("varint is not minimal or too large")
	errFrames    = refuse("too many frames in a batch")
	errKind      = refuse("unknown message kind")
	errCodec     = refuse("codec is reserved or out of place")
	errName      = refuse("invalid name")
	errText      = refuse("text is too long or not UTF-8")
	errCode      = refuse("code is out of range")
	errNumber    = refuse("number is out of range")
	errPositions = refuse("ack is greater than rcv")
	errExtras    = refuse("invalid extras")
	errToken     = refuse("invalid token")
	errJSON      = refuse("invalid JSON")
	errMember    = refuse("member is missing or has the wrong type")
	errTooLarge  = &Error{TooLarge, "frame is too large"}
	errVersion   = &Error{BadVersion, "unknown version"}
)

func refuse(reason string) *Error { return &Error{BadProtocol, reason} }

const (
	minCode = 1000
	maxCode = 4999

	dataOverhead = 8 // the longest seq: what DATA's body adds to its message
)

// Check reports whether a message that an application wants to send can be encoded and fits maxFrame bytes, whatever
// its seq will be. The result is nil or an *Error: 4413 if only the size is wrong, else 4400. That a JSON payload is
// valid and compact is not checked, only that there is one.
func (m *Message) Check(maxFrame int) error {
	if m.Codec == CodecJSON && len(m.Payload) == 0 {
		return errJSON
	}
	if err := m.valid(); err != nil {
		return err
	}
	if m.Size()+dataOverhead > maxFrame {
		return errTooLarge
	}
	return nil
}

// ValidName reports whether s may be a name, a topic or a key: 1 to 255 bytes of UTF-8 without control characters
// (PROTOCOL 2.7).
func ValidName(s string) bool {
	if len(s) == 0 || len(s) > MaxName {
		return false
	}
	for i := range len(s) {
		if s[i] < 0x20 || s[i] == 0x7f {
			return false
		}
	}
	return utf8.ValidString(s)
}

func (f *Frame) valid() error {
	switch f.Type {
	case Hello, Attach, Ready:
		return f.validOpening()
	case Data:
		if f.Seq == 0 {
			return errNumber
		}
		return f.Message.valid()
	case Ack, Ping, Pong:
		return validPositions(f.Rcv, f.Ack)
	case Close, Reset:
		if f.Code < minCode || f.Code > maxCode {
			return errCode
		}
		return validText(f.Text, MaxReason)
	case Auth:
		return validText(f.Text, MaxAuthToken)
	case Goaway:
		return validText(f.Text, MaxURL)
	case Volatile:
		if !ValidName(f.Text) {
			return errName
		}
		return f.Message.valid()
	}
	return nil
}

func (f *Frame) validOpening() error {
	if f.Type != Hello && f.Open.Att == 0 {
		return errNumber
	}
	if err := validPositions(f.Rcv, f.Ack); err != nil {
		return err
	}
	return validExtras(f.Open.Extras)
}

func (m *Message) valid() error {
	// MaxInt has all its bits set, so the union exceeds it exactly if one of the numbers does.
	if m.ID|m.Credit|m.Epoch|m.Offset|m.To > MaxInt {
		return errNumber
	}
	switch m.Kind {
	case Event:
		return m.validPayload(m.Name)
	case Request:
		return m.validCall(m.validPayload(m.Name))
	case Reply, Item:
		return m.validCall(m.validCodec())
	case ErrorReply:
		if m.Code < minCode || m.Code > maxCode {
			return errCode
		}
		return m.validCall(m.validBare(validText(m.Text, MaxErrorText)))
	case End, Cancel, Credit:
		return m.validCall(m.validBare(nil))
	case Publication:
		if m.Offset == 0 {
			return errNumber
		}
		return m.validTopic(m.validPayload(m.Name))
	case Gap:
		if m.Offset == 0 || m.Offset > m.To {
			return errNumber
		}
		return m.validTopic(m.validBare(nil))
	}
	return errKind
}

// The helpers of valid take the verdict about the message's other fields and return it if they have no complaint.

func (m *Message) validCall(err error) error {
	if m.ID == 0 {
		return errNumber
	}
	return err
}

func (m *Message) validTopic(err error) error {
	if !ValidName(m.Topic) {
		return errName
	}
	return err
}

func (m *Message) validBare(err error) error {
	if m.Codec != CodecBytes {
		return errCodec
	}
	return err
}

func (m *Message) validPayload(name string) error {
	if !ValidName(name) {
		return errName
	}
	return m.validCodec()
}

func (m *Message) validCodec() error {
	if m.Codec > CodecProtobuf && m.Codec < CodecApplication {
		return errCodec
	}
	return nil
}

func validPositions(rcv, ack uint64) error {
	if ack > rcv {
		return errPositions
	}
	return nil
}

func validText(s string, limit int) error {
	if len(s) > limit || !utf8.ValidString(s) {
		return errText
	}
	return nil
}

func validExtras(extras []Extra) error {
	if len(extras) > MaxExtras {
		return errExtras
	}
	last := ""
	for _, x := range extras {
		if !validExtraName(x.Name) || x.Name <= last {
			return errExtras
		}
		if validText(x.Value, MaxExtraValue) != nil {
			return errExtras
		}
		last = x.Name
	}
	return nil
}

func validExtraName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '-' {
			return false
		}
	}
	return len(s) > 0 && len(s) <= MaxExtraName
}

// toCode turns a number into a code; one that is out of range becomes 0, which no frame may have.
func toCode(v uint64) Code {
	if v > maxCode {
		return 0
	}
	return Code(v)
}
