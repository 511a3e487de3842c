package frame

import "fmt"

// Code is the reason why something ended (PROTOCOL 12.1).
type Code uint16

const (
	Done         Code = 1000
	BadProtocol  Code = 4400
	AuthExpired  Code = 4401
	Forbidden    Code = 4403
	NotFound     Code = 4404 // errors of requests only
	Timeout      Code = 4408
	Superseded   Code = 4409
	Unknown      Code = 4410 // unknown or expired session
	StalePoll    Code = 4411 // a newer poll is here
	Diverged     Code = 4412
	TooLarge     Code = 4413
	BadVersion   Code = 4426
	RateLimited  Code = 4429
	WindowBroken Code = 4430
	Shed         Code = 4431
	Canceled     Code = 4499 // errors of requests only
	Internal     Code = 4500
	Draining     Code = 4503
)

// Class says what a client does about a code (PROTOCOL 12.2).
type Class uint8

const (
	ClassFinal      Class = iota // over; do not try again
	ClassResume                  // the session is still there: attach again
	ClassDelay                   // the same, after a delay
	ClassLost                    // open a new session
	ClassSuperseded              // somebody else took over
)

// Class returns the class of a code. Unknown codes are final.
func (c Code) Class() Class {
	switch c {
	case AuthExpired, Timeout, StalePoll, Internal, Draining:
		return ClassResume
	case RateLimited:
		return ClassDelay
	case Unknown, Diverged, WindowBroken, Shed:
		return ClassLost
	case Superseded:
		return ClassSuperseded
	}
	return ClassFinal
}

// HTTPStatus is the status that goes with a code.
func (c Code) HTTPStatus() int {
	switch c {
	case Done:
		return 200
	case StalePoll:
		return 409
	case Diverged:
		return 410
	case WindowBroken:
		return 400
	case Shed:
		return 503
	}
	if c >= 4400 && c <= 4599 {
		return int(c) - 4000
	}
	return 500
}

// Error is a refusal with its code: what a peer sent could not be taken.
type Error struct {
	Code   Code
	Reason string // a constant: safe to show to the peer
}

func (e *Error) Error() string { return fmt.Sprintf("weft: %s (%d)", e.Reason, uint16(e.Code)) }
