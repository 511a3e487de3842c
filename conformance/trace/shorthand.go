package trace

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/weft-realtime/weft/transport/frame"
)

// Frames as the traces write them: the JSON encoding, without what is the same everywhere.

// object is a line's JSON object.
type object map[string]any

const (
	zeros16 = "AAAAAAAAAAAAAAAAAAAAAA"
	zeros32 = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

	maxFrame = 1 << 24
)

// defaults are the members that a line leaves out, by its "t".
var defaults = map[string]object{
	"hello":  {"v": 1.0, "nonce": zeros16},
	"attach": {"v": 1.0, "sid": zeros16, "token": zeros32, "gen": 0.0},
	"ready": {
		"v": 1.0, "sid": zeros16, "gen": 0.0, "w": 256.0, "wb": 131072.0, "dw": 1024.0, "dwb": 524288.0,
		"maxFrame": 1048576.0, "pingMs": 15000.0, "ttlMs": 120000.0,
	},
}

// expandFrame returns the frame that a line stands for.
func expandFrame(line string) (*frame.Frame, error) {
	o := object{}
	if err := json.Unmarshal([]byte(line), &o); err != nil {
		return nil, err
	}
	return o.frame()
}

// expandMessage returns the message that a line stands for: DATA without its type and number.
func expandMessage(line string) (frame.Message, error) {
	o := object{"t": "data", "s": 1.0}
	if err := json.Unmarshal([]byte(line), &o); err != nil {
		return frame.Message{}, err
	}
	f, err := o.frame()
	if err != nil {
		return frame.Message{}, err
	}
	return f.Message, nil
}

func (o object) frame() (*frame.Frame, error) {
	size, sized := o["size"].(float64)
	delete(o, "size")
	t, _ := o["t"].(string)
	for name, value := range defaults[t] {
		if _, ok := o[name]; !ok {
			o[name] = value
		}
	}
	line, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	var d frame.Decoder
	d.Reset(frame.JSON, line, maxFrame)
	f := &frame.Frame{}
	if ok, err := d.Next(f); !ok {
		return nil, errors.Join(fmt.Errorf("no frame: %s", line), err)
	}
	if sized {
		f.Message.Payload = make([]byte, int(size)-f.Message.Size())
	}
	return f, nil
}

// shortenFrame returns the line that stands for a frame.
func shortenFrame(f frame.Frame) (string, error) {
	size := 0
	if (f.Type == frame.Data || f.Type == frame.Volatile) && isFill(&f.Message) {
		size = f.Message.Size()
		f.Message.Payload = nil
	}
	o := object{}
	if err := json.Unmarshal(frame.Append(nil, frame.JSON, &f), &o); err != nil {
		return "", err
	}
	t, _ := o["t"].(string)
	for name, value := range defaults[t] {
		if o[name] == value {
			delete(o, name)
		}
	}
	if size > 0 {
		o["size"] = size
	}
	line, err := json.Marshal(o)
	return string(line), err
}

// isFill reports whether a payload is there for its length only.
func isFill(m *frame.Message) bool {
	return m.Codec == frame.CodecBytes && len(m.Payload) > 0 && len(bytes.Trim(m.Payload, "\x00")) == 0
}
