package fallback

// lane is one kind of transport, as far as it is not the current attachment.
type lane struct {
	stage   stage
	until   Time // dialling: the deadline
	next    Time // when it is tried, while a worse one is current; 0: not planned
	climbs  int  // how often it came to nothing since it worked last
	proven  bool // it was READY in this network, and came to nothing only since nobody could be reached
	again   bool // the network changed while it was dialled: what becomes of that says nothing of the new one
	failed  bool // it came to nothing since the last READY: that of another one makes it its own fault
	deaths  int  // in a row, of young attachments
	demoted bool // for dying young, and it has not lived since
}

type stage uint8

const (
	idle    stage = iota
	dialing       // answered by Opened or Failed
	open          // waits for its turn to attach, or attaches
)

// maxDeaths is how often in a row an attachment dies young before another kind is tried: two restarts of a server within
// a minute are no reason to leave a transport, while something that kills it again and again is.
const maxDeaths = 3

func (l *lane) busy() bool { return l.stage != idle }

// shunned: another kind is to show whether it lives where this one dies.
func (l *lane) shunned() bool { return l.deaths >= maxDeaths }

// reset forgets what was learnt in another network, but not what dies: polls may go by another address than WebSockets,
// and the network is then called otherwise whenever the kind changes.
func (l *lane) reset() { *l = lane{stage: l.stage, until: l.until, again: l.again, deaths: l.deaths} }
