package post

import (
	"strings"

	"github.com/weft-realtime/weft/transport/frame"
)

// Number returns the number that a raw query gives name. It must be there exactly once, in digits only, and not greater
// than frame.MaxInt. Names that nobody asks for are ignored.
func Number(query, name string) (uint64, error) {
	value, _, err := find(query, name)
	if err != nil {
		return 0, err
	}
	return parse(value)
}

// Optional is Number for what may be left out, which is 0.
func Optional(query, name string) (uint64, error) {
	value, found, err := find(query, name)
	if err != nil || !found {
		return 0, err
	}
	return parse(value)
}

func find(query, name string) (value string, found bool, err error) {
	for pair := range strings.SplitSeq(query, "&") {
		k, v, _ := strings.Cut(pair, "=")
		if k != name {
			continue
		}
		if found {
			return "", false, errQuery
		}
		value, found = v, true
	}
	return value, found, nil
}

func parse(s string) (uint64, error) {
	const maxDigits = 16 // of frame.MaxInt
	if s == "" || len(s) > maxDigits {
		return 0, errQuery
	}
	n := uint64(0)
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, errQuery
		}
		n = 10*n + uint64(c-'0')
	}
	if n > frame.MaxInt {
		return 0, errQuery
	}
	return n, nil
}
