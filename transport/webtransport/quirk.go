package webtransport

import "strings"

// Quirk is what a family of browsers needs.
type Quirk struct {
	// Agent is part of what they all say in User-Agent; "" matches everybody who says anything there. None of Except is.
	Agent  string
	Except []string
	// Rotate is how many bytes, both ways together, a connection of theirs may carry. Then the client dials another one and
	// moves to it, which the application does not notice (PROTOCOL 14.10); 0: a connection may carry any number.
	Rotate int64
}

// webKitRotation leaves a wide margin to the 16 MiB after which WebKit grants no more credit: for what is on its way, and
// for a dial that has to be made again.
const webKitRotation = 6 << 20

// KnownQuirks returns what is known of browsers, for Transport.Quirks. Today that is WebKit: Safari, and every browser on
// iOS. Those made from Chromium claim to be WebKit, too, but are not.
func KnownQuirks() []Quirk {
	return []Quirk{{Agent: "AppleWebKit/", Except: []string{"Chrome/", "Chromium/"}, Rotate: webKitRotation}}
}

func (q *Quirk) matches(agent string) bool {
	if agent == "" || !strings.Contains(agent, q.Agent) {
		return false
	}
	for _, other := range q.Except {
		if strings.Contains(agent, other) {
			return false
		}
	}
	return true
}

// rotation is the Rotate of the first quirk that matches a User-Agent, or 0.
func rotation(quirks []Quirk, agent string) int64 {
	for i := range quirks {
		if quirks[i].matches(agent) {
			return quirks[i].Rotate
		}
	}
	return 0
}
