package badinput_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	"github.com/quic-go/webtransport-go"

	"github.com/weft-realtime/weft/transport/frame"
)

// stream is a session of WebTransport with its one stream. What is particular to it is in the tests of its package.
type stream struct {
	session *webtransport.Session
	*webtransport.Stream
	rest []byte // read, and not yet a whole frame
}

func dialStream(t *testing.T, s *server) *stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	d := webtransport.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{http3.NextProtoH3}},
		QUICConfig:      &quic.Config{EnableDatagrams: true, EnableStreamResetPartialDelivery: true},
	}
	_, session, err := d.Dial(ctx, "https"+strings.TrimPrefix(s.mount, "http")+"/wt", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.CloseWithError(0, "") })
	st, err := session.OpenStream()
	if err != nil {
		t.Fatal(err)
	}
	_ = st.SetDeadline(time.Now().Add(patience))
	return &stream{session: session, Stream: st}
}

func (s *stream) write(batch []byte) { _, _ = s.Write(batch) }

func (s *stream) read() (batch []byte, closed int, err error) {
	for {
		n, err := frame.Whole(s.rest, frame.DefaultMaxFrame)
		if n > 0 || err != nil {
			batch, s.rest = s.rest[:n:n], s.rest[n:]
			return batch, 0, err
		}
		p := make([]byte, 64<<10)
		n, err = s.Read(p)
		if s.rest = append(s.rest, p[:n]...); n > 0 {
			continue
		}
		_ = s.session.CloseWithError(0, "") // as a client does behind the stream's end
		if errors.Is(err, io.EOF) {
			return nil, 0, nil
		}
		return nil, 0, err
	}
}
