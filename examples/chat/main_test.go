package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/conformance/ports"
)

func TestRun(t *testing.T) {
	said, stop := program(t, "127.0.0.1:0")
	url, ok := strings.CutPrefix(next(t, said), "open ")
	if !ok || !strings.HasPrefix(url, "http://127.0.0.1:") {
		t.Fatalf("printed %q", url)
	}
	resp, err := http.Get(strings.TrimSpace(url))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	ada := visit(t, strings.TrimSuffix(strings.TrimSpace(url), "/"), client.Config{})
	ada.join("lobby", "Ada", 0)
	began := time.Now()
	if err := stop(); err != nil || time.Since(began) > 2*patience {
		t.Errorf("stopped after %v: %v", time.Since(began), err)
	}
}

// TestRunWithoutUDP: somebody else has the UDP port; the chat is there all the same, and says what is missing.
func TestRunWithoutUDP(t *testing.T) {
	addr, err := ports.Free()
	if err != nil {
		t.Fatal(err)
	}
	taken, err := net.ListenPacket("udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	said, stop := program(t, addr)
	if open := next(t, said); open != fmt.Sprintf("open http://%s/\n", addr) {
		t.Errorf("printed %q", open)
	}
	if why := next(t, said); !strings.HasPrefix(why, "without WebTransport: ") {
		t.Errorf("printed %q", why)
	}
	visit(t, "http://"+addr, client.Config{}).join("lobby", "Ada", 0)
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// program runs the program until stop, and tells what it says; if it ends by itself, why.
func program(t *testing.T, addr string) (said <-chan string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out := &lines{all: make(chan string, 10)}
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, []string{"-addr", addr}, out)
		fmt.Fprint(out, "ended: ", err)
		ended <- err
	}()
	return out.all, func() error {
		cancel()
		return next(t, ended)
	}
}

// lines keeps what is written.
type lines struct{ all chan string }

func (l *lines) Write(p []byte) (int, error) {
	l.all <- string(p)
	return len(p), nil
}

func TestRunComplains(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"address in use":   {[]string{"-addr", taken.Addr().String()}, "choose another address with -addr"},
		"no address":       {[]string{"-addr", "nowhere"}, "missing port"},
		"an unknown flag":  {[]string{"-port", "80"}, "not defined: -port"},
		"a stray argument": {[]string{"8080"}, `what is "8080"`},
	} {
		var out bytes.Buffer
		if err := run(t.Context(), c.args, &out); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-h"}, &out); err != nil || !strings.Contains(out.String(), "-addr host:port") {
		t.Errorf("-h: %v\n%s", err, &out)
	}
}

func TestAddress(t *testing.T) {
	for addr, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080/",
		"0.0.0.0:80":     "http://localhost:80/",
		"[::]:80":        "http://localhost:80/",
		"[::1]:80":       "http://[::1]:80/",
	} {
		a, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if got := address(a); got != want {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
}
