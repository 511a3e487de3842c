package webtransport

import (
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// A port that is not served any more is told at once, the other one is served on, and Shutdown says why.
func TestServingEnds(t *testing.T) {
	for name, c := range map[string]struct {
		cut  func(*Server) io.Closer
		left bool // TCP is
	}{
		"TCP": {func(s *Server) io.Closer { return s.tcp }, false},
		"UDP": {func(s *Server) io.Closer { return s.udp[0] }, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := &Server{Addr: "127.0.0.1:0", Handler: http.NotFoundHandler(), Transport: New()}
			if err := s.Listen(); err != nil {
				t.Fatal(err)
			}
			select {
			case <-s.Done():
				t.Fatal("done, and nothing has happened")
			default:
			}
			c.cut(s).Close()
			select {
			case <-s.Done():
			case <-time.After(30 * time.Second):
				t.Error("nobody is told")
			}
			if c.left {
				resp, err := http.Get("http://" + s.Address().String())
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				http.DefaultClient.CloseIdleConnections()
			}
			if err := s.Shutdown(t.Context()); !errors.Is(err, net.ErrClosed) {
				t.Errorf("Shutdown: %v", err)
			}
		})
	}
}
