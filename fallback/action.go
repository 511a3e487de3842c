package fallback

import "github.com/weft-realtime/weft/transport"

// Act says what a client is to do next, or what the plan has decided.
type Act uint8

const (
	Create Act = iota + 1 // POST HELLO; answer with Ready or Failed
	Dial                  // open a connection; answer with Opened or Failed
	Attach                // ATTACH on what was opened, or by a poll; answer with Ready or Failed
	Poll                  // the current attachment is by polls, and they go on from now
	Drop                  // give up a connection that was dialled, opened or is attaching

	// Nothing is to be done for these. They are there to be read.
	Blame   // the kind came to nothing although another works: it is remembered as bad
	Avoid   // its attachments die young: another kind is tried
	Absolve // the other kind dies as well, or nothing can be reached: it was not this one's fault
	Demote  // the other kind lives: this one is left alone for a while
	Forget  // the network is another one than remembered
	Rotate  // the connection has carried as much as it may: another one of its kind is to take over
)

// String is the name of the act in logs.
func (a Act) String() string { return actNames[a] }

var actNames = [...]string{
	Create: "create", Dial: "dial", Attach: "attach", Poll: "poll", Drop: "drop",
	Blame: "blame", Avoid: "avoid", Absolve: "absolve", Demote: "demote", Forget: "forget", Rotate: "rotate",
}

// Action is one thing to do, or decided, with one kind of transport.
type Action struct {
	Act  Act
	Kind transport.Kind
}
