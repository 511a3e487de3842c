package webtransport

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	"github.com/quic-go/webtransport-go"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/internal/post"
)

// Dialer opens WebTransport links, each on a QUIC connection of its own. The zero value works. It is safe for concurrent
// use and must not be changed after the first Dial.
type Dialer struct {
	// TLS is used unless the server's offer names its certificates by their hashes; default the system's.
	TLS *tls.Config
	// MaxFrame is the longest body of a frame in bytes that Receive takes; default 4 MiB.
	MaxFrame int
}

// Kind implements transport.Dialer.
func (d *Dialer) Kind() transport.Kind { return transport.WebTransport }

// Dial implements transport.Dialer. It needs the mount to be https, or the offer of a server under development. What the
// server refuses with a code is a *transport.Error.
func (d *Dialer) Dial(ctx context.Context, t transport.Target) (transport.Link, error) {
	u := t.Mount.JoinPath("wt")
	if u.Scheme == "http" && len(t.Offer.Hashes) == 0 {
		return nil, errPlain
	}
	u.Scheme = "https"
	config, err := d.tls(t.Offer)
	if err != nil {
		return nil, err
	}
	if config.ServerName == "" {
		config.ServerName = u.Hostname()
	}
	addr, err := address(ctx, u)
	if err != nil {
		return nil, err
	}
	q, err := quic.DialAddrEarly(ctx, addr, config, quicConfig())
	if err != nil {
		return nil, err
	}
	end := func() { _ = q.CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeNoError), "") }
	cut := context.AfterFunc(ctx, end) // not everything that open waits for heeds ctx
	c, err := d.open(ctx, q, u, t.Header)
	if !cut() {
		err = ctx.Err()
	}
	if err != nil {
		end()
		return nil, err
	}
	context.AfterFunc(c.session.Context(), end)
	return &link{c}, nil
}

// open opens a session with its stream on a connection.
func (d *Dialer) open(ctx context.Context, q *quic.Conn, u *url.URL, h http.Header) (*conn, error) {
	t := &webtransport.Transport{
		Config: &webtransport.Config{MaxIncomingStreams: -1, MaxIncomingUniStreams: -1, MaxIncomingData: 1 << 60},
	}
	client, err := t.NewClientConn(q)
	if err != nil {
		return nil, err
	}
	resp, session, err := client.Dial(ctx, u.String(), h)
	if err != nil {
		return nil, dialError(resp, err)
	}
	stream, err := session.OpenStreamSync(ctx)
	if err != nil {
		return nil, err
	}
	limit := d.MaxFrame
	if limit <= 0 {
		limit = 4 * frame.DefaultMaxFrame
	}
	return &conn{session: session, stream: stream, limit: limit}, nil
}

// address is where a mount is: quic-go needs a port, and looks names up without the context.
func address(ctx context.Context, u *url.URL) (string, error) {
	port := u.Port()
	if port == "" {
		port = "443"
	}
	all, err := net.DefaultResolver.LookupNetIP(ctx, "ip", u.Hostname())
	if err != nil {
		return "", err
	}
	ip := all[0]
	if i := slices.IndexFunc(all, func(a netip.Addr) bool { return a.Unmap().Is4() }); i >= 0 {
		ip = all[i]
	}
	return net.JoinHostPort(ip.Unmap().String(), port), nil
}

// dialError finds the refusal in an answer that opens no session.
func dialError(resp *http.Response, err error) error {
	if resp == nil || resp.StatusCode == http.StatusOK {
		return err
	}
	if resp.Header.Get("Content-Type") == transport.MIME {
		batch, _ := io.ReadAll(io.LimitReader(resp.Body, frame.MaxFirstFrame))
		if refused := post.AsRefusal(batch); refused != nil {
			return refused
		}
	}
	return fmt.Errorf("webtransport: the server answered %s", resp.Status)
}

var (
	errPlain = errors.New("webtransport: the mount is not https, and no certificate is offered")
	errHash  = errors.New("webtransport: the server's certificate is not one of those that were offered")
)

// tls is the configuration for an offer: a certificate that is named by its hash needs no authority, as in browsers.
func (d *Dialer) tls(o transport.Offer) (*tls.Config, error) {
	config := &tls.Config{}
	if d.TLS != nil {
		config = d.TLS.Clone()
	}
	config.MinVersion, config.NextProtos = tls.VersionTLS13, []string{http3.NextProtoH3}
	if len(o.Hashes) == 0 {
		return config, nil
	}
	var known [][]byte
	for _, text := range o.Hashes {
		hash, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("webtransport: the offer's hash: %w", err)
		}
		known = append(known, hash)
	}
	config.InsecureSkipVerify = true // of the authorities: what follows is stricter
	config.VerifyConnection = func(s tls.ConnectionState) error { return verify(s.PeerCertificates[0], known) }
	return config, nil
}

// verify checks what browsers check of a certificate that they know by its hash, but for what it is made of.
func verify(leaf *x509.Certificate, known [][]byte) error {
	hash := sha256.Sum256(leaf.Raw)
	now := time.Now()
	switch {
	case !slices.ContainsFunc(known, func(k []byte) bool { return slices.Equal(k, hash[:]) }):
		return errHash
	case now.Before(leaf.NotBefore) || now.After(leaf.NotAfter):
		return fmt.Errorf("webtransport: the server's certificate is valid from %v to %v", leaf.NotBefore, leaf.NotAfter)
	}
	return nil
}

// quicConfig is that of both ends. The session's heartbeat keeps the connection alive, and where an application has made
// that slow, QUIC's own does.
func quicConfig() *quic.Config {
	return &quic.Config{
		EnableDatagrams: true, EnableStreamResetPartialDelivery: true,
		HandshakeIdleTimeout: 5 * time.Second, MaxIdleTimeout: 60 * time.Second, KeepAlivePeriod: 20 * time.Second,
		MaxIncomingStreams: 16, MaxIncomingUniStreams: 16,
		InitialStreamReceiveWindow: 64 << 10, MaxStreamReceiveWindow: 4 << 20,
		InitialConnectionReceiveWindow: 128 << 10, MaxConnectionReceiveWindow: 8 << 20,
	}
}
