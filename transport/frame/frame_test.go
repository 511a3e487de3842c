package frame

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"
)

// PROTOCOL 2.2
func TestVarintIsMinimal(t *testing.T) {
	for _, tt := range []struct {
		v    uint64
		size int
	}{
		{0, 1}, {63, 1}, {64, 2}, {16383, 2}, {16384, 4}, {1<<30 - 1, 4}, {1 << 30, 8}, {MaxInt, 8},
	} {
		p := appendVarint(nil, tt.v)
		if len(p) != tt.size || varintSize(tt.v) != tt.size {
			t.Errorf("%d takes %d bytes, said to be %d; want %d", tt.v, len(p), varintSize(tt.v), tt.size)
		}
		if v, n := varint(p); v != tt.v || n != len(p) {
			t.Errorf("%d comes back as %d in %d bytes", tt.v, v, n)
		}
		if _, n := varint(p[:len(p)-1]); n != 0 {
			t.Errorf("%d cut short is taken", tt.v)
		}
	}
}

// PROTOCOL 2.7
func TestValidName(t *testing.T) {
	for name, want := range map[string]bool{
		"": false, "n": true, "weft.x": true, "é\u0080": true, "a b": true, "__proto__": true,
		"\x00": false, "a\x1f": false, "\x7f": false, "\xff": false, "\xed\xa0\x80": false,
		strings.Repeat("n", 255): true, strings.Repeat("n", 256): false, strings.Repeat("é", 128): false,
	} {
		if got := ValidName(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

// PROTOCOL 2.7, 3.1, 3.2, 3.3, 3.4, 3.5, 3.6, 5.7
func TestCheck(t *testing.T) {
	text := func(n int) string { return strings.Repeat("t", n) }
	for _, tt := range []struct {
		name string
		m    Message
		code Code
	}{
		{"event", Message{Kind: Event, Name: "n"}, 0},
		{"JSON", Message{Kind: Event, Name: "n", Codec: CodecJSON, Payload: []byte("1")}, 0},
		{"JSON without payload", Message{Kind: Event, Name: "n", Codec: CodecJSON}, BadProtocol},
		{"zero", Message{}, BadProtocol},
		{"no name", Message{Kind: Event}, BadProtocol},
		{"control character", Message{Kind: Event, Name: "\n"}, BadProtocol},
		{"reserved codec", Message{Kind: Event, Name: "n", Codec: 127}, BadProtocol},
		{"codec without payload", Message{Kind: End, ID: 1, Codec: CodecProtobuf}, BadProtocol},
		{"no id", Message{Kind: Request, Name: "n"}, BadProtocol},
		{"largest id", Message{Kind: Request, ID: MaxInt, Name: "n"}, 0},
		{"id too large", Message{Kind: Request, ID: MaxInt + 1, Name: "n"}, BadProtocol},
		{"credit too large", Message{Kind: Credit, ID: 1, Credit: math.MaxUint64}, BadProtocol},
		{"error", Message{Kind: ErrorReply, ID: 1, Code: Internal, Text: text(1024)}, 0},
		{"error text", Message{Kind: ErrorReply, ID: 1, Code: Internal, Text: text(1025)}, BadProtocol},
		{"error not UTF-8", Message{Kind: ErrorReply, ID: 1, Code: Internal, Text: "\xff"}, BadProtocol},
		{"error code", Message{Kind: ErrorReply, ID: 1, Code: 5000}, BadProtocol},
		{"no offset", Message{Kind: Publication, Topic: "t", Name: "n"}, BadProtocol},
		{"no topic", Message{Kind: Publication, Offset: 1, Name: "n"}, BadProtocol},
		{"gap backwards", Message{Kind: Gap, Topic: "t", Offset: 2, To: 1}, BadProtocol},
		{"as large as may be", Message{Kind: Event, Name: "n", Payload: make([]byte, 2048-8-4)}, 0},
		{"too large", Message{Kind: Event, Name: "n", Payload: make([]byte, 2048-8-3)}, TooLarge},
		{"too large and wrong", Message{Kind: Event, Payload: make([]byte, 4096)}, BadProtocol},
	} {
		err := tt.m.Check(2048)
		var refusal *Error
		if tt.code == 0 && err != nil || tt.code != 0 && (!errors.As(err, &refusal) || refusal.Code != tt.code) {
			t.Errorf("%s: %v, want %d", tt.name, err, tt.code)
		}
	}
}

// PROTOCOL 5.7: what Check lets pass is decoded, whatever its seq.
func TestCheckedMessageIsDecoded(t *testing.T) {
	m := Message{Kind: Event, Name: "n", Payload: make([]byte, 1024-8-4)}
	f := Frame{Type: Data, Seq: MaxInt, Message: m}
	for _, enc := range []Encoding{Binary, JSON} {
		if _, err := decodeAll(enc, Append(nil, enc, &f), 1024); err != nil {
			t.Errorf("encoding %d: %v", enc, err)
		}
	}
}

// PROTOCOL 3.8, 4.5
func TestCompactJSON(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for in, want := range map[string]string{
		" {\"a\" :\r\n[ 1.0 , \"\u2028< \\n\" ] }\t": "{\"a\":[1.0,\"\u2028< \\n\"]}",
		`"\ud83d\ude00"`: `"\ud83d\ude00"`,
		deep(32):         deep(32),
		`"[[[["`:         `"[[[["`,
		deep(33):         "",
		deep(100_000):    "",
		`"\ud800"`:       "",
		`{"\udc00":1}`:   "",
		"\"\xff\"":       "",
		"":               "",
		" ":              "",
		"1 2":            "",
		"{":              "",
		"nul":            "",
		"\"a\nb\"":       "",
	} {
		got, err := CompactJSON([]byte(in))
		if string(got) != want || (err == nil) != (want != "") {
			t.Errorf("%.60q gives %.60q, %v", in, got, err)
		}
	}
}

// PROTOCOL 4.2: strings are escaped as JSON.stringify does, and are what encoding/json reads.
func TestQuoted(t *testing.T) {
	var all []byte
	for c := range 0x80 {
		all = append(all, byte(c))
	}
	s := string(all) + "é\u2028\u2029\U0001f600"
	quoted := appendQuoted(nil, s)
	var back string
	if err := json.Unmarshal(quoted, &back); err != nil || back != s {
		t.Errorf("%q comes back as %q (%v)", s, back, err)
	}
	if !bytes.Contains(quoted, []byte(`\b\t\n\u000b\f\r\u000e`)) || !bytes.Contains(quoted, []byte("\u2028")) {
		t.Errorf("escaped unlike JSON.stringify: %s", quoted)
	}
}

// PROTOCOL 2.3: a length that is claimed costs nothing.
func TestClaimedLengthAllocatesNothing(t *testing.T) {
	huge := appendVarint(nil, 1<<40)
	for _, batch := range [][]byte{
		append([]byte{byte(Data)}, huge...),
		append([]byte{byte(Auth)}, huge...),
		append([]byte{byte(Data), 12, 1, byte(Event), 0}, huge...),               // a name
		append(append([]byte{byte(Hello), 25, 1}, make([]byte, 16)...), huge...), // extras
	} {
		var d Decoder
		var f Frame
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 100 {
			d.Reset(Binary, batch, DefaultMaxFrame)
			if ok, err := d.Next(&f); ok || err == nil {
				t.Fatalf("%x is taken", batch)
			}
		}
		runtime.ReadMemStats(&after)
		if n := (after.TotalAlloc - before.TotalAlloc) / 100; n > 1024 {
			t.Errorf("%x allocates %d bytes", batch, n)
		}
	}
}

// PROTOCOL 2.6, 2.12: a batch that was refused stays refused, and Reset starts afresh.
func TestDecoderAfterError(t *testing.T) {
	var d Decoder
	var f Frame
	d.Reset(Binary, []byte{byte(Ack), 0, byte(Ack), 2, 0, 0}, DefaultMaxFrame)
	for range 3 {
		if ok, err := d.Next(&f); ok || err == nil {
			t.Fatal("a refused batch goes on")
		}
	}
	d.Reset(Binary, []byte{byte(Ack), 2, 1, 0}, DefaultMaxFrame)
	if ok, err := d.Next(&f); !ok || err != nil || f.Rcv != 1 {
		t.Errorf("after Reset: %v, %v", ok, err)
	}
	if ok, err := d.Next(&f); ok || err != nil || f.Type != Pad {
		t.Errorf("at the end: %v, %v, %v", ok, err, f)
	}
}

// A frame leaves nothing behind in the Frame that the next one is decoded into.
func TestNextOverwrites(t *testing.T) {
	first := Frame{Type: Data, Seq: 1, Message: Message{Kind: Gap, Topic: "t", Epoch: 1, Offset: 1, To: 2}}
	second := Frame{Type: Ack, Rcv: 1}
	batch := Append(Append(nil, Binary, &first), Binary, &second)
	var d Decoder
	var f Frame
	d.Reset(Binary, batch, DefaultMaxFrame)
	d.Next(&f)
	d.Next(&f)
	if f.Seq != 0 || f.Message.Topic != "" || f.Rcv != 1 {
		t.Errorf("%+v", f)
	}
}

// PROTOCOL 12.1
func TestCodes(t *testing.T) {
	for code, want := range map[Code]struct {
		status int
		class  Class
	}{
		Done: {200, ClassFinal}, BadProtocol: {400, ClassFinal}, AuthExpired: {401, ClassResume},
		Forbidden: {403, ClassFinal}, Timeout: {408, ClassResume}, Superseded: {409, ClassSuperseded},
		Unknown: {410, ClassLost}, Diverged: {410, ClassLost}, TooLarge: {413, ClassFinal},
		BadVersion: {426, ClassFinal}, RateLimited: {429, ClassDelay}, WindowBroken: {400, ClassLost},
		Shed: {503, ClassLost}, Internal: {500, ClassResume}, Draining: {503, ClassResume}, 3000: {500, ClassFinal},
	} {
		if code.HTTPStatus() != want.status || code.Class() != want.class {
			t.Errorf("%d: %d, %d", code, code.HTTPStatus(), code.Class())
		}
	}
}

// PROTOCOL 2.13: the limit may change in the middle of a batch.
func TestLimit(t *testing.T) {
	pad := Frame{Type: Pad, Raw: make([]byte, 10)}
	batch := Append(Append(nil, Binary, &pad), Binary, &pad)
	var d Decoder
	var f Frame
	d.Reset(Binary, batch, 10)
	if ok, err := d.Next(&f); !ok || err != nil {
		t.Fatal(err)
	}
	d.Limit(9)
	var refusal *Error
	if _, err := d.Next(&f); !errors.As(err, &refusal) || refusal.Code != TooLarge {
		t.Errorf("got %v", err)
	}
}
