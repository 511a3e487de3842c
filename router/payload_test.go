package router_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport/frame"
)

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
