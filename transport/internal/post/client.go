package post

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// ErrClosed is what requests of a Client end with that was closed.
var ErrClosed = errors.New("weft: link closed")

// Client makes the requests of one link. It is safe for concurrent use.
type Client struct {
	Target   transport.Target
	MaxBatch int // bytes of an answer

	http      http.Client
	closeIdle func()          // nil if the http.Client is somebody else's
	ctx       context.Context // ends with Close, and every request with it
	cancel    context.CancelFunc
}

// NewClient returns a Client that uses c, or connections of its own if c is nil. maxBatch 0 is 4 MiB.
func NewClient(t transport.Target, c *http.Client, maxBatch int) *Client {
	l := &Client{Target: t, MaxBatch: maxBatch}
	if l.MaxBatch <= 0 {
		l.MaxBatch = 4 * frame.DefaultMaxFrame
	}
	if c == nil {
		l.http.Transport = ownTransport()
		l.closeIdle = l.http.CloseIdleConnections
	} else {
		l.http = *c
	}
	l.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	l.ctx, l.cancel = context.WithCancel(context.Background())
	return l
}

// ownTransport holds the two connections that a link uses: what brings frames down, and a POST beside it.
func ownTransport() *http.Transport {
	dialer := net.Dialer{Timeout: 10 * time.Second}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConnsPerHost: 2,
		IdleConnTimeout:     90 * time.Second,
		DisableCompression:  true, // answers say no-transform
	}
}

// Request is one POST to come.
type Request struct {
	Door  string
	Query string
	Body  []byte
	As    transport.Position // the session's id and token; not for the door `session`
}

// attached reports whether it belongs to an attachment that there is.
func (r Request) attached() bool { return strings.HasPrefix(r.Query, "att=") }

// Send is the request that brings frames of an attachment (PROTOCOL 11.6).
func (c *Client) Send(att uint64, batch []byte) Request {
	return Request{Door: "send", Query: "att=" + strconv.FormatUint(att, 10), Body: batch, As: c.Target.Position()}
}

// Do makes a request and reads the answer into b. A batch with an error status is an answer; an answer that is not
// weft's, say a proxy's, is an error, and so is an empty one that is not 204: something lost it (PROTOCOL 11.17). Nothing
// to say is a nil batch.
func (c *Client) Do(ctx context.Context, r Request, b *Buffer) ([]byte, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.ctx, cancel)()
	b.Reset()
	resp, err := c.ask(ctx, r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNoContent {
		return nil, nil
	}
	if resp.Header.Get("Content-Type") != transport.MIME {
		return nil, foreign(resp)
	}
	if err := b.Fill(resp.Body, c.MaxBatch); err != nil {
		return nil, c.cause(err)
	}
	if len(b.B) == 0 {
		return nil, fmt.Errorf("weft: the server answered %s, and nothing", resp.Status)
	}
	return b.B, nil
}

// Open makes a request whose answer is an event stream, which lives until Close. ctx ends only the wait for its
// beginning. A refusal that says why is a *transport.Error.
func (c *Client) Open(ctx context.Context, r Request) (*http.Response, error) {
	living, cancel := context.WithCancel(c.ctx)
	stop := context.AfterFunc(ctx, cancel)
	resp, err := c.ask(living, r)
	if err == nil {
		err = c.refusal(resp)
	}
	if !stop() {
		err = ctx.Err()
	}
	if err == nil {
		return resp, nil
	}
	cancel()
	if resp != nil {
		_ = resp.Body.Close()
	}
	return nil, err
}

// refusal is the error that an answer is which is no event stream, or nil.
func (c *Client) refusal(resp *http.Response) error {
	switch resp.Header.Get("Content-Type") {
	case transport.MIME:
		var b Buffer
		if err := b.Fill(resp.Body, c.MaxBatch); err != nil {
			return err
		}
		if err := AsRefusal(b.B); err != nil {
			return err
		}
	case streamType[0]:
		if resp.StatusCode == http.StatusOK {
			return nil
		}
	}
	return foreign(resp)
}

// Foreign is an answer that is not weft's, say a proxy's.
type Foreign struct {
	Code   int
	Status string
}

func (e *Foreign) Error() string { return "weft: the server answered " + e.Status }

func foreign(resp *http.Response) error { return &Foreign{resp.StatusCode, resp.Status} }

// AsRefusal is the error that a batch says its sender was refused with, or nil.
func AsRefusal(batch []byte) error {
	var d frame.Decoder
	var f frame.Frame
	d.Reset(frame.Binary, batch, frame.MaxFirstFrame)
	if ok, _ := d.Next(&f); ok && (f.Type == frame.Close || f.Type == frame.Reset) {
		return &transport.Error{Code: f.Code, Reason: f.Text, Reset: f.Type == frame.Reset, Consumed: f.Consumed}
	}
	return nil
}

// cause is ErrClosed when the link was closed, whatever that looked like.
func (c *Client) cause(err error) error {
	if c.ctx.Err() != nil {
		return ErrClosed
	}
	return err
}

func (c *Client) ask(ctx context.Context, r Request) (*http.Response, error) {
	u := c.Target.Mount.JoinPath("session")
	if r.Door != "session" {
		u = c.Target.Mount.JoinPath("s", base64.RawURLEncoding.EncodeToString(r.As.SID[:]), r.Door)
	}
	u.RawQuery = r.Query
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	maps.Copy(req.Header, c.Target.Header)
	if len(r.Body) > 0 {
		req.Header.Set("Content-Type", transport.MIME)
	}
	// What attaches has the token in its frame, and is asked who it is.
	if r.Door != "session" && (r.attached() || req.Header.Get("Authorization") == "") {
		req.Header.Set("Authorization", "Bearer "+base64.RawURLEncoding.EncodeToString(r.As.Token[:]))
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.cause(err)
	}
	return resp, nil
}

// Pause waits for d, or for the end of ctx or of the link.
func (c *Client) Pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-c.ctx.Done():
		return ErrClosed
	}
}

// Close ends the link's requests. The server is not told.
func (c *Client) Close() {
	c.cancel()
	if c.closeIdle != nil {
		c.closeIdle()
	}
}
