package router_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport/frame"
)

type point struct{ X, Y int }

// A call returns what it is given: the payload's way through decode and encode.
func TestPayloads(t *testing.T) {
	rt := router.New(quiet)
	router.Handle(rt, "point", func(_ *router.Context, in point) (point, error) { return in, nil })
	router.Handle(rt, "pointer", func(_ *router.Context, in *point) (*point, error) { return in, nil })
	router.Handle(rt, "text", func(_ *router.Context, in string) (string, error) { return in, nil })
	router.Handle(rt, "bytes", func(_ *router.Context, in []byte) ([]byte, error) { return in, nil })
	router.Handle(rt, "raw", func(_ *router.Context, in json.RawMessage) (json.RawMessage, error) { return in, nil })
	router.Handle(rt, "payload", func(_ *router.Context, in session.Payload) (session.Payload, error) { return in, nil })
	router.Handle(rt, "nothing", func(_ *router.Context, in any) (any, error) { return nil, nil })
	c := connect(t, serve(t, rt, rt))
	for _, tt := range []struct {
		name string
		in   client.Payload
		code frame.Code // of the error
		out  client.Payload
	}{
		{"point", js(`{"X":1,"Y":2}`), 0, js(`{"X":1,"Y":2}`)},
		{"point", js(`{"Z":1}`), 0, js(`{"X":0,"Y":0}`)},
		{"point", client.Payload{}, 0, js(`{"X":0,"Y":0}`)},
		{"point", js(`"text"`), frame.BadProtocol, client.Payload{}},
		{"point", js(`{"X":"text"}`), frame.BadProtocol, client.Payload{}},
		{"point", js(`{"X":`), frame.BadProtocol, client.Payload{}},
		{"point", client.Payload{Data: []byte("bytes")}, frame.BadProtocol, client.Payload{}},
		{"point", client.Payload{Codec: frame.CodecMessagePack, Data: []byte{0x80}}, frame.BadProtocol, client.Payload{}},
		{"pointer", js(`null`), 0, js(`null`)},
		{"text", js(`"ü\u2028"`), 0, js(`"ü\u2028"`)},
		{"bytes", client.Payload{Data: []byte{0, 255}}, 0, client.Payload{Data: []byte{0, 255}}},
		{"bytes", js(`{"as": "it is"}`), 0, client.Payload{Data: []byte(`{"as": "it is"}`)}},
		{"raw", js(`[1,{"a":null}]`), 0, js(`[1,{"a":null}]`)},
		{"payload", client.Payload{Codec: 200, Data: []byte("x")}, 0, client.Payload{Codec: 200, Data: []byte("x")}},
		{"payload", js(`{"a":1}`), 0, js(`{"a":1}`)},
		{"nothing", js(`1`), 0, client.Payload{}},
	} {
		var out client.Payload
		err := c.Call(soon(t), tt.name, tt.in, &out)
		if tt.code != 0 {
			want(t, err, tt.code, "payload does not fit the handler")
			continue
		}
		if err != nil || out.Codec != tt.out.Codec || string(out.Data) != string(tt.out.Data) {
			t.Errorf("%s of %d %s: %d %s, %v", tt.name, tt.in.Codec, tt.in.Data, out.Codec, out.Data, err)
		}
	}
}

func js(text string) client.Payload {
	return client.Payload{Codec: frame.CodecJSON, Data: []byte(text)}
}

