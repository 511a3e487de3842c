package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/longpoll"
	"github.com/weft-realtime/weft/transport/sse"
	"github.com/weft-realtime/weft/transport/websocket"
	"github.com/weft-realtime/weft/transport/webtransport"
)

func TestMain(m *testing.M) { browser.Main(m) }

// start serves a chat as the program does until the test ends, and returns its address.
func start(t testing.TB, origins ...string) (*chat, string) {
	t.Helper()
	c := newChat(origins...)
	srv, err := listen("127.0.0.1:0", c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		c.rt.Shutdown(ctx)
		srv.Shutdown(ctx)
	})
	return c, "http://" + srv.Address().String()
}

// serveChats serves a handler that leads to chats, without WebTransport, and ends them with the test.
func serveChats(t testing.TB, h http.Handler, chats ...*chat) string {
	srv := httptest.NewServer(h)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		for _, c := range chats {
			c.rt.Shutdown(ctx)
		}
		srv.CloseClientConnections()
		srv.Close()
	})
	return srv.URL
}

// soon is a context that ends before a test hangs.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// visitor is a client and what it has seen.
type visitor struct {
	*client.Client
	t       testing.TB
	refused chan Refused
	said    chan Said
	here    chan Here
}

// visit connects a client that has every transport.
func visit(t testing.TB, url string, cfg client.Config) *visitor {
	t.Helper()
	cfg.Dialers = []transport.Dialer{&webtransport.Dialer{}, &websocket.Dialer{}, &sse.Dialer{}, &longpoll.Dialer{}}
	v := &visitor{
		Client: client.New(url+"/rt", cfg), t: t,
		refused: make(chan Refused, 2000), said: make(chan Said, 2000), here: make(chan Here, 2000),
	}
	client.On(v.Client, "refused", func(r Refused) { v.refused <- r })
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		v.Close(ctx)
	})
	if err := v.Connect(soon(t)); err != nil {
		t.Fatal(err)
	}
	return v
}

// join follows a room and joins it.
func (v *visitor) join(room, name string, history uint64) Joined {
	v.t.Helper()
	follow(v, "room:"+room, history, v.said)
	follow(v, "here:"+room, 1, v.here)
	var out Joined
	if err := v.Call(soon(v.t), "join", Join{Room: room, Name: name}, &out); err != nil {
		v.t.Fatal(err)
	}
	return out
}

func follow[T any](v *visitor, topic string, history uint64, to chan<- T) {
	v.t.Helper()
	_, err := v.Subscribe(soon(v.t), topic, history, func(p client.Publication) {
		var m T
		if p.Gap {
			v.t.Errorf("a gap in %s: %d to %d", p.Topic, p.From, p.To)
		} else if err := p.Decode(&m); err != nil {
			v.t.Error(err)
		}
		to <- m
	})
	if err != nil {
		v.t.Fatal(err)
	}
}

func (v *visitor) say(room, id, text string) {
	v.t.Helper()
	if err := v.Emit(soon(v.t), "say", Say{Room: room, ID: id, Text: text}); err != nil {
		v.t.Fatal(err)
	}
}

// expect waits for messages, in this order and no others.
func (v *visitor) expect(texts ...string) {
	v.t.Helper()
	for i, want := range texts {
		if got := next(v.t, v.said); got.Text != want {
			v.t.Fatalf("message %d: %q, want %q", i, got.Text, want)
		}
	}
}

// until waits until these and no others are here.
func (v *visitor) until(names ...string) {
	v.t.Helper()
	for want := fmt.Sprint(names); ; {
		got := []string{}
		for _, p := range next(v.t, v.here).People {
			got = append(got, p.Name)
		}
		if fmt.Sprint(got) == want {
			return
		}
	}
}

func next[T any](t testing.TB, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-soon(t).Done():
		t.Fatalf("waited for a %T in vain", *new(T))
		panic("unreachable")
	}
}

func TestTwoTalk(t *testing.T) {
	_, url := start(t)
	ada, bob := visit(t, url, client.Config{}), visit(t, url, client.Config{})
	you := ada.join("lobby", "  Ada \t Lovelace ", 0).You
	if you.Name != "Ada Lovelace" {
		t.Errorf("named %q", you.Name)
	}
	bob.join("lobby", "Bob", 0)
	ada.until("Ada Lovelace", "Bob")
	ada.say("lobby", "m1", "hello")
	m := next(t, bob.said)
	if m.ID != "m1" || m.By != you.ID || m.Name != "Ada Lovelace" || m.Text != "hello" || time.Since(m.At) > time.Minute {
		t.Fatalf("%+v", m)
	}
	bob.say("lobby", "m2", "good day\n  to you ")
	ada.expect("hello", "good day\n  to you")
}

