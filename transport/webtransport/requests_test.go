package webtransport_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"github.com/weft-realtime/weft/transport/webtransport"
)

// A hundred requests are served at once on one HTTP/3 connection: each may be a poll or an event stream of another page.
func TestManyRequests(t *testing.T) {
	server, trusting := certified(t)
	const n = 100
	var inside sync.WaitGroup
	inside.Add(n)
	s := listen(t, webtransport.New(), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		inside.Done()
		inside.Wait()
	}), server)
	c := clients(t, trusting)["HTTP/3.0"]
	var asked sync.WaitGroup
	for range n {
		asked.Go(func() {
			resp, err := c.Get("https://" + s.Address().String() + "/")
			if err != nil {
				t.Error(err)
				inside.Done()
				return
			}
			resp.Body.Close()
		})
	}
	asked.Wait()
}

// A QUIC connection that asks for nothing is closed, also when it has begun to.
func TestNoRequest(t *testing.T) {
	t.Parallel() // it is waiting
	s := listen(t, webtransport.New(), http.NotFoundHandler(), nil)
	for name, begin := range map[string][]byte{"nothing": nil, "a byte of headers": {1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), patience) // it takes 10 s
			defer cancel()
			c, err := quic.DialAddr(ctx, s.Address().String(),
				&tls.Config{InsecureSkipVerify: true, NextProtos: []string{http3.NextProtoH3}},
				&quic.Config{KeepAlivePeriod: time.Second, EnableDatagrams: true})
			if err != nil {
				t.Fatal(err)
			}
			defer c.CloseWithError(0, "")
			if begin != nil {
				stream, err := c.OpenStream()
				if err != nil {
					t.Fatal(err)
				}
				if _, err := stream.Write(begin); err != nil {
					t.Fatal(err)
				}
			}
			select {
			case <-c.Context().Done():
			case <-ctx.Done():
				t.Fatal("it stays open")
			}
			if err := context.Cause(c.Context()); !strings.Contains(err.Error(), "no request") {
				t.Error(err)
			}
		})
	}
}

// A handler that panics is told of, on either port, and the server goes on.
func TestPanicIsLogged(t *testing.T) {
	for _, p := range []string{"HTTP/1.1", "HTTP/2.0", "HTTP/3.0"} {
		t.Run(p, func(t *testing.T) {
			server, trusting := certified(t)
			var log bytes.Buffer
			s := &webtransport.Server{
				Addr: "127.0.0.1:0", TLS: server, Transport: webtransport.New(), Logger: slog.New(slog.NewTextHandler(&log, nil)),
				Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/bad" {
						panic("by the handler")
					}
				}),
			}
			if err := s.Listen(); err != nil {
				t.Fatal(err)
			}
			c := clients(t, trusting)[p]
			if _, err := c.Get("https://" + s.Address().String() + "/bad"); err == nil {
				t.Error("answered")
			}
			resp, err := c.Get("https://" + s.Address().String() + "/")
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if err := s.Shutdown(ctx); err != nil {
				t.Error(err)
			}
			if got := log.String(); strings.Count(got, "level=ERROR") != 1 || !strings.Contains(got, "by the handler") {
				t.Error(got)
			}
		})
	}
}
