package sse

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/weft-realtime/weft/transport/internal/post"
)

// parse feeds a stream in pieces of n bytes and returns its events, "name|data" each.
func parse(p *parser, text string, n int) (events []string, err error) {
	for b := []byte(text); len(b) > 0 && err == nil; b = b[min(n, len(b)):] {
		err = p.feed(slices.Clone(b[:min(n, len(b))]), func(name, data []byte) error {
			events = append(events, fmt.Sprintf("%s|%s", name, data))
			return nil
		})
	}
	return events, err
}

// Streams are read as the HTML standard says, in whatever pieces they come. PROTOCOL 11.13
func TestParser(t *testing.T) {
	for text, want := range map[string][]string{
		"data: a\n\n":                                     {"|a\n"},
		"data:a\n\ndata:b\n\n":                            {"|a\n", "|b\n"},
		"data: a\r\n\r\ndata: b\r\rdata":                  {"|a\n", "|b\n"},
		"data: a\rdata: b\n\r\n":                          {"|a\nb\n"},
		"\ufeffdata: a\n\n":                               {"|a\n"},
		"data: \ufeffa\n\n":                               {"|\ufeffa\n"},
		":" + strings.Repeat(" ", 50) + "\n\ndata: a\n\n": {"|a\n"},
		"event: x\ndata: a\n\ndata: b\n\n":                {"x|a\n", "|b\n"},
		"event: x\n\ndata: b\n\n":                         {"|b\n"},
		"event: x\nevent: y\ndata: a\n\n":                 {"y|a\n"},
		"id: 1.2\nretry: 5\nfoo: bar\nbaz\ndata: a\n\n":   {"|a\n"},
		"data\n\n":       {"|\n"},
		"data:  a\n\n":   {"| a\n"},
		"data: a: b\n\n": {"|a: b\n"},
		" data: a\n\n":   nil,
		"Data: a\n\n":    nil,
		"data: a\n":      nil, // not complete
		"data: a":        nil,
		"\n\n\n":         nil,
		"":               nil,
	} {
		for n := 1; n < 10; n++ {
			if got, err := parse(&parser{limit: 60}, text, n); !slices.Equal(got, want) || err != nil {
				t.Errorf("%q by %d: %q, %v, want %q", text, n, got, err, want)
			}
		}
	}
}

// What is too long is refused before it is kept.
func TestParserLimit(t *testing.T) {
	for _, text := range []string{
		":" + strings.Repeat(" ", 100),
		":" + strings.Repeat(" ", 100) + "\n",
		"data: " + strings.Repeat("x", 100) + "\n\n",
		strings.Repeat("data: "+strings.Repeat("x", 20)+"\n", 5),
	} {
		for _, n := range []int{1, 7, 1000} {
			p := &parser{limit: 60}
			if _, err := parse(p, text, n); err != post.ErrTooLarge || len(p.line)+len(p.data) > 120 {
				t.Errorf("%.20q by %d: %v, and %d bytes kept", text, n, err, len(p.line)+len(p.data))
			}
		}
	}
	over := errors.New("over")
	err := (&parser{limit: 60}).feed([]byte("data: a\n\ndata: b\n\n"), func(_, data []byte) error {
		if string(data) != "a\n" {
			t.Errorf("went on to %q", data)
		}
		return over
	})
	if err != over {
		t.Errorf("%v", err)
	}
}

// However a stream is cut into pieces, its events are the same.
func FuzzParser(f *testing.F) {
	f.Add("data: a\r\n\r\n: x\n\nid: 1\nevent: y\rdata: b\n\n", 3)
	f.Fuzz(func(t *testing.T, text string, n int) {
		whole, err := parse(&parser{limit: 60}, text, max(len(text), 1))
		pieces, perr := parse(&parser{limit: 60}, text, 1+(n&0xff))
		if err != nil || perr != nil {
			return // where it is too long depends on the pieces
		}
		if !slices.Equal(whole, pieces) {
			t.Errorf("%q by %d: %q, whole %q", text, n, pieces, whole)
		}
	})
}