// TestCut cuts one of two who talk, again and again, over each transport.
func TestCut(t *testing.T) {
	for _, kind := range []transport.Kind{0, transport.WebTransport, transport.WebSocket, transport.SSE, transport.LongPoll} {
		t.Run(kind.String(), func(t *testing.T) {
			_, url := start(t)
			ada, bob := visit(t, url, client.Config{}), visit(t, url, client.Config{Force: kind})
			ada.join("lobby", "Ada", 0)
			bob.join("lobby", "Bob", 0)
			var want []string
			for i := range 60 {
				if i%20 == 10 {
					bob.Drop()
				}
				text := fmt.Sprint(i)
				[]*visitor{ada, bob}[i%2].say("lobby", "m"+text, text)
				want = append(want, text)
			}
			ada.expect(want...)
			bob.expect(want...)
			if _, on := bob.State(); on != kind && kind != 0 {
				t.Errorf("over %v", on)
			}
			if n := len(ada.said) + len(bob.said); n != 0 {
				t.Errorf("%d messages were repeated", n)
			}
			ada.until("Ada", "Bob")
			if len(ada.here) != 0 {
				t.Errorf("who was cut has left: %v", <-ada.here)
			}
		})
	}
}

func TestHistory(t *testing.T) {
	_, url := start(t)
	ada := visit(t, url, client.Config{})
	ada.join("loom", "Ada", 0)
	for i := range 60 {
		ada.say("loom", fmt.Sprint("m", i), fmt.Sprint(i))
	}
	bob := visit(t, url, client.Config{})
	here := bob.join("loom", "Bob", 50).Here
	if len(here.People) != 2 {
		t.Errorf("here: %+v", here)
	}
	for i := 10; i < 60; i++ {
		bob.expect(fmt.Sprint(i))
	}
	ada.say("loom", "last", "and on")
	bob.expect("and on")
}

func TestWhoIsHere(t *testing.T) {
	c, url := start(t)
	ada, bob := visit(t, url, client.Config{}), visit(t, url, client.Config{})
	ada.join("lobby", "Ada", 0)
	bob.join("lobby", "Bob", 0)
	ada.until("Ada", "Bob")
	if err := bob.Call(soon(t), "join", Join{"lobby", "Robert"}, nil); err != nil {
		t.Fatal(err)
	}
	ada.until("Ada", "Robert")
	if err := bob.Call(soon(t), "join", Join{"loom", "Robert"}, nil); err != nil {
		t.Fatal(err)
	}
	ada.until("Ada")
	if err := bob.Call(soon(t), "join", Join{"lobby", "Robert"}, nil); err != nil {
		t.Fatal(err)
	}
	ada.until("Ada", "Robert")
	if err := bob.Close(soon(t)); err != nil {
		t.Fatal(err)
	}
	ada.until("Ada")
	if err := ada.Call(soon(t), "leave", nil, nil); err != nil {
		t.Fatal(err)
	}
	ada.until()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.guests) != 1 {
		t.Errorf("%d guests are remembered", len(c.guests))
	}
}

