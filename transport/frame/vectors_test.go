package frame

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const vectorsDir = "../../conformance/vectors/frame"

// vector is one entry of the vectors; their README says what the keys mean.
type vector struct {
	name      string
	maxFrame  int
	binary    []byte
	hasBinary bool
	json      []byte
	hasJSON   bool
	spellings [][]byte
	code      Code // 0: valid
}

func loadVectors(t testing.TB) map[string][]vector {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(vectorsDir, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors in %s (%v)", vectorsDir, err)
	}
	all := map[string][]vector{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for block := range strings.SplitSeq(string(text), "\n\n") {
			v, ok, err := parseVector(block)
			if err != nil {
				t.Fatalf("%s: %v in\n%s", file, err, block)
			}
			if ok {
				all[filepath.Base(file)] = append(all[filepath.Base(file)], v)
			}
		}
	}
	return all
}

func parseVector(block string) (v vector, ok bool, err error) {
	v.maxFrame = DefaultMaxFrame
	for line := range strings.SplitSeq(block, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		ok = true
		key, value, _ := strings.Cut(line, ":")
		if err := v.set(key, strings.TrimPrefix(value, " ")); err != nil {
			return v, false, err
		}
	}
	return v, ok, nil
}

func (v *vector) set(key, value string) (err error) {
	switch key {
	case "name":
		v.name = value
	case "clauses":
	case "maxframe":
		v.maxFrame, err = strconv.Atoi(value)
	case "binary":
		v.hasBinary = true
		v.binary, err = parseGroups(value)
	case "json":
		v.hasJSON = true
		v.json, err = parseText(value)
	case "spelling":
		var p []byte
		p, err = parseText(value)
		v.spellings = append(v.spellings, p)
	case "code":
		var code int
		code, err = strconv.Atoi(value)
		v.code = Code(code)
	default:
		err = fmt.Errorf("unknown key %q", key)
	}
	return err
}

func parseGroups(s string) ([]byte, error) {
	var out []byte
	for group := range strings.FieldsSeq(s) {
		digits, times, repeated := strings.Cut(group, "*")
		p, err := hex.DecodeString(digits)
		if err != nil {
			return nil, err
		}
		n := 1
		if repeated {
			if n, err = strconv.Atoi(times); err != nil {
				return nil, err
			}
		}
		out = append(out, bytes.Repeat(p, n)...)
	}
	return out, nil
}

func parseText(s string) ([]byte, error) {
	var out []byte
	for {
		text, rest, found := strings.Cut(s, "<<")
		out = append(out, text...)
		if !found {
			return out, nil
		}
		groups, rest, _ := strings.Cut(rest, ">>")
		p, err := parseGroups(groups)
		if err != nil {
			return nil, err
		}
		out, s = append(out, p...), rest
	}
}

func decodeAll(enc Encoding, batch []byte, maxFrame int) (frames []Frame, err error) {
	var d Decoder
	d.Reset(enc, batch, maxFrame)
	for {
		var f Frame
		ok, err := d.Next(&f)
		if !ok {
			return frames, err
		}
		frames = append(frames, f)
	}
}

func encodeAll(enc Encoding, frames []Frame) []byte {
	var out []byte
	for i := range frames {
		out = Append(out, enc, &frames[i])
	}
	return out
}

// PROTOCOL 2.1, 2.2, 2.3, 2.4, 2.5, 2.6, 2.7, 2.8, 2.9, 2.10, 2.11, 2.12, 3.1, 3.2, 3.3, 3.4, 3.5, 3.6, 3.8, 4.1, 4.2
// PROTOCOL 4.3, 4.4, 4.5, 4.6, 4.7, 4.8, 12.1: each vector names its own.
func TestVectors(t *testing.T) {
	valid, invalid := 0, 0
	for file, vectors := range loadVectors(t) {
		for _, v := range vectors {
			if v.code == 0 {
				valid++
			} else {
				invalid++
			}
			t.Run(file+"/"+v.name, func(t *testing.T) { v.run(t) })
		}
	}
	if valid < 60 || invalid < 60 {
		t.Errorf("%d valid and %d invalid vectors: some were not read", valid, invalid)
	}
}

func (v *vector) run(t *testing.T) {
	if v.code != 0 {
		if v.hasBinary {
			wantCode(t, Binary, v.binary, v.maxFrame, v.code)
		}
		if v.hasJSON {
			wantCode(t, JSON, v.json, v.maxFrame, v.code)
		}
		return
	}
	if len(v.json) > 0 && !bytes.HasSuffix(v.json, []byte("\n")) {
		v.json = append(v.json, '\n')
	}
	if v.hasBinary {
		v.wantEncodings(t, Binary, v.binary)
	}
	if v.hasJSON {
		v.wantEncodings(t, JSON, v.json)
	}
	for _, s := range v.spellings {
		v.wantEncodings(t, JSON, s)
	}
}

func (v *vector) wantEncodings(t *testing.T, enc Encoding, batch []byte) {
	t.Helper()
	frames, err := decodeAll(enc, batch, v.maxFrame)
	if err != nil {
		t.Fatalf("decode %q: %v", batch, err)
	}
	if got := encodeAll(Binary, frames); v.hasBinary && !bytes.Equal(got, v.binary) {
		t.Errorf("%q\ngives %x\nnot   %x", batch, got, v.binary)
	}
	if got := encodeAll(JSON, frames); v.hasJSON && !bytes.Equal(got, v.json) {
		t.Errorf("%q\ngives %q\nnot   %q", batch, got, v.json)
	}
	for i := range frames {
		wantParts(t, &frames[i])
	}
}

// wantParts checks that a DATA frame is the sum of its parts, and that the sizes are those of the encoding.
func wantParts(t *testing.T, f *Frame) {
	t.Helper()
	binary := Append(nil, Binary, f)
	if _, n := varint(binary[1:]); len(binary) != 1+n+bodySize(f) {
		t.Errorf("body is %d bytes, bodySize says %d", len(binary)-1-n, bodySize(f))
	}
	if f.Type != Data {
		return
	}
	for _, enc := range []Encoding{Binary, JSON} {
		message := AppendMessage(nil, enc, &f.Message)
		if got, want := AppendData(nil, enc, f.Seq, message), Append(nil, enc, f); !bytes.Equal(got, want) {
			t.Errorf("AppendData gives %q, not %q", got, want)
		}
		if enc == Binary && len(message) != f.Message.Size() {
			t.Errorf("Size is %d, not %d", f.Message.Size(), len(message))
		}
	}
	emptyJSON := f.Message.Codec == CodecJSON && len(f.Message.Payload) == 0
	if err := f.Message.Check(DefaultMaxFrame); err != nil && !emptyJSON {
		t.Errorf("Check refuses what was decoded: %v", err)
	}
}

func wantCode(t *testing.T, enc Encoding, batch []byte, maxFrame int, code Code) {
	t.Helper()
	_, err := decodeAll(enc, batch, maxFrame)
	refusal, ok := err.(*Error)
	if !ok || refusal.Code != code {
		t.Errorf("got %v, want code %d for %.200q", err, code, batch)
	}
}
