package webtransport_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/weft-realtime/weft/transport/webtransport"
)

// A server that nobody came to ends as well, also when it has hardly begun: the race detector looks on.
func TestShutdownAtOnce(t *testing.T) {
	for range 100 {
		s := &webtransport.Server{Addr: "127.0.0.1:0", Handler: http.NotFoundHandler(), Transport: webtransport.New()}
		if err := s.Listen(); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		if err := s.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		cancel()
	}
}