func TestRooms(t *testing.T) {
	_, url := start(t)
	ada := visit(t, url, client.Config{})
	lists := make(chan Rooms, 1000)
	follow(ada, "rooms", 0, lists)
	ada.join("zoo", "Ada", 0)
	var now Rooms
	if err := ada.Call(soon(t), "rooms", nil, &now); err != nil {
		t.Fatal(err)
	}
	want := "[{lobby 0} {loom 0} {tea-room 0} {zoo 1}]"
	if got := fmt.Sprint(now.Rooms); got != want {
		t.Errorf("rooms: %s", got)
	}
	if got := next(t, lists); fmt.Sprint(got.Rooms) != want {
		t.Errorf("published: %+v", got)
	}
	for i := range 5 { // a guest may move ten times at once
		if err := ada.Call(soon(t), "join", Join{fmt.Sprint("r", i), "Ada"}, nil); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBadJoins(t *testing.T) {
	_, url := start(t)
	ada := visit(t, url, client.Config{})
	for name, c := range map[string]struct {
		in   any
		want frame.Code
	}{
		"no name":         {Join{"lobby", " \t "}, 3001},
		"long name":       {Join{"lobby", strings.Repeat("ä", maxName+1)}, 3001},
		"control":         {Join{"lobby", "Ada\x07"}, 3001},
		"turns the text":  {Join{"lobby", "Ada\u202e"}, 3001},
		"invisible":       {Join{"lobby", "\u200b\u200b"}, 3001},
		"no room":         {Join{"", "Ada"}, 3002},
		"room with space": {Join{"my room", "Ada"}, 3002},
		"long room":       {Join{strings.Repeat("r", 33), "Ada"}, 3002},
		"another type":    {[]int{1}, frame.BadProtocol},
	} {
		err := ada.Call(soon(t), "join", c.in, nil)
		if e, ok := errors.AsType[*client.Error](err); !ok || e.Code != c.want {
			t.Errorf("%s: %v, want code %d", name, err, c.want)
		}
	}
	var err error
	moves := 0
	for ; err == nil && moves < 100; moves++ { // ten at once, and one more a second
		err = ada.Call(soon(t), "join", Join{"lobby", strings.Repeat("ä", maxName)}, nil)
	}
	if e, ok := errors.AsType[*client.Error](err); !ok || e.Code != frame.RateLimited || moves < 11 {
		t.Errorf("move %d: %v", moves, err)
	}
	_, err = ada.Subscribe(soon(t), "room:../etc", 0, func(client.Publication) {})
	if e, ok := errors.AsType[*client.Error](err); !ok || e.Code != frame.Forbidden {
		t.Errorf("a topic that is none: %v", err)
	}
}

func TestBadMessages(t *testing.T) {
	_, url := start(t)
	ada := visit(t, url, client.Config{})
	ada.say("lobby", "early", "before I have joined")
	if r := next(t, ada.refused); r.ID != "early" || r.Code != 3005 {
		t.Errorf("%+v", r)
	}
	ada.join("lobby", "Ada", 0)
	for name, c := range map[string]struct {
		in   Say
		want frame.Code
	}{
		"nothing":      {Say{"lobby", "m", " \n "}, 3003},
		"too much":     {Say{"lobby", "m", strings.Repeat("ä", maxText+1)}, 3003},
		"control":      {Say{"lobby", "m", "a\x00b"}, 3003},
		"no id":        {Say{"lobby", "", "hi"}, 3004},
		"another room": {Say{"loom", "m", "hi"}, 3005},
	} {
		ada.say(c.in.Room, c.in.ID, c.in.Text)
		if r := next(t, ada.refused); r.ID != c.in.ID || r.Code != c.want || r.Message == "" {
			t.Errorf("%s: %+v, want code %d", name, r, c.want)
		}
	}
	long := strings.Repeat("ä", maxText)
	ada.say("lobby", "long", long)
	ada.say("lobby", "m", "once")
	ada.say("lobby", "m", "once") // sent again, as after a lost session
	ada.say("lobby", "end", "end")
	ada.expect(long, "once", "end")
}

func TestBucket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := bucket{burst: 3, every: time.Second}
		for i, want := range []time.Duration{0, 0, 0, time.Second, 2 * time.Second} {
			if got := b.wait(time.Now()); got != want {
				t.Errorf("token %d: wait %v, want %v", i, got, want)
			}
		}
		time.Sleep(2 * time.Second)
		if b.take(time.Now()) {
			t.Error("a token that was promised to somebody else")
		}
		time.Sleep(time.Second)
		if !b.take(time.Now()) || b.take(time.Now()) {
			t.Error("not one token after one second")
		}
		time.Sleep(time.Hour)
		for i := range 4 {
			if got := b.take(time.Now()); got != (i < 3) {
				t.Errorf("token %d of a full bucket: %v", i, got)
			}
		}
	})
}

func TestPage(t *testing.T) {
	c, url := start(t)
	for path, kind := range map[string]string{
		"/": "text/html", "/chat.js": "text/javascript", "/chat.css": "text/css", "/icon.svg": "image/svg+xml",
		"/rt/weft.js": "text/javascript",
	} {
		resp, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		h := resp.Header
		if resp.StatusCode != 200 || !strings.HasPrefix(h.Get("Content-Type"), kind) || h.Get("Content-Security-Policy") != c.policy() {
			t.Errorf("%s: %s %v", path, resp.Status, h)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}
