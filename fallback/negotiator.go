// Package fallback finds the way between a client and its session: at the server the Negotiator, which knows the URLs,
// the offer and who may come in; at the client the Plan, which chooses among transports.
package fallback

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// Config configures a Negotiator.
type Config struct {
	// Transports are what clients are offered, best first.
	Transports []transport.Transport
	// Origins are the origins that may connect beside the mount's own host: scheme, host and port, exactly, like
	// "https://app.example.com".
	Origins []string
	// Identify finds out whom a request that opens or attaches comes from. It runs on the request's goroutine and must
	// not keep the request. presented says that the request carried credentials; at an ATTACH they must name the subject
	// that opened the session. An error refuses the request: with its code if it is a *session.Error, else with 4403.
	// nil: everybody is anonymous.
	Identify func(r *http.Request) (id session.Identity, presented bool, err error)
	// Choose says which of the server's kinds the client of a request is offered, best first: an order, a ban, or one
	// kind alone. It gets them in the order of Transports, in a slice that it may keep and change; what else it returns
	// is ignored. It runs on the request's goroutine and must not keep the request. Long polling carries what comes before
	// the offer, so it is always served. nil: all of them.
	Choose func(r *http.Request, kinds []transport.Kind) []transport.Kind
	// NetworkKey keys the hash by which READY names the client's network (PROTOCOL 8.12). Nodes that serve the same
	// clients must have the same one, and keep it when they are started again, or clients take that for another network.
	// Default: a key that every server has. Then a script in the page can find out the first 24 bits of the client's
	// IPv4 address; with a secret of the application's own it cannot.
	NetworkKey []byte
}

// Negotiator serves the doors of a mount. It is an http.Handler, safe for concurrent use. Its routes are matched by
// suffix, because routers that mount a handler do not strip the prefix.
type Negotiator struct {
	cfg      Config
	registry *session.Registry
	doors    map[string]transport.Transport
	origins  map[string]bool
	kinds    []transport.Kind // of Transports
	offers   map[transport.Kind]transport.Offer
	says     map[transport.Kind]transport.Describer // those that say more
	offer    string                                 // of all kinds; empty: it changes

	serving sync.RWMutex // held for reading where a transport may start a goroutine
	over    bool         // Wait was called: nobody is admitted any more
}

// New returns a Negotiator in front of a registry. It panics when there is a transport whose clients POST, and none that
// serves the door for that.
func New(cfg Config, r *session.Registry) *Negotiator {
	n := &Negotiator{
		cfg: cfg, registry: r, doors: map[string]transport.Transport{}, origins: map[string]bool{},
		offers: map[transport.Kind]transport.Offer{}, says: map[transport.Kind]transport.Describer{},
	}
	for _, t := range cfg.Transports {
		n.kinds = append(n.kinds, t.Kind())
		n.offers[t.Kind()] = transport.Offer{Kind: t.Kind().String(), URL: t.Path()}
		if d, ok := t.(transport.Describer); ok {
			n.says[t.Kind()] = d
		}
		for _, d := range t.Doors() {
			n.doors[d] = t
		}
	}
	for _, k := range n.kinds {
		if k.Posts() && n.doors["send"] == nil {
			panic("weft: " + k.String() + " needs long polling, whose door its clients POST to")
		}
	}
	for _, o := range cfg.Origins {
		n.origins[strings.ToLower(o)] = true
	}
	if n.cfg.NetworkKey == nil {
		n.cfg.NetworkKey = []byte("weft")
	}
	if len(n.says) == 0 {
		n.offer = n.describe(nil, n.kinds)
	}
	return n
}

// describe is the offer to the client of a request, as READY says it.
func (n *Negotiator) describe(r *http.Request, kinds []transport.Kind) string {
	offers := make([]transport.Offer, 0, len(kinds))
	for _, k := range kinds {
		o := n.offers[k]
		if d := n.says[k]; d == nil || d.Describe(r, &o) {
			offers = append(offers, o)
		}
	}
	text, _ := json.Marshal(offers) // strings only: cannot fail
	return string(text)
}

// choose returns the kinds that a request's client is offered, best first.
func (n *Negotiator) choose(r *http.Request) []transport.Kind {
	if n.cfg.Choose == nil {
		return n.kinds
	}
	var kinds []transport.Kind
	for _, k := range n.cfg.Choose(r, slices.Clone(n.kinds)) {
		if slices.Contains(n.kinds, k) && !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// Wait returns when no transport has a goroutine any more. Nobody is admitted from now on. The registry must have been
// shut down.
func (n *Negotiator) Wait() {
	n.serving.Lock()
	n.over = true
	n.serving.Unlock()
	for _, t := range n.cfg.Transports {
		t.Wait()
	}
}

// ServeHTTP serves a door (PROTOCOL 11.1). What is no door is answered 404.
func (n *Negotiator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	door, sid := parse(r.URL.Path)
	t := n.doors[door]
	if t == nil || sid == nil && t.Kind().Posts() && door != "session" || sid != nil && door == "session" {
		http.NotFound(w, r)
		return
	}
	if n.cross(w, r) {
		return
	}
	g := &gate{n: n, sid: sid}
	if t.Kind() != transport.LongPoll { // which is the floor, and always there (PROTOCOL 8.11)
		if g.kinds = n.choose(r); !slices.Contains(g.kinds, t.Kind()) {
			_ = n.registry.Refuse(errNotHere) // a door that is not there says nothing
			http.NotFound(w, r)
			return
		}
	}
	if !t.Kind().Posts() { // every request of those ends with its handler, for which net/http waits
		n.serving.RLock()
		defer n.serving.RUnlock()
		g.over = n.over
	}
	t.Serve(w, r, g)
}

// parse takes the door from the end of a path: `.../door`, or `.../s/{sid}/door`. What stands in the place of a sid and
// is none is part of the mount.
func parse(path string) (door string, sid *frame.SID) {
	rest, door := cut(path)
	rest, id := cut(rest)
	if _, s := cut(rest); s != "s" {
		return door, nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(id)
	if err != nil || len(raw) != len(frame.SID{}) {
		return door, nil
	}
	return door, (*frame.SID)(raw)
}

// cut splits a path at its last slash.
func cut(path string) (rest, last string) {
	i := strings.LastIndexByte(path, '/')
	return path[:max(i, 0)], path[i+1:]
}
