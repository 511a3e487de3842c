package longpoll

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/internal/post"
)

// request is one POST to come.
type request struct {
	door  string
	query string
	body  []byte
	as    transport.Position // the session's id and token; zero when there is none yet
}

// do makes the request and reads the answer into b. A batch with an error status is an answer; an answer that is not
// weft's, say a proxy's, is an error. Nothing to say is a nil batch.
func (l *link) do(ctx context.Context, r request, b *post.Buffer) ([]byte, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.ctx, cancel)()
	req, err := l.build(ctx, r)
	if err != nil {
		return nil, err
	}
	b.Reset()
	resp, err := l.client.Do(req)
	if err != nil {
		return nil, l.cause(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNoContent {
		return nil, nil
	}
	if resp.Header.Get("Content-Type") != transport.MIME {
		return nil, fmt.Errorf("longpoll: the server answered %s", resp.Status)
	}
	if err := b.Fill(resp.Body, l.maxBatch); err != nil {
		return nil, l.cause(err)
	}
	return b.B, nil
}

// cause is errClosed when the link was closed, whatever that looked like.
func (l *link) cause(err error) error {
	if l.ctx.Err() != nil {
		return errClosed
	}
	return err
}

func (l *link) build(ctx context.Context, r request) (*http.Request, error) {
	u := l.target.Mount.JoinPath("session")
	if r.door != "session" {
		u = l.target.Mount.JoinPath("s", base64.RawURLEncoding.EncodeToString(r.as.SID[:]), r.door)
	}
	u.RawQuery = r.query
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	maps.Copy(req.Header, l.target.Header)
	if len(r.body) > 0 {
		req.Header.Set("Content-Type", transport.MIME)
	}
	if r.door != "session" {
		req.Header.Set("Authorization", "Bearer "+base64.RawURLEncoding.EncodeToString(r.as.Token[:]))
	}
	return req, nil
}
