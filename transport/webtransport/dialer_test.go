package webtransport_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"testing"

	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/longpoll"
	"github.com/weft-realtime/weft/transport/webtransport"
)

// hold is a gate that lets a request wait.
type hold struct {
	transport.Gate
	inside  chan<- struct{}
	release <-chan struct{}
}

func (h hold) Admit(r *http.Request) (transport.Opener, error) {
	close(h.inside)
	<-h.release
	return h.Gate.Admit(r)
}

type holding struct {
	*webtransport.Transport
	inside, release chan struct{}
}

func (h holding) Serve(w http.ResponseWriter, r *http.Request, g transport.Gate) {
	h.Transport.Serve(w, r, hold{g, h.inside, h.release})
}

// A dial ends with its context, also while the server has not answered.
func TestDialEndsWithContext(t *testing.T) {
	wt := webtransport.New()
	h := holding{wt, make(chan struct{}), make(chan struct{})}
	server, trusting := certified(t)
	rt := router.New(router.Config{Transports: []transport.Transport{h, longpoll.New(longpoll.Config{})}, Session: quiet})
	s := listen(t, wt, rt, server)
	ctx, cancel := context.WithCancel(t.Context())
	dialled := make(chan error, 1)
	go func() {
		d := webtransport.Dialer{TLS: trusting}
		_, err := d.Dial(ctx, transport.Target{Mount: mountOf(s)})
		dialled <- err
	}()
	receive(t, h.inside)
	cancel()
	if err := receive(t, dialled); !errors.Is(err, context.Canceled) {
		t.Errorf("dialled: %v", err)
	}
	close(h.release)
}

// A dial that the server refuses says why. PROTOCOL 11.9, 12.1
func TestDialRefused(t *testing.T) {
	wt, rt := both()
	server, trusting := certified(t)
	s := listen(t, wt, rt, server)
	d := webtransport.Dialer{TLS: trusting}
	_, err := d.Dial(t.Context(), transport.Target{
		Mount: mountOf(s), Header: http.Header{"Origin": {"https://elsewhere.example"}},
	})
	if e, ok := errors.AsType[*transport.Error](err); !ok || e.Code != frame.Forbidden || e.Reason == "" {
		t.Errorf("dialled: %v", err)
	}
}

// What answers and is not weft is an error that says what it answered.
func TestDialElsewhere(t *testing.T) {
	server, trusting := certified(t)
	s := listen(t, webtransport.New(), http.NotFoundHandler(), server)
	d := webtransport.Dialer{TLS: trusting}
	_, err := d.Dial(t.Context(), transport.Target{Mount: mountOf(s)})
	if err == nil || err.Error() != "webtransport: the server answered 404 Not Found" {
		t.Errorf("dialled: %v", err)
	}
}

func mountOf(s *webtransport.Server) *url.URL {
	return &url.URL{Scheme: "https", Host: s.Address().String(), Path: "/rt"}
}
