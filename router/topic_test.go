package router_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport/frame"
)

// Of the patterns that match, the first decides; what none matches is not open. PROTOCOL 10.6
func TestOnSubscribe(t *testing.T) {
	rt := router.New(quiet)
	params := make(chan string, 1)
	allow := func(names ...string) func(*router.Context) error {
		return func(c *router.Context) error {
			text := c.Name()
			for _, n := range names {
				text += fmt.Sprintf(" %s=%s", n, c.Param(n))
			}
			params <- text
			return nil
		}
	}
	rt.OnSubscribe("open", nil)
	rt.OnSubscribe("room:42", func(*router.Context) error { return router.Errorf(3001, "full") })
	rt.OnSubscribe("room:{id}", allow("id"))
	rt.OnSubscribe("user:{id:[0-9]+}:{what}", allow("id", "what"))
	rt.OnSubscribe("file:*", allow("*"))
	rt.OnSubscribe("a.b", allow())
	rt.OnSubscribe("failing", func(*router.Context) error { return errors.New("hunter2") })
	c := connect(t, serve(t, rt, rt))
	const closed = frame.Forbidden
	for topic, tt := range map[string]struct {
		code frame.Code
		seen string
	}{
		"open":                   {0, ""},
		"room:7":                 {0, "room:7 id=7"},
		"room:ü $^":              {0, "room:ü $^ id=ü $^"},
		"room:42":                {3001, ""},
		"room:":                  {closed, ""},
		"room:a:b":               {closed, ""},
		"room:a/b":               {closed, ""},
		"xroom:7":                {closed, ""},
		"user:7:news":            {0, "user:7:news id=7 what=news"},
		"user:seven:news":        {closed, ""},
		"user:7:news:more":       {closed, ""},
		"file:":                  {0, "file: *="},
		"file:a/b:c":             {0, "file:a/b:c *=a/b:c"},
		"a.b":                    {0, "a.b"},
		"axb":                    {closed, ""},
		"failing":                {closed, ""},
		"elsewhere":              {closed, ""},
		"room:{id}":              {0, "room:{id} id={id}"},
		"__proto__":              {closed, ""},
		strings.Repeat("x", 255): {closed, ""},
		strings.Repeat("x", 256): {frame.BadProtocol, ""},
		"":                       {frame.BadProtocol, ""},
		"a\x00b":                 {frame.BadProtocol, ""},
	} {
		_, err := c.Subscribe(soon(t), topic, 0, func(client.Publication) {})
		if e, _ := errors.AsType[*client.Error](err); tt.code == 0 && err != nil || tt.code != 0 && (e == nil || e.Code != tt.code) {
			t.Errorf("%q: %v, want %d", topic, err, tt.code)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", topic, err)
		}
		if tt.seen != "" {
			if got := receive(t, params); got != tt.seen {
				t.Errorf("%q: %s, want %s", topic, got, tt.seen)
			}
		}
	}
}

// PROTOCOL 10.2
func TestSubscribePayload(t *testing.T) {
	rt := router.New(quiet)
	rt.OnSubscribe("*", nil)
	rt.Topic("t").Publish(t.Context(), "n", 1)
	c := connect(t, serve(t, rt, rt))
	for text, good := range map[string]bool{
		`{"topic":"t"}`: true, `{"topic":"t","history":9007199254740991}`: true, `{"topic":"t","unknown":[]}`: true,
		`{"topic":"t","epoch":1,"offset":1e400}`: false, `{"topic":"t","history":-1}`: false, `{"topic":7}`: false,
		`{"topic":"t","epoch":1,"offset":9007199254740991}`: true, `{"topic":"t","offset":1.5}`: false,
		`{}`: false, `[]`: false, `null`: false, `{"topic":"t"`: false,
	} {
		err := c.Call(soon(t), "weft.subscribe", js(text), nil)
		if good != (err == nil) {
			t.Errorf("%s: %v", text, err)
		}
		if !good {
			want(t, err, frame.BadProtocol, "payload does not fit the handler")
		}
		if err := c.Call(soon(t), "weft.unsubscribe", js(`{"topic":"t"}`), nil); err != nil {
			t.Error(err)
		}
	}
	want(t, c.Call(soon(t), "weft.unsubscribe", js(`[`), nil), frame.BadProtocol, "payload does not fit the handler")
}

// What is published before a direct send arrives before it; nothing arrives after unsubscribe. PROTOCOL 10.4, 10.7
func TestPublish(t *testing.T) {
	rt := router.New(quiet)
	rt.OnSubscribe("t", nil)
	topic := rt.Topic("t")
	router.On(rt, "go", func(c *router.Context, n int) error {
		return errors.Join(topic.Publish(c, "p", n), c.Send("d", n), topic.Publish(c, "p", []byte("raw")))
	})
	got := make(chan string, 100)
	c := connect(t, serve(t, rt, rt), func(c *client.Client) {
		client.On(c, "d", func(n int) { got <- fmt.Sprint("d ", n) })
	})
	s, err := c.Subscribe(soon(t), "t", 0, func(p client.Publication) { got <- p.Name + " " + string(p.Data) })
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		if err := c.Emit(soon(t), "go", n); err != nil {
			t.Fatal(err)
		}
		seen := []string{receive(t, got), receive(t, got), receive(t, got)}
		if want := []string{fmt.Sprint("p ", n), fmt.Sprint("d ", n), "p raw"}; !slices.Equal(seen, want) {
			t.Errorf("got %q, want %q", seen, want)
		}
	}
	if err := s.Unsubscribe(soon(t)); err != nil {
		t.Fatal(err)
	}
	c.Emit(soon(t), "go", 9)
	if seen := receive(t, got); seen != "d 9" {
		t.Errorf("got %q after unsubscribing", seen)
	}
}

func TestPublishFails(t *testing.T) {
	rt := router.New(quiet)
	done, cancel := context.WithCancel(t.Context())
	cancel()
	for name, err := range map[string]error{
		"context":     rt.Topic("t").Publish(done, "n", 1),
		"unencodable": rt.Topic("t").Publish(t.Context(), "n", make(chan int)),
		"no name":     rt.Topic("t").Publish(t.Context(), "", 1),
		"no topic":    rt.Topic("").Publish(t.Context(), "n", 1),
		"not UTF-8":   rt.Topic("t").Publish(t.Context(), "n\xff", 1),
		"too long":    rt.Topic("t").Publish(t.Context(), "n", make([]byte, 1<<20)),
	} {
		if err == nil {
			t.Errorf("%s: published", name)
		}
	}
}
