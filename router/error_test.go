package router_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport/frame"
)

// Errors that are meant for the client reach it as they are; the text of others stays here. OnError sees all.
// PROTOCOL 3.4, 3.7, 12.4
func TestErrors(t *testing.T) {
	secret := errors.New("password=hunter2")
	rt := router.New(quiet)
	seen := make(chan error, 10)
	rt.OnError(func(_ *router.Context, err error) { seen <- err })
	router.Handle(rt, "fail", func(c *router.Context, kind string) (any, error) {
		switch kind {
		case "typed":
			return nil, router.Errorf(3001, "no %s", "way")
		case "wrapped":
			return nil, errors.Join(secret, router.Errorf(frame.Forbidden, "not you"))
		case "deadline":
			return nil, context.DeadlineExceeded
		case "odd code":
			return nil, router.Errorf(1000, "fine")
		case "unencodable":
			return make(chan int), nil
		}
		return nil, secret
	})
	router.On(rt, "fail", func(*router.Context, string) error { return secret })
	c := connect(t, serve(t, rt, rt))
	for _, tt := range []struct {
		name, kind string
		code       frame.Code
		message    string
	}{
		{"fail", "typed", 3001, "no way"},
		{"fail", "wrapped", frame.Forbidden, "not you"},
		{"fail", "deadline", frame.Timeout, "deadline exceeded"},
		{"fail", "odd code", frame.Internal, "internal error"},
		{"fail", "unencodable", frame.Internal, "internal error"},
		{"fail", "secret", frame.Internal, "internal error"},
		{"unknown", "", frame.NotFound, "no handler for this call"},
		{"weft.unknown", "", frame.BadProtocol, "reserved name"},
	} {
		want(t, c.Call(soon(t), tt.name, tt.kind, nil), tt.code, tt.message)
		if err := receive(t, seen); err == nil || tt.kind == "secret" && err != secret {
			t.Errorf("%s %s: OnError saw %v", tt.name, tt.kind, err)
		}
	}
	for _, name := range []string{"fail", "unknown", "weft.unknown"} {
		if err := c.Emit(soon(t), name, ""); err != nil {
			t.Errorf("emit %s: %v, want it handled", name, err)
		}
		receive(t, seen)
	}
}

// Without OnError the log has what the client is not told.
func TestErrorsAreLogged(t *testing.T) {
	text := make(chan string, 10)
	rt := router.New(router.Config{Session: session.Config{Logger: slog.New(slog.NewTextHandler(lines(text), &slog.HandlerOptions{Level: slog.LevelError}))}})
	router.Handle(rt, "fail", func(*router.Context, any) (any, error) { return nil, errors.New("hunter2") })
	router.Handle(rt, "panic", func(*router.Context, any) (any, error) { panic("at the disco") })
	router.Handle(rt, "typed", func(*router.Context, any) (any, error) { return nil, router.Errorf(3001, "told") })
	c := connect(t, serve(t, rt, rt))
	c.Call(soon(t), "typed", nil, nil)
	c.Call(soon(t), "fail", nil, nil)
	if line := receive(t, text); !strings.Contains(line, "hunter2") || !strings.Contains(line, "name=fail") {
		t.Errorf("logged %s", line)
	}
	c.Call(soon(t), "panic", nil, nil)
	if line := receive(t, text); !strings.Contains(line, "at the disco") || !strings.Contains(line, "error_test.go") {
		t.Errorf("logged %s, want the stack", line)
	}
}

type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

// A panic ends its message, and neither the session nor the process. PROTOCOL 12.4
func TestPanics(t *testing.T) {
	rt := router.New(quiet)
	seen := make(chan *router.PanicError, 10)
	rt.OnError(func(_ *router.Context, err error) {
		p, _ := errors.AsType[*router.PanicError](err)
		seen <- p
		panic("OnError too")
	})
	var gone *router.Context
	rt.OnConnect(func(c *router.Context) error { gone = c; return nil })
	rt.OnDisconnect(func(*router.Context, *router.CloseError) { panic("disconnect") })
	rt.OnSubscribe("panic", func(*router.Context) error { panic("subscribe") })
	router.On(rt, "panic", func(*router.Context, string) error { panic("event") })
	router.On(rt, "nil", func(*router.Context, string) error { var m map[string]int; m["a"] = 1; return nil })
	router.Handle(rt, "panic", func(*router.Context, string) (string, error) { panic(errors.New("call")) })
	router.Handle(rt, "ping", func(*router.Context, string) (string, error) { return "pong", nil })
	c := connect(t, serve(t, rt, rt))
	saw := func(value string) {
		t.Helper()
		p := receive(t, seen)
		if p == nil || !strings.Contains(p.Error(), value) || !strings.Contains(string(p.Stack), "error_test.go") {
			t.Errorf("OnError saw %+v, want %s with its stack", p, value)
		}
		var out string
		if err := c.Call(soon(t), "ping", "", &out); err != nil || out != "pong" {
			t.Errorf("after %s: %q, %v", value, out, err)
		}
	}
	if err := c.Emit(soon(t), "panic", ""); err != nil {
		t.Error(err)
	}
	saw("event")
	c.Emit(soon(t), "nil", "")
	saw("nil map")
	want(t, c.Call(soon(t), "panic", "", nil), frame.Internal, "internal error")
	saw("call")
	_, err := c.Subscribe(soon(t), "panic", 0, nil)
	want(t, err, frame.Internal, "internal error")
	saw("subscribe")
	if err := c.Close(soon(t)); err != nil {
		t.Error(err)
	}
	if p := receive(t, seen); p == nil || p.Value != "disconnect" {
		t.Errorf("OnError saw %+v", p)
	}
	<-gone.Done()
}
