package fallback

import (
	"encoding/json"
	"slices"

	"github.com/weft-realtime/weft/transport"
)

// Memory is what a client has learnt of the networks it was in: a Plan begins with it, and gives it back. Its times are
// the Plan's.
type Memory struct {
	Networks []Network // the latest first; that is where the client begins
}

// Network is what is known of one network. Key is what the server calls it (PROTOCOL 8.12).
type Network struct {
	Key  string
	Good transport.Kind // the last that was READY there, polls left out; 0: none
	Till Time           // when Good is forgotten
	Bad  []Bad
	// How often in a row WebTransport came to nothing: a path for UDP that is closed stays closed for long, and each try
	// costs a browser more than one of another kind.
	Misses int
	// Where WebTransport was READY last, so that it can be dialled before it is offered; zero: nowhere.
	Place     transport.Offer
	PlaceTill Time // when that is forgotten
}

// Bad is a kind that came to nothing although another one worked.
type Bad struct {
	Kind transport.Kind
	Till Time // when that is forgotten
}

// How long things are remembered, in milliseconds, and of how many networks (PROTOCOL 14.8).
const (
	goodFor     = 24 * 3_600_000
	badFor      = 3_600_000
	maxNetworks = 8
	maxPlace    = 1_000 // characters of JSON
)

// latest is the current network; one without a name, when nobody has named it.
func (m *Memory) latest() *Network {
	if len(m.Networks) == 0 {
		m.enter("")
	}
	return &m.Networks[0]
}

// enter makes the network of a key the current one, and reports whether another one was.
func (m *Memory) enter(key string) (moved bool) {
	i := slices.IndexFunc(m.Networks, func(n Network) bool { return n.Key == key })
	if i == 0 {
		return false
	}
	n := Network{Key: key}
	moved = len(m.Networks) > 0
	if i > 0 {
		n = m.Networks[i]
		m.Networks = slices.Delete(m.Networks, i, i+1)
	}
	m.Networks = slices.Insert(m.Networks, 0, n)
	m.Networks = m.Networks[:min(len(m.Networks), maxNetworks)]
	return moved
}

// good is the kind that worked last in the current network, or 0.
func (m *Memory) good(now Time) transport.Kind {
	if len(m.Networks) == 0 || !lasts(now, m.Networks[0].Till, goodFor) {
		return 0
	}
	return m.Networks[0].Good
}

// bad reports whether a kind is remembered as one that does not work in the current network.
func (m *Memory) bad(now Time, kind transport.Kind) bool {
	return len(m.Networks) > 0 && slices.ContainsFunc(m.Networks[0].Bad, func(b Bad) bool {
		return b.Kind == kind && lasts(now, b.Till, goodFor)
	})
}

// lasts reports whether something counts that is remembered until a moment, for as long as d at most: a clock that was
// wrong may have noted it.
func lasts(now, till, d Time) bool { return now < till && till <= now+d }

// place is where WebTransport was READY in the current network, or zero.
func (m *Memory) place(now Time) transport.Offer {
	if len(m.Networks) == 0 || !lasts(now, m.Networks[0].PlaceTill, goodFor) {
		return transport.Offer{}
	}
	return m.Networks[0].Place
}

// confirm forgets where WebTransport was if it is not there any more.
func (m *Memory) confirm(place transport.Offer) {
	if n := m.latest(); !samePlace(n.Place, place) {
		n.Place = transport.Offer{}
	}
}

// samePlace reports whether two offers are dialled alike.
func samePlace(a, b transport.Offer) bool {
	return a.Kind == b.Kind && a.URL == b.URL && slices.Equal(a.Hashes, b.Hashes)
}

// works notes that a kind is READY; place is where WebTransport is.
func (m *Memory) works(now Time, kind transport.Kind, place transport.Offer) {
	n := m.latest()
	n.Bad = slices.DeleteFunc(n.Bad, func(b Bad) bool { return b.Kind == kind })
	n.Good, n.Till = kind, now+goodFor
	if kind == transport.WebTransport {
		n.Misses = 0
		place.Rotate = 0 // that is for READY to say
		if text, _ := json.Marshal(place); len(text) <= maxPlace {
			n.Place, n.PlaceTill = place, now+goodFor
		}
	}
}

// blame notes that a kind came to nothing: for an hour, and if it is WebTransport for twice as long each time, up to a
// day.
func (m *Memory) blame(now Time, kind transport.Kind) {
	d := Time(badFor)
	if kind == transport.WebTransport {
		n := m.latest()
		d = min(d<<min(n.Misses, 5), goodFor)
		n.Misses++
	}
	m.fails(now, kind, d)
}

// fails notes that a kind does not work, for as long as d.
func (m *Memory) fails(now Time, kind transport.Kind, d Time) {
	n := m.latest()
	n.Bad = append(slices.DeleteFunc(n.Bad, func(b Bad) bool { return b.Kind == kind }), Bad{kind, now + d})
}

// Elsewhere returns what of it is true of another mount: all but where WebTransport was. It shares nothing with m.
func (m Memory) Elsewhere() Memory {
	m.Networks = slices.Clone(m.Networks)
	for i := range m.Networks {
		n := &m.Networks[i]
		n.Bad, n.Place, n.PlaceTill = slices.Clone(n.Bad), transport.Offer{}, 0
	}
	return m
}
