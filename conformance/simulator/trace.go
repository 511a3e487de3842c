package simulator

import (
	"fmt"
	"strings"

	"github.com/weft-realtime/weft/transport/frame"
)

func (r *run) trace(format string, args ...any) {
	if r.log != nil {
		r.log("%8d  "+format, append([]any{r.now}, args...)...)
	}
}

// traceBatch says what a batch holds: runs of DATA by their numbers, everything else by type.
func (r *run) traceBatch(way string, enc frame.Encoding, batch []byte) {
	if r.log == nil {
		return
	}
	var d frame.Decoder
	var f frame.Frame
	var all []string
	var first, last uint64
	data := func() {
		if first > 0 {
			all = append(all, fmt.Sprintf("data %d-%d", first, last))
		}
		first = 0
	}
	d.Reset(enc, batch, frame.DefaultMaxFrame)
	for ok, _ := d.Next(&f); ok; ok, _ = d.Next(&f) {
		if f.Type == frame.Data {
			if first == 0 {
				first = f.Seq
			}
			last = f.Seq
			continue
		}
		data()
		all = append(all, describe(&f))
	}
	data()
	r.trace("%s %s", way, strings.Join(all, ", "))
}

func describe(f *frame.Frame) string {
	positions := fmt.Sprintf("(rcv %d, ack %d)", f.Rcv, f.Ack)
	switch f.Type {
	case frame.Hello:
		return "hello"
	case frame.Attach:
		return fmt.Sprintf("attach %d %s", f.Open.Att, positions)
	case frame.Ready:
		return fmt.Sprintf("ready %d %s", f.Open.Att, positions)
	case frame.Ack:
		return "ack " + positions
	case frame.Ping:
		return fmt.Sprintf("ping %d %s", f.Nonce, positions)
	case frame.Pong:
		return fmt.Sprintf("pong %d %s", f.Nonce, positions)
	case frame.Close:
		return fmt.Sprintf("close %d (graceful: %t, final %d)", f.Code, f.Graceful, f.Final)
	case frame.Reset:
		return fmt.Sprintf("reset %d (consumed %d)", f.Code, f.Consumed)
	}
	return fmt.Sprintf("type %d", f.Type)
}
