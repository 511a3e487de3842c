package drain

import (
	"errors"
	"fmt"
	"time"
)

// Outcome is what a drain did to the clients.
type Outcome struct {
	Clients int
	Took    time.Duration // Shutdown
	Error   error         // of Shutdown

	Emits       int // that clients sent
	Unconfirmed int // of them, what failed, and was reported
	Unreported  int // what failed, and was not
	Twice       int // handled by both nodes, or by one of them twice
	Lost        int // acknowledged, and handled by no node
	Jumbled     int // handled out of order, or received so
	Calls       int
	CallsFailed int
	Down        int // direct messages that the nodes sent
	DownLeft    int // of them, what was reported as unconfirmed to the node that was shut down
	DownLost    int // neither
	Topics      int // that clients followed
	Gaps        int
	OddTopics   int // followed with no gap, or with more than one, or with nothing after it
	Stayed      int // clients that did not move once

	Without time.Duration // the longest that a client had no session
	Slowest time.Duration // the longest that an emit took, with the call that followed it
	Fullest float64       // the tenth of the moving time in which most clients moved, beside the mean
}

func (o Outcome) String() string {
	return fmt.Sprintf(`clients %d  drained in %v
emits %d  unconfirmed %d  unreported %d  lost %d  handled twice %d  out of order %d
calls %d  failed %d
down %d  reported as unconfirmed %d  lost %d
topics %d  gaps %d  with none or more %d
longest without a session %v  slowest emit %v  fullest tenth %.2f times the mean`,
		o.Clients, o.Took.Round(time.Millisecond),
		o.Emits, o.Unconfirmed, o.Unreported, o.Lost, o.Twice, o.Jumbled,
		o.Calls, o.CallsFailed, o.Down, o.DownLeft, o.DownLost,
		o.Topics, o.Gaps, o.OddTopics,
		o.Without.Round(time.Millisecond), o.Slowest.Round(time.Millisecond), o.Fullest)
}

// Err says which promises were broken.
func (o Outcome) Err() error {
	broken := func(is bool, what string) error {
		if is {
			return errors.New("drain: " + what)
		}
		return nil
	}
	return errors.Join(o.Error,
		broken(o.Emits == 0 || o.Down == 0 || o.Calls == 0, "nothing was sent"),
		broken(o.Lost > 0, "an emit was acknowledged, and handled by no node"),
		broken(o.Twice > 0, "an emit was handled twice"),
		broken(o.Unreported > 0, "an emit failed, and was not reported"),
		broken(o.Jumbled > 0, "messages are out of order"),
		broken(o.DownLost != 0, "messages to clients were lost silently"),
		broken(o.OddTopics > 0, "a topic did not have one gap"),
		broken(o.Stayed > 0, "a client did not move once"),
		broken(o.Without > time.Second, "a client was without a session for more than 1 s"),
	)
}
