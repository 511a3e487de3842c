package webtransport_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go/http3"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/conformance/ports"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/longpoll"
	"github.com/weft-realtime/weft/transport/webtransport"
)

// A server with sessions on it ends in time, whether or not somebody has ended them before.
func TestShutdown(t *testing.T) {
	for name, first := range map[string]bool{"the router first": true, "the server alone": false} {
		t.Run(name, func(t *testing.T) {
			wt, rt := both()
			s := listen(t, wt, rt, nil)
			var clients []*client.Client
			for range 5 {
				clients = append(clients, settled(t, s, &webtransport.Dialer{}, func(*client.Client) {}))
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			begun := time.Now()
			if first {
				if err := rt.Shutdown(ctx); err != nil {
					t.Error(err)
				}
			}
			request, offer := httptest.NewRequest("POST", "/", nil), new(transport.Offer)
			if !wt.Describe(request, offer) {
				t.Error("it is not offered while it is served")
			}
			if err := s.Shutdown(ctx); err != nil {
				t.Error(err)
			}
			if wt.Describe(request, offer) {
				t.Error("it is offered though nobody serves it")
			}
			if d := time.Since(begun); d > patience/2 {
				t.Errorf("it took %v", d)
			}
			for _, c := range clients {
				for state, _ := c.State(); state == client.Open; state, _ = c.State() {
					if ctx.Err() != nil {
						t.Fatal("a client does not notice")
					}
					runtime.Gosched()
				}
			}
		})
	}
}

// A server that nobody came to ends as well, also when it has hardly begun: the race detector looks on.
func TestShutdownAtOnce(t *testing.T) {
	for range 100 {
		s := &webtransport.Server{Addr: "127.0.0.1:0", Handler: http.NotFoundHandler(), Transport: webtransport.New()}
		if err := s.Listen(); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		if err := s.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		cancel()
		receive(t, s.Done())
	}
}

// A request that is being served when the server ends is answered, whichever port it came to.
func TestShutdownAnswers(t *testing.T) {
	for _, p := range []string{"HTTP/1.1", "HTTP/2.0", "HTTP/3.0"} {
		t.Run(p, func(t *testing.T) {
			server, trusting := certified(t)
			inside, release := make(chan struct{}), make(chan struct{})
			s := listen(t, webtransport.New(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				close(inside)
				<-release
				io.WriteString(w, "answer")
			}), server)
			c := clients(t, trusting)[p]
			answers := make(chan string, 1)
			go func() {
				resp, err := c.Get("https://" + s.Address().String() + "/rt/")
				if err != nil {
					answers <- err.Error()
					return
				}
				defer resp.Body.Close()
				body, err := io.ReadAll(resp.Body)
				answers <- fmt.Sprint(string(body), err)
			}()
			receive(t, inside)
			ended := make(chan error, 1)
			go func() { ended <- s.Shutdown(t.Context()) }()
			receive(t, s.Done())
			select {
			case err := <-ended:
				t.Errorf("Shutdown did not wait: %v", err)
			case answer := <-answers:
				t.Errorf("answered %q before the handler was done", answer)
			case <-time.After(50 * time.Millisecond):
			}
			close(release)
			if answer := receive(t, answers); answer != "answer<nil>" {
				t.Errorf("answered %q", answer)
			}
			c.CloseIdleConnections()
			if err := receive(t, ended); err != nil {
				t.Error(err)
			}
		})
	}
}

// A server that is asked for more all the time ends: who asks too late is told, or finds nobody.
func TestShutdownWhileAsked(t *testing.T) {
	server, trusting := certified(t)
	s := listen(t, webtransport.New(), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), server)
	ask := func(c *http.Client) (status int, err error) {
		resp, err := c.Get("https://" + s.Address().String() + "/rt/")
		if err != nil {
			return 0, err
		}
		return resp.StatusCode, resp.Body.Close()
	}
	old, asked := clients(t, trusting)["HTTP/3.0"], make(chan struct{})
	late, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		for n, told := 0, false; ; n++ {
			status, err := ask(old)
			switch {
			case err != nil:
				return
			case n == 0:
				close(asked)
			case status == http.StatusServiceUnavailable && !told:
				told = true
				close(late)
			}
		}
	}()
	receive(t, asked)
	ended := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience/2)
		defer cancel()
		ended <- s.Shutdown(ctx)
	}()
	receive(t, late)
	if status, err := ask(clients(t, trusting)["HTTP/3.0"]); err == nil {
		t.Errorf("a new connection is answered %d", status)
	}
	if err := receive(t, ended); err != nil {
		t.Error(err)
	}
	receive(t, gone)
}

