package webtransport_test

import (
	"context"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/webtransport"
)

// What a client has sent when it closes arrives. PROTOCOL 9.3, 11.16
func TestLastWordArrives(t *testing.T) {
	wt, rt := both()
	s := listen(t, wt, rt, nil)
	target := transport.Target{Mount: &url.URL{Scheme: "http", Host: s.Address().String(), Path: "/rt"}}
	wt.Describe(httptest.NewRequest("POST", "/", nil), &target.Offer)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	const n = 50
	for range n {
		link, err := new(webtransport.Dialer).Dial(ctx, target)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := link.Send(ctx, hello()); err != nil {
			t.Fatal(err)
		}
		link.Close(frame.Done, "")
	}
	for rt.Stats().Created < n && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	if got := rt.Stats().Created; got < n {
		t.Errorf("%d of %d arrived", got, n)
	}
}
