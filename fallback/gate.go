package fallback

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// gate is what one request meets (transport.Gate).
type gate struct {
	n    *Negotiator
	sid  *frame.SID // from the path; nil: there is none
	over bool       // the server is shut down

	kinds []transport.Kind // what the client is offered; nil: not chosen yet
}

var (
	errOver      = &transport.Error{Code: frame.Draining, Reason: "server is shutting down"}
	errOrigin    = &transport.Error{Code: frame.Forbidden, Reason: "origin not allowed"}
	errForbidden = &transport.Error{Code: frame.Forbidden, Reason: "forbidden"}
	errNotHere   = &transport.Error{Code: frame.NotFound, Reason: "transport is not offered"}
	errUnknown   = &transport.Error{Code: frame.Unknown, Reason: "unknown session", Reset: true}
	errAtt       = &transport.Error{Code: frame.BadProtocol, Reason: "att is not a number"}
)

func (g *gate) Limits() transport.Limits { return g.n.registry.Limits() }

// Admit checks origin and identity (PROTOCOL 11.9, 8.10).
func (g *gate) Admit(r *http.Request) (transport.Opener, error) {
	if !g.n.allowed(r) {
		return nil, g.n.registry.Refuse(errOrigin)
	}
	if g.over {
		return nil, g.n.registry.Refuse(errOver)
	}
	grant := session.Grant{SID: g.sid, Extras: g.extras(r)}
	if g.n.cfg.Identify != nil {
		id, presented, err := g.n.cfg.Identify(r)
		if err != nil {
			return nil, g.n.registry.Refuse(refusal(err))
		}
		grant.Identity, grant.Presented = id, presented
	}
	return &opener{registry: g.n.registry, grant: grant}, nil
}

// extras are what READY says beside the session, ascending by name.
func (g *gate) extras(r *http.Request) []frame.Extra {
	if g.kinds == nil {
		g.kinds = g.n.choose(r)
	}
	offer := frame.Extra{Name: "offer", Value: g.n.offer}
	if g.n.cfg.Choose != nil || offer.Value == "" {
		offer.Value = g.n.describe(r, g.kinds)
	}
	network := networkOf(r.RemoteAddr, g.n.cfg.NetworkKey)
	if network == "" {
		return []frame.Extra{offer}
	}
	return []frame.Extra{{Name: "network", Value: network}, offer}
}

// refusal is what a client is told of an error of Identify.
func refusal(err error) error {
	if e, ok := errors.AsType[*session.Error](err); ok {
		return e.Refusal()
	}
	return errForbidden
}

type opener struct {
	registry *session.Registry
	grant    session.Grant
}

func (o *opener) Open(first []byte, c transport.Conn) (transport.Attachment, error) {
	return o.registry.Open(first, c, o.grant)
}

func (o *opener) Refuse(err error) error { return o.registry.Refuse(err) }

// Find returns the attachment of a POST. A token that is missing, malformed or wrong is the same as an unknown session
// (PROTOCOL 11.3).
func (g *gate) Find(r *http.Request) (transport.Attachment, error) {
	if !g.n.allowed(r) {
		return nil, g.n.registry.Refuse(errOrigin)
	}
	token, ok := bearer(r)
	if !ok || g.sid == nil {
		return nil, g.n.registry.Refuse(errUnknown)
	}
	att, err := strconv.ParseUint(r.URL.Query().Get("att"), 10, 53)
	if err != nil {
		return nil, g.n.registry.Refuse(errAtt)
	}
	return g.n.registry.Find(*g.sid, token, att)
}

func bearer(r *http.Request) (token frame.Token, ok bool) {
	text, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return token, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != len(token) {
		return token, false
	}
	return frame.Token(raw), true
}

// allowed checks the Origin header: it must be the host that was asked, or on the list. A request without one does not
// come from a page. `null` and everything that does not parse is refused.
func (n *Negotiator) allowed(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return true
	}
	o := strings.ToLower(origins[0])
	if len(origins) > 1 {
		return false
	}
	return n.origins[o] || sameHost(r, o)
}

var schemePorts = map[string]string{"http": ":80", "https": ":443"}

// sameHost reports whether an origin is the host that was asked.
func sameHost(r *http.Request, o string) bool {
	u, err := url.Parse(o)
	if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != o {
		return false
	}
	host := strings.ToLower(r.Host)
	if u.Host != host && u.Host+schemePorts[u.Scheme] != host { // browsers leave that port out, and proxies may add it
		return false
	}
	// Behind a proxy that ends TLS the request is plain though the page is not; the other way round only on the machine
	// itself, where a server under development has TLS for WebTransport alone.
	return u.Scheme == "https" || u.Scheme == "http" && (r.TLS == nil || loopback(u.Hostname()))
}

// loopback reports whether a host is this machine, seen from itself.
func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}
