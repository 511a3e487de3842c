package client

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// Decision is an entry in the log of how a Client finds its transport: what happened to a connection, and what was done
// and decided about it.
type Decision struct {
	Time time.Time
	// What happened: opened, ready, failed, died, suspect, left (the server knows of the next one already), move (the
	// server asks for the next session to be opened elsewhere). What is done: create, dial, attach, poll, drop. What is
	// decided: blame (it came to nothing although another transport works), avoid (its connections die young), absolve (so
	// do the others), demote (the others do not), forget (the network is another one), rotate (the connection has carried
	// as much as it may, and another of its kind is to take over).
	What      string
	Transport transport.Kind // 0 where it is about none
	Reason    string         // of what failed or died
}

// maxDecisions is how many of them are kept.
const maxDecisions = 64

// Decisions are the latest entries of the log, the oldest first, at most 64. They go to the logger, too, at level debug.
func (c *Client) Decisions() []Decision {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.decisions)
}

// note adds to the log. c.mu is held.
func (c *Client) note(what string, kind transport.Kind, err error) {
	d := Decision{Time: time.Now(), What: what, Transport: kind}
	if err != nil {
		d.Reason = err.Error()
	}
	if len(c.decisions) == maxDecisions {
		c.decisions = slices.Delete(c.decisions, 0, 1)
	}
	c.decisions = append(c.decisions, d)
	c.cfg.Logger.Debug("weft: "+what, "transport", kind, "reason", d.Reason)
}

// welcome tells the plan what READY says of the server and the network (PROTOCOL 8.9, 8.12). c.mu is held.
func (s *session) welcome() {
	var offer []transport.Offer
	network := ""
	for _, x := range s.core.Session().Extras {
		switch x.Name {
		case "network":
			network = x.Value
		case "offer":
			offer = offers(x.Value)
			known := map[transport.Kind]transport.Offer{}
			for _, o := range offer {
				k := transport.ParseKind(o.Kind)
				if o.Rotate <= 0 { // not every request shows what its client is
					o.Rotate = s.offers[k].Rotate
				}
				known[k] = o
			}
			s.offers = known
		}
	}
	s.act(s.plan.Welcome(offer, network, nil))
}

// offers reads an offer as far as its kinds are known; nil when it cannot be read.
func offers(text string) (all []transport.Offer) {
	if json.Unmarshal([]byte(text), &all) != nil {
		return nil
	}
	return slices.DeleteFunc(all, func(o transport.Offer) bool { return transport.ParseKind(o.Kind) == 0 })
}

// dropOpened gives up what is dialled, or open and not attached. c.mu is held.
func (s *session) dropOpened(code frame.Code, reason string) {
	for _, l := range s.opened {
		l.drop(code, reason)
	}
	clear(s.opened)
}
