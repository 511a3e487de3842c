package frame

// Kind is the kind of a message (PROTOCOL 3.1).
type Kind uint8

const (
	Event       Kind = 1  // name, payload
	Request     Kind = 2  // id, name, payload
	Reply       Kind = 3  // id, payload
	ErrorReply  Kind = 4  // id, code, text; "error" on the wire
	Item        Kind = 5  // id, payload
	End         Kind = 6  // id
	Cancel      Kind = 7  // id
	Credit      Kind = 8  // id, n
	Publication Kind = 9  // topic, epoch, offset, name, payload
	Gap         Kind = 10 // topic, epoch, from, to
)

// Counted reports whether messages of this kind start work at the peer and are limited by its window. The others are
// exempt (PROTOCOL 5.1, 5.2).
func (k Kind) Counted() bool {
	return k == Event || k == Request || k == Publication || k == Gap
}

// Codec says how a payload is encoded (PROTOCOL 3.2).
type Codec uint8

const (
	CodecBytes       Codec = 0
	CodecJSON        Codec = 1
	CodecMessagePack Codec = 2
	CodecProtobuf    Codec = 3
	CodecApplication Codec = 128 // the first of the application's own, to 255
)

// Message is one message of any kind. Which fields count, Kind says; the others are zero.
type Message struct {
	Kind    Kind
	Codec   Codec
	Code    Code   // error
	ID      uint64 // request, reply, error, item, end, cancel, credit
	Credit  uint64 // credit: bytes
	Name    string // event, request, publication
	Text    string // error
	Topic   string // publication, gap
	Epoch   uint64 // publication, gap
	Offset  uint64 // publication; gap: from
	To      uint64 // gap
	Payload []byte // a JSON payload on its way out is valid, compact JSON
}