// JSON that a client sent is not passed on unless every client can read it. PROTOCOL 3.8, 4.5
func TestForwardedJSON(t *testing.T) {
	deep := strings.Repeat("[", 33) + strings.Repeat("]", 33)
	rt := router.New(quiet)
	errs := make(chan error, 1)
	router.On(rt, "payload", func(c *router.Context, in session.Payload) error {
		errs <- rt.Topic("t").Publish(c, "n", in)
		return nil
	})
	router.On(rt, "raw", func(c *router.Context, in session.Payload) error {
		errs <- c.Send("n", json.RawMessage(in.Data))
		return nil
	})
	got := make(chan string, 1)
	rt.OnSubscribe("t", nil)
	c := connect(t, serve(t, rt, rt), func(c *client.Client) {
		client.On(c, "n", func(p client.Payload) { got <- string(p.Data) })
	})
	if _, err := c.Subscribe(soon(t), "t", 0, func(p client.Publication) { got <- string(p.Data) }); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"payload", "raw"} {
		for text, good := range map[string]bool{
			`{"a": "ü"}`: true, "[1,\r\n2]": true, deep[1:65]: true,
			deep: false, "\"\xff\"": false, `{"a":`: false, `1 2`: false,
		} {
			if err := c.Emit(soon(t), name, js(text)); err != nil {
				t.Fatal(err)
			}
			err := receive(t, errs)
			if (err == nil) != good {
				t.Errorf("%s %.20q: %v", name, text, err)
			}
			if err == nil {
				if out := receive(t, got); strings.ContainsAny(out, " \r\n") {
					t.Errorf("%s %.20q came as %q: it is not compact", name, text, out)
				}
			}
		}
	}
	if state, _ := c.State(); state != client.Open {
		t.Errorf("the session is %s", state)
	}
}

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
	if line := receive(t, text); !strings.Contains(line, "at the disco") || !strings.Contains(line, "handler_test.go") {
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
		if p == nil || !strings.Contains(p.Error(), value) || !strings.Contains(string(p.Stack), "handler_test.go") {
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

// What a handler can do with its context.
func TestContext(t *testing.T) {
	rt := router.New(quiet)
	seqs := make(chan uint64, 10)
	router.On(rt, "greet", func(c *router.Context, name string) error {
		seqs <- c.Seq()
		if c.Name() != "greet" || c.Identity().Subject != "" || c.Param("x") != "" {
			t.Errorf("%q %+v %q", c.Name(), c.Identity(), c.Param("x"))
		}
		return errors.Join(c.Send("hello", name), c.TrySend("hello", []byte(name)))
	})
	router.On(rt, "leave", func(c *router.Context, _ any) error {
		c.Close(router.Errorf(3002, "as you wish").(*router.Error))
		return nil
	})
	router.On(rt, "ask", func(c *router.Context, _ any) error {
		var sum int
		if err := c.Call(c, "sum", point{2, 3}, &sum); err != nil || sum != 5 {
			t.Errorf("sum: %d, %v", sum, err)
		}
		err := c.Call(c, "sum", point{-1, 3}, &sum)
		if e, ok := errors.AsType[*router.Error](err); !ok || e.Code != 3001 {
			t.Errorf("sum: %v", err)
		}
		err = c.Call(c, "unknown", nil, nil)
		if e, ok := errors.AsType[*router.Error](err); !ok || e.Code != frame.NotFound {
			t.Errorf("unknown: %v", err)
		}
		ctx, cancel := context.WithTimeout(c, 10*time.Millisecond)
		defer cancel()
		err = c.Call(ctx, "never", nil, nil)
		if e, ok := errors.AsType[*router.Error](err); !ok || e.Code != frame.Timeout {
			t.Errorf("never: %v", err)
		}
		return nil
	})
	said := make(chan string, 10)
	c := connect(t, serve(t, rt, rt), func(c *client.Client) {
		client.On(c, "hello", func(p client.Payload) { said <- string(p.Data) })
		client.Handle(c, "sum", func(_ context.Context, in point) (int, error) {
			if in.X < 0 {
				return 0, &client.Error{Code: 3001, Message: "negative"}
			}
			return in.X + in.Y, nil
		})
		client.Handle(c, "never", func(ctx context.Context, _ any) (any, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
	})
	for range 2 {
		c.Emit(soon(t), "greet", "ann")
	}
	if a, b := receive(t, seqs), receive(t, seqs); a == 0 || b <= a {
		t.Errorf("seqs %d, %d", a, b)
	}
	if a, b := receive(t, said), receive(t, said); a != `"ann"` || b != "ann" {
		t.Errorf("said %q, %q", a, b)
	}
	c.Emit(soon(t), "ask", nil)
	c.Emit(soon(t), "leave", nil)
	<-c.Closed()
	want(t, c.Err(), 3002, "as you wish")
}

// A call's context ends when the client gives the call up.
func TestCanceledCall(t *testing.T) {
	rt := router.New(quiet)
	begun, ended := make(chan bool, 1), make(chan error, 1)
	router.Handle(rt, "slow", func(c *router.Context, _ any) (any, error) {
		begun <- true
		<-c.Done()
		ended <- c.Err()
		return nil, c.Err()
	})
	c := connect(t, serve(t, rt, rt))
	ctx, cancel := context.WithCancel(soon(t))
	go func() {
		<-begun
		cancel()
	}()
	if err := c.Call(ctx, "slow", nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("the client got %v", err)
	}
	if err := receive(t, ended); !errors.Is(err, context.Canceled) {
		t.Errorf("the handler got %v", err)
	}
}
