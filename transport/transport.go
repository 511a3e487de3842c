// Package transport is the contract between what moves bytes and what gives them meaning.
//
// A transport moves batches of whole frames and knows nothing else: no numbers, no duplicates, no windows. It delivers
// what the client sent (Attachment.Deliver) and offers a way to the client (Conn.Send, or a poll that calls
// Attachment.Pull). WebSocket uses both doors of one connection; SSE sends on a stream, and delivers what comes in POSTs;
// long polling pulls on one request and delivers on another. Order and exactly-once delivery are the session's alone, so
// adding a transport changes no other package.
package transport

import (
	"context"
	"net/http"
	"time"

	"github.com/weft-realtime/weft/transport/frame"
)

// Kind names a transport.
type Kind uint8

const (
	LongPoll Kind = iota + 1
	SSE
	WebSocket
	WebTransport
)

var kindNames = [...]string{LongPoll: "longpoll", SSE: "sse", WebSocket: "websocket", WebTransport: "webtransport"}

// String is the name of the kind in offers, counters and logs.
func (k Kind) String() string {
	if k == 0 || int(k) >= len(kindNames) {
		return "none"
	}
	return kindNames[k]
}

// ParseKind is the inverse of String. It returns 0 for an unknown name.
func ParseKind(name string) Kind {
	for k, n := range kindNames {
		if n == name && n != "" {
			return Kind(k)
		}
	}
	return 0
}

// Pulled reports whether the server's frames are fetched by Attachment.Pull; Conn.Send is then never called.
func (k Kind) Pulled() bool { return k == LongPoll }

// Posts reports whether the client's frames come in POSTs of their own. Those, and their answers, are always binary,
// whatever the encoding of what is sent to the client (PROTOCOL 11.2).
func (k Kind) Posts() bool { return k == LongPoll || k == SSE }

// MIME is the content type of binary batches in HTTP bodies (PROTOCOL 11.2).
const MIME = "application/vnd.weft.1"

// Limits bound what a transport takes from a client. All are positive.
type Limits struct {
	MaxFrame   int           // bytes of a frame's body; a batch may have twice that
	FirstFrame time.Duration // from the connection's start to HELLO or ATTACH; an event stream has twice that
	Body       time.Duration // to read a POST body; a long one has more
	Write      time.Duration // to write an answer; a long one has more
	Hold       time.Duration // a poll with nothing to say
	Settle     time.Duration // how long a POST waits for its messages to be consumed (PROTOCOL 7.5)
}

// Gate is what a request meets first, whatever its transport. It is used on the handler's goroutine, before any
// upgrade, and copies what it needs: nothing of the request is used after the handler has returned.
type Gate interface {
	// Admit checks origin and identity of a request that wants to open or to attach. The error is an *Error.
	Admit(r *http.Request) (Opener, error)
	// Find returns the attachment that a POST on s/{sid}/ belongs to: sid from the path, token from Authorization,
	// att from the query. The error is an *Error.
	Find(r *http.Request) (Attachment, error)
	Limits() Limits
}

// Opener binds a connection to a session.
type Opener interface {
	// Open takes the first batch, which begins with HELLO or ATTACH, and binds c atomically. READY and everything
	// after it go through c (or Pull). The error is an *Error; AppendRefusal turns it into the answer. Keeps nothing
	// of first.
	Open(first []byte, c Conn) (Attachment, error)
	// Refuse takes note of the error with which the transport ends a connection before Open, and returns it as an *Error.
	Refuse(err error) error
}

// Conn is the way to the client that one attachment uses.
type Conn interface {
	Kind() Kind
	Encoding() frame.Encoding // of what is sent; what comes back has the same, unless the kind Posts
	// Send writes a batch of whole frames. One call at a time; it keeps nothing of batch. It may block as long as the
	// peer does not read: whoever calls it watches the time and unblocks it by Close.
	Send(batch []byte) error
	// Close ends the connection, with the code where the transport has a place for it. It is idempotent, may be called
	// at any time by anyone, does not wait for the peer, and unblocks Send and the transport's reader.
	Close(code frame.Code, reason string)
}

// Attachment is a connection's hold on a session. It is fenced: once a newer one is bound, calls on it change nothing.
// All methods may be called concurrently.
type Attachment interface {
	// Deliver takes what the client sent: whole frames. It never blocks, duplicates are harmless, and it keeps nothing
	// of batch. post says that the batch came in a POST of its own, where a gap is answered and not an offence; a
	// connection that does not take POSTs refuses it and is not disturbed. After an *Error nothing more is delivered:
	// the session says in band why, and then calls Conn.Close. A POST is answered with the error.
	Deliver(batch []byte, post bool) error
	// Handled waits until everything delivered so far is consumed, or ctx is done, and says how far the session is.
	Handled(ctx context.Context) Progress
	// Pull waits until there is something to say, and appends it to buf. poll numbers the request; rcv and ack are what
	// the client reports, and what it has not received is sent again. Nothing to say until ctx is done, or a newer
	// poll: nothing is appended. An *Error with frame.Superseded: the poll or the attachment is not the newest. A
	// connection that is not pulled refuses it and is not disturbed.
	Pull(ctx context.Context, poll, rcv, ack uint64, buf []byte) ([]byte, error)
	// Lost tells the session that the transport died. The session lives on, detached.
	Lost(err error)
	// Done is closed when the attachment is superseded or the session has ended.
	Done() <-chan struct{}
}

// Progress is how far a session is with what the client sent.
type Progress struct {
	Received, Consumed uint64 // rcv, ack
}

// Transport serves one kind of connection. Serve may be called concurrently.
type Transport interface {
	Kind() Kind
	// Path is the door through which a client dials, relative to the mount; it is what the offer says. {sid} in it stands
	// for the session's id. Doors lists every last path element that Serve answers.
	Path() string
	Doors() []string
	Serve(w http.ResponseWriter, r *http.Request, g Gate)
	// Wait returns when every goroutine that Serve started, and every handler that holds a Conn, has ended; they end when
	// their Conn is closed.
	Wait()
}

// Describer is a Transport that says more in its offer than where it is. It may be called concurrently.
type Describer interface {
	// Describe completes the offer to the client of a request, and reports whether there is anything to offer now. It must
	// not keep the request.
	Describe(r *http.Request, o *Offer) bool
}
