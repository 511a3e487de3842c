package frame

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strconv"
)

var (
	typesByName = byName(maps.All(typeNames))
	kindsByName = byName(slices.All(kindNames[:]))
)

func byName[K ~uint8 | ~int](names iter.Seq2[K, string]) map[string]K {
	values := map[string]K{}
	for v, name := range names {
		values[name] = v
	}
	return values
}

// nextLine decodes one line of a JSON batch. It reports whether the frame is one to skip: an object with an unknown
// "t" (PROTOCOL 4.6).
func (d *Decoder) nextLine(f *Frame) (skip bool, err error) {
	line, rest, _ := bytes.Cut(d.rest, []byte{'\n'})
	d.rest = rest
	if len(line) > 2*d.maxFrame {
		return false, errTooLarge
	}
	// The object of the frame itself is one level more.
	if bytes.IndexByte(line, '\r') >= 0 || !cleanJSON(line, MaxJSONDepth+1) {
		return false, errJSON
	}
	o := object{}
	if json.Unmarshal(line, &o.members) != nil || o.members == nil {
		return false, errJSON
	}
	if skip = o.frame(f); o.err != nil || skip {
		return skip, o.err
	}
	if err := f.valid(); err != nil {
		return false, err
	}
	if bodySize(f) > d.maxFrame {
		return false, errTooLarge
	}
	return false, nil
}

// object reads members off a JSON object. The first error is kept; what is read after it is zero.
type object struct {
	members map[string]json.RawMessage
	err     error
}

func (o *object) frame(f *Frame) (skip bool) {
	name := o.text("t")
	if name == extensionName {
		o.extension(f)
		return false
	}
	t, known := typesByName[name]
	if !known {
		if o.flag("critical") {
			o.fail(errCritical)
		}
		return true
	}
	f.Type = t
	switch t {
	case Hello, Attach, Ready:
		o.opening(f)
	case Data:
		f.Seq = o.number("s")
		o.message(&f.Message)
	case Ack:
		o.positions(f)
	case Ping, Pong:
		f.Nonce = o.number("nonce")
		o.positions(f)
	case Close:
		f.Code, f.Text = toCode(o.number("code")), o.optionalText("reason")
		if f.Graceful = o.has("final"); f.Graceful {
			f.Final = o.number("final")
		}
		// Binary writes finalSeq+1, which must be a number too.
		if f.Final == MaxInt {
			o.fail(errNumber)
		}
	case Reset:
		f.Code, f.Consumed, f.Text = toCode(o.number("code")), o.number("consumed"), o.optionalText("reason")
	case Auth:
		f.Text = o.optionalText("token")
	case Goaway:
		f.DrainMs, f.Text = o.number("drainMs"), o.optionalText("url")
	case Volatile:
		f.Seq, f.Text = o.number("s"), o.text("key")
		o.message(&f.Message)
	}
	return false
}

func (o *object) extension(f *Frame) {
	t := o.number("type")
	if t < uint64(FirstExtension) || t > typeMask {
		o.fail(errType)
	}
	if o.flag("critical") {
		o.fail(errCritical)
	}
	f.Type, f.Raw = Type(t), o.optionalBase64("b")
}

func (o *object) opening(f *Frame) {
	p := &Opening{Version: o.number("v")}
	f.Open = p
	// Another version may have other members.
	if o.err == nil && p.Version != Version {
		o.fail(errVersion)
		return
	}
	p.Extras = o.extras()
	if f.Type == Hello {
		o.fixed("nonce", p.Nonce[:])
		return
	}
	o.fixed("sid", p.SID[:])
	// READY may lack the token, and an empty one is none.
	p.HasToken = f.Type == Ready && o.has("token") && o.text("token") != ""
	if f.Type == Attach || p.HasToken {
		o.fixed("token", p.Token[:])
	}
	p.Att, p.Gen = o.number("att"), o.number("gen")
	o.positions(f)
	if f.Type == Ready {
		p.Top = o.number("top")
		p.Window = Window{o.number("w"), o.number("wb")}
		p.DownWindow = Window{o.number("dw"), o.number("dwb")}
		p.MaxFrame, p.PingMs, p.TTLMs = o.number("maxFrame"), o.number("pingMs"), o.number("ttlMs")
	}
}