// A handler that does not end is not waited for longer than the context says, on TCP and on UDP.
func TestShutdownOfAHandlerThatIsStuck(t *testing.T) {
	for _, p := range []string{"HTTP/1.1", "HTTP/3.0"} {
		t.Run(p, func(t *testing.T) {
			server, trusting := certified(t)
			inside, release := make(chan struct{}), make(chan struct{})
			s := listen(t, webtransport.New(), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				close(inside)
				<-release
			}), server)
			c := clients(t, trusting)[p]
			asked := make(chan struct{})
			go func() {
				defer close(asked)
				if resp, err := c.Get("https://" + s.Address().String() + "/rt/"); err == nil {
					resp.Body.Close()
				}
			}()
			receive(t, inside)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			ended := make(chan error)
			go func() { ended <- s.Shutdown(ctx) }()
			select {
			case err := <-ended:
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Shutdown: %v", err)
				}
			case <-time.After(patience / 2):
				t.Error("Shutdown waits for the handler")
				defer func() { <-ended }()
			}
			close(release)
			receive(t, asked)
		})
	}
}

// A port that is taken is told by its protocol, nothing stays open, and Shutdown has nothing to do.
func TestPortIsTaken(t *testing.T) {
	free := func(addr string) error {
		tcp, err := net.Listen("tcp", addr)
		if err != nil {
			return err
		}
		tcp.Close()
		udp, err := net.ListenPacket("udp", addr)
		if err != nil {
			return err
		}
		return udp.Close()
	}
	for network, take := range map[string]func(addr string) (io.Closer, error){
		"tcp": func(addr string) (io.Closer, error) { return net.Listen("tcp", addr) },
		"udp": func(addr string) (io.Closer, error) { return net.ListenPacket("udp", addr) },
	} {
		addr, err := ports.Free()
		if err != nil {
			t.Fatal(err)
		}
		taken, err := take(addr)
		if err != nil {
			t.Fatal(err)
		}
		s := &webtransport.Server{Addr: addr, Handler: http.NotFoundHandler(), Transport: webtransport.New()}
		err = s.Listen()
		if err == nil || !strings.Contains(err.Error(), network) || !strings.Contains(err.Error(), addr) {
			t.Errorf("%s: %v", network, err)
		}
		if err := s.Shutdown(t.Context()); err != nil {
			t.Errorf("%s: Shutdown: %v", network, err)
		}
		taken.Close()
		if err := free(addr); err != nil {
			t.Errorf("%s: something is still open: %v", network, err)
		}
	}
}

// clients are one for each version of HTTP.
func clients(t *testing.T, trusting *tls.Config) map[string]*http.Client {
	one := &http.Transport{TLSClientConfig: trusting.Clone()}
	two := &http.Transport{TLSClientConfig: trusting.Clone(), ForceAttemptHTTP2: true}
	three := &http3.Transport{TLSClientConfig: trusting.Clone()}
	t.Cleanup(func() {
		one.CloseIdleConnections()
		two.CloseIdleConnections()
		three.Close()
	})
	return map[string]*http.Client{
		"HTTP/1.1": {Transport: one, Timeout: patience}, "HTTP/2.0": {Transport: two, Timeout: patience},
		"HTTP/3.0": {Transport: three, Timeout: patience},
	}
}

// With a certificate everything is on one port, and answers on TCP say that HTTP/3 is there; without one they do not.
func TestTLS(t *testing.T) {
	server, trusting := certified(t)
	wt, rt := both()
	router.Handle(rt, "echo", func(_ *router.Context, in string) (string, error) { return in, nil })
	s := listen(t, wt, rt, server)
	_, port, _ := net.SplitHostPort(s.Address().String())
	for version, c := range clients(t, trusting) {
		resp, err := c.Get("https://" + s.Address().String() + "/rt/nothing")
		if err != nil {
			t.Fatal(version, err)
		}
		resp.Body.Close()
		alt := `h3=":` + port + `"; ma=86400`
		if version == "HTTP/3.0" {
			alt = ""
		}
		if resp.Proto != version || resp.Header.Get("Alt-Svc") != alt {
			t.Errorf("%s: answered by %s, Alt-Svc %q", version, resp.Proto, resp.Header.Get("Alt-Svc"))
		}
	}
	if c, err := tls.Dial("tcp", s.Address().String(), &tls.Config{RootCAs: trusting.RootCAs, MaxVersion: tls.VersionTLS12}); err == nil {
		c.Close()
		t.Error("TLS 1.2 is spoken")
	}
	polls := clients(t, trusting)["HTTP/2.0"]
	c := settledAt(t, "https://"+s.Address().String()+"/rt", func(*client.Client) {},
		&webtransport.Dialer{TLS: trusting}, &longpoll.Dialer{Client: polls})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var out string
	if err := c.Call(ctx, "echo", "hi", &out); err != nil || out != "hi" {
		t.Errorf("%q, %v", out, err)
	}
	if _, kind := c.State(); kind != transport.WebTransport {
		t.Errorf("on %v", kind)
	}
	plain := listen(t, webtransport.New(), http.NotFoundHandler(), nil)
	resp, err := http.Get("http://" + plain.Address().String() + "/rt/")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	if alt := resp.Header.Get("Alt-Svc"); alt != "" {
		t.Errorf("under development Alt-Svc is %q", alt)
	}
}
