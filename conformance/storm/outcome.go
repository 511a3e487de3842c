package storm

import (
	"errors"
	"fmt"
	"time"

	"github.com/weft-realtime/weft/client"
)

// What is promised.
const (
	deadline = 5 * time.Second
	crest    = 3.0 // times the mean
)

// The jitters of PROTOCOL 14.3: of who has lost a connection, and of who has lost a session.
const (
	ofConnection = 250 * time.Millisecond
	ofSession    = 500 * time.Millisecond
	bin          = 50 * time.Millisecond
)

// Outcome is how the clients came back.
type Outcome struct {
	What            string
	Clients         int
	Back            int // have a connection again
	OnWebSocket     int // and this is their transport
	Slowest, Median time.Duration

	// Worst is the most clients that arrived within 50 ms, wherever these begin, by the mean over the jitter. After a cut
	// these are the connections that the server accepted, and the jitter is 250 ms; after a restart those that opened a
	// new session, and the jitter is 500 ms.
	Worst float64
	// Haste is the same for how long each client has waited, between the loss and its attempt to come back: of its
	// connection, and after a restart also of its session, whichever is worse. A machine that is too slow for the storm
	// spreads what arrives, but not this.
	Haste float64

	Blamed   int               // decisions that hold a transport to be bad: blame, avoid, demote
	Log      []client.Decision // of a client that made one
	Lost     int               // sessions
	Accepted int               // connections that the server accepted
	CPU      time.Duration     // of the server, by client; 0 where the system does not say
	Lag      time.Duration     // the longest that something due in the clients' process waited: what is due then comes at once
}

func (o Outcome) String() string {
	return fmt.Sprintf("storm %-7s  clients %d  back %d  slowest %d ms  p50 %d ms  worst bin %.2f x mean  "+
		"worst wait %.2f x mean  on WebSocket %d  blamed %d  sessions lost %d  connections %d  server CPU %.3f ms a client  lag %d ms",
		o.What, o.Clients, o.Back, o.Slowest.Milliseconds(), o.Median.Milliseconds(), o.Worst, o.Haste,
		o.OnWebSocket, o.Blamed, o.Lost, o.Accepted, o.CPU.Seconds()*1000, o.Lag.Milliseconds())
}

// Err says which promises are broken.
func (o Outcome) Err() error {
	var errs []error
	broken := func(is bool, format string, args ...any) {
		if is {
			errs = append(errs, fmt.Errorf("%s: "+format, append([]any{o.What}, args...)...))
		}
	}
	broken(o.Back < o.Clients, "%d clients are not back", o.Clients-o.Back)
	broken(o.Slowest > deadline, "the slowest was back after %v, not %v", o.Slowest, deadline)
	broken(o.Worst > crest, "%.2f times the mean arrived within %v, not %v times", o.Worst, bin, crest)
	broken(o.Haste > crest, "%.2f times the mean waited equally long within %v, not %v times", o.Haste, bin, crest)
	broken(o.OnWebSocket < o.Clients, "%d clients are not on WebSocket", o.Clients-o.OnWebSocket)
	broken(o.Blamed > 0, "a transport was blamed %d times for what was nobody's fault", o.Blamed)
	broken(o.What == "cut" && o.Lost > 0, "%d sessions were lost", o.Lost)
	broken(o.What == "restart" && o.Lost != o.Clients, "%d sessions were lost, not each once", o.Lost)
	return errors.Join(errs...)
}
