package transport

import (
	"context"
	"net/http"
	"net/url"

	"github.com/weft-realtime/weft/transport/frame"
)

// Position is what a link that makes a request for each exchange must know of the session.
type Position struct {
	SID      frame.SID
	Token    frame.Token
	Att      uint64
	Rcv, Ack uint64
}

// Target is where and as whom a client dials.
type Target struct {
	Mount    *url.URL        // http or https; the mount's URL
	Header   http.Header     // sent with every request; may be nil
	Position func() Position // the session's state now; called from any goroutine, must not block
	Offer    Offer           // what the server said of this kind; zero before it has said something
}

// Offer is one transport as READY names it (PROTOCOL 8.9).
type Offer struct {
	Kind string `json:"kind"`
	URL  string `json:"url"` // relative to the mount
	// Hashes name the certificates that the server uses, by SHA-256 in base64url, where no authority does.
	Hashes []string `json:"hashes,omitempty"`
	// Rotate is the bytes, both ways together, after which the client is to replace a connection by another of the same
	// kind (PROTOCOL 14.10); 0: never.
	Rotate int64 `json:"rotate,omitempty"`
}

// Link is a client's connection. Send and Receive may run at the same time, each one call at a time.
type Link interface {
	Kind() Kind
	// Encoding is of what Receive returns, and of everything else unless the kind Posts: then what Send takes and
	// returns is binary.
	Encoding() frame.Encoding
	// Send hands over a batch; the first one begins with HELLO or ATTACH. It returns the batch that the server
	// answered, where the transport answers each one; a refusal that is a batch is an answer, not an error. A failed
	// Send of a later batch on a transport that answers may be tried again with the same frames.
	Send(ctx context.Context, batch []byte) ([]byte, error)
	// Receive waits for the next batch from the server. It is called after the first Send has returned. The batch is
	// valid until the next call. An empty one says that the server is there, and has nothing to say.
	Receive(ctx context.Context) ([]byte, error)
	// Close ends the link and unblocks Send and Receive. It is idempotent and may be called by anyone.
	Close(code frame.Code, reason string)
}

// Unordered is a Link that carries some frames outside the order of its batches. ReceiveVolatile waits for the next of
// them, which may be earlier than READY, and may run beside Receive. It fails when ctx ends, or the link.
type Unordered interface {
	ReceiveVolatile(ctx context.Context) ([]byte, error)
}

// Dialer opens links of one kind. Dial may be called concurrently.
type Dialer interface {
	Kind() Kind
	Dial(ctx context.Context, t Target) (Link, error)
}