func (o *object) extras() []Extra {
	if !o.has("x") {
		return nil
	}
	x := object{}
	if json.Unmarshal(o.members["x"], &x.members) != nil || x.members == nil {
		o.fail(errMember)
		return nil
	}
	var extras []Extra
	for _, name := range slices.Sorted(maps.Keys(x.members)) {
		extras = append(extras, Extra{name, x.text(name)})
	}
	if x.err != nil {
		o.fail(x.err)
	}
	return extras
}

func (o *object) message(m *Message) {
	m.Kind = Kind(kindsByName[o.text("k")])
	switch m.Kind {
	case Event:
		m.Name = o.text("n")
	case Request:
		m.ID, m.Name = o.number("id"), o.text("n")
	case Reply, Item:
		m.ID = o.number("id")
	case ErrorReply:
		m.ID, m.Code, m.Text = o.number("id"), toCode(o.number("code")), o.optionalText("text")
		return
	case End, Cancel:
		m.ID = o.number("id")
		return
	case Credit:
		m.ID, m.Credit = o.number("id"), o.number("bytes")
		return
	case Publication:
		m.Topic, m.Epoch, m.Offset, m.Name = o.text("topic"), o.number("epoch"), o.number("offset"), o.text("n")
	case Gap:
		m.Topic, m.Epoch, m.Offset, m.To = o.text("topic"), o.number("epoch"), o.number("from"), o.number("to")
		return
	}
	o.payload(m)
}

// payload reads "p", or else "c" and "b" (PROTOCOL 4.4).
func (o *object) payload(m *Message) {
	if p, ok := o.members["p"]; ok {
		if o.has("b") || o.has("c") {
			o.fail(errMember)
		}
		value, err := compact(p)
		if err != nil {
			o.fail(err)
		}
		m.Codec, m.Payload = CodecJSON, value
		return
	}
	if o.has("c") {
		codec := o.number("c")
		if codec == uint64(CodecJSON) || codec > 255 {
			o.fail(errCodec)
		}
		m.Codec = Codec(codec)
	}
	m.Payload = o.optionalBase64("b")
}

func (o *object) positions(f *Frame) { f.Rcv, f.Ack = o.number("rcv"), o.number("ack") }

func (o *object) has(key string) bool {
	_, ok := o.members[key]
	return ok
}

// number reads an integer from 0 to MaxInt, however it is written: 1, 1.0 and 10e-1 are the same. What a fraction
// beyond the precision of a double rounds to, it is, as in JavaScript.
func (o *object) number(key string) uint64 {
	raw := o.members[key]
	if len(raw) == 0 || raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		o.fail(errMember)
		return 0
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || v < 0 || v > MaxInt || v != float64(uint64(v)) {
		o.fail(errNumber)
		return 0
	}
	return uint64(v)
}

func (o *object) text(key string) (s string) {
	raw := o.members[key]
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		o.fail(errMember)
	}
	return s
}

func (o *object) optionalText(key string) string {
	if !o.has(key) {
		return ""
	}
	return o.text(key)
}

func (o *object) flag(key string) bool {
	raw := string(o.members[key])
	if o.has(key) && raw != "true" && raw != "false" {
		o.fail(errMember)
	}
	return raw == "true"
}

// fixed reads a value of exactly len(out) bytes.
func (o *object) fixed(key string, out []byte) {
	p := o.base64(key)
	if len(p) != len(out) {
		o.fail(errMember)
	}
	copy(out, p)
}

func (o *object) optionalBase64(key string) []byte {
	if !o.has(key) {
		return nil
	}
	return o.base64(key)
}

// base64 reads base64url without padding; each value has one form only. The decoder would skip CR and LF.
func (o *object) base64(key string) []byte {
	s := []byte(o.text(key))
	p, err := base64.RawURLEncoding.Strict().AppendDecode(nil, s)
	if err != nil || bytes.ContainsAny(s, "\r\n") {
		o.fail(errMember)
		return nil
	}
	return p
}

func (o *object) fail(err error) {
	if o.err == nil {
		o.err = err
	}
}
