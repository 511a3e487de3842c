package frame

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// CompactJSON takes a JSON value that a peer sent apart far enough to know that it may go out again (PROTOCOL 3.8): it
// is one value, in UTF-8 without lone surrogates, nested at most MaxJSONDepth deep. The result is a copy without white
// space, hence without CR or LF. An error is an *Error with code 4400.
func CompactJSON(p []byte) ([]byte, error) {
	if !cleanJSON(p, MaxJSONDepth) {
		return nil, errJSON
	}
	return compact(p)
}

func compact(p []byte) ([]byte, error) {
	var out bytes.Buffer
	out.Grow(len(p))
	if json.Compact(&out, p) != nil {
		return nil, errJSON
	}
	return out.Bytes(), nil
}

// cleanJSON checks what a JSON parser does not: UTF-8, depth, and that no escape is a lone surrogate, which some
// languages keep and others replace. It is cheap, and runs before the parser, which then never sees a deep nesting.
// Text that is not JSON gives any answer.
func cleanJSON(p []byte, maxDepth int) bool {
	depth, quoted := 0, false
	for i := 0; i < len(p); i++ {
		switch c := p[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			n := escapeSize(p[i:])
			if n == 0 {
				return false
			}
			i += n - 1
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return false
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return utf8.Valid(p)
}

// escapeSize is the length of the escape that p begins with, 12 for a pair of surrogates, and 0 for a lone one.
func escapeSize(p []byte) int {
	if len(p) < 2 || p[1] != 'u' {
		return 2
	}
	switch escapedUnit(p) >> 10 {
	case 0xd800 >> 10:
		if len(p) > 6 && escapedUnit(p[6:])>>10 == 0xdc00>>10 {
			return 12
		}
		return 0
	case 0xdc00 >> 10:
		return 0
	}
	return 6
}

// escapedUnit is the UTF-16 unit that p begins with as \uXXXX, and 0 if p begins otherwise.
func escapedUnit(p []byte) int {
	if len(p) < 6 || p[0] != '\\' || p[1] != 'u' {
		return 0
	}
	unit := 0
	for _, c := range p[2:6] {
		switch {
		case c >= '0' && c <= '9':
			unit = unit<<4 | int(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			unit = unit<<4 | int(c|0x20-'a'+10)
		default:
			return 0
		}
	}
	return unit
}
