package longpoll_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/longpoll"
)

// still is a gate that answers at once and remembers nothing.
type still struct{ transport.Attachment }

func (still) Limits() transport.Limits                           { return defaults }
func (still) Admit(*http.Request) (transport.Opener, error)      { return nil, nil }
func (s still) Find(*http.Request) (transport.Attachment, error) { return s, nil }
func (still) Deliver([]byte, bool) error                         { return nil }
func (still) Handled(context.Context) transport.Progress         { return transport.Progress{} }

func (still) Pull(_ context.Context, _, _, _ uint64, buf []byte) ([]byte, error) {
	return append(buf, "batch"...), nil
}

// BenchmarkServe measures the handler alone: net/http's and the network's share are not counted.
func BenchmarkServe(b *testing.B) {
	for name, path := range map[string]string{"send": "/s/x/send?att=3", "poll": "/s/x/poll" + query} {
		b.Run(name, func(b *testing.B) {
			tr := longpoll.New(longpoll.Config{})
			body := strings.NewReader(strings.Repeat("x", 128))
			r := httptest.NewRequest(http.MethodPost, path, body)
			r.Header.Set("Content-Type", transport.MIME)
			w := nowhere{}
			b.ReportAllocs()
			for b.Loop() {
				body.Seek(0, 0)
				clear(w)
				tr.Serve(w, r, still{})
			}
		})
	}
}

// nowhere is a ResponseWriter that keeps only its header.
type nowhere http.Header

func (n nowhere) Header() http.Header         { return http.Header(n) }
func (n nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (n nowhere) WriteHeader(int)             {}
