package sse

import (
	"bytes"
)

// padding is the length in bytes of the first comment: some proxies, and some clients, hold back what is shorter.
const padding = 2 << 10

// appendOpening appends what a stream begins with: a comment that shows whether it flows, and its id (PROTOCOL 11.11).
func appendOpening(buf []byte, id string) []byte {
	buf = append(buf, ':')
	buf = append(buf, bytes.Repeat([]byte{' '}, padding)...)
	buf = append(buf, "\n\nevent: "...)
	buf = append(buf, opening...)
	buf = append(buf, "\ndata: "...)
	buf = append(buf, id...)
	return append(buf, "\n\n"...)
}

// opening is the type of the event that says the stream's id.
const opening = "stream"

// dataFrame is how a DATA frame begins; its number follows (PROTOCOL 4.2).
const dataFrame = `{"t":"data","s":`

// appendEvents appends a batch of JSON frames, each as one event; DATA has an id (PROTOCOL 11.13).
func appendEvents(buf, batch []byte) []byte {
	for len(batch) > 0 {
		line, rest, _ := bytes.Cut(batch, newline)
		batch = rest
		if seq, ok := bytes.CutPrefix(line, []byte(dataFrame)); ok {
			buf = append(buf, "id: 0."...) // gen is 0 (PROTOCOL 1.5)
			buf = append(buf, digits(seq)...)
			buf = append(buf, '\n')
		}
		buf = append(buf, "data: "...)
		buf = append(buf, line...)
		buf = append(buf, "\n\n"...)
	}
	return buf
}

var newline = []byte{'\n'}

// digits is the number that b begins with.
func digits(b []byte) []byte {
	n := 0
	for n < len(b) && '0' <= b[n] && b[n] <= '9' {
		n++
	}
	return b[:n]
}
