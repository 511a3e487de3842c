package differential

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/weft-realtime/weft/conformance/prng"
)

// end is one end while its script is made up, and what its application and its driver know.
type end struct {
	*player
	w        *world
	now      int       // what the script says last
	bindings int       // the last one
	inbox    []arrival // delivered, and not consumed
	serving  []uint64  // the peer's requests that were started and not answered
	requests uint64    // the last id given out
	tags     int
	taken    []string // frames that have arrived, for another time
}

// arrival is a message that was delivered.
type arrival struct {
	seq     string
	request uint64 // its id, if it is one
}

func newEnd(w *world, p *player) *end { return &end{player: p, w: w} }

func (e *end) isClient() bool { return e.Role == "client" }

// peer is the other end.
func (e *end) peer() *end {
	if e.isClient() {
		return e.w.server
	}
	return e.w.client
}

// do puts an event in, and returns what comes out: lines without the sign before them.
func (e *end) do(format string, args ...any) []string {
	if e.now != e.w.now {
		e.now = e.w.now
		e.play(fmt.Sprintf("@ %d", e.now))
	}
	outcome := e.play("> " + fmt.Sprintf(format, args...))
	var lines []string
	for line := range strings.SplitSeq(outcome, "\t") {
		if line, ok := strings.CutPrefix(line, "< "); ok {
			lines = append(lines, line)
			if word(line, 0) == "binding" {
				e.bindings, _ = strconv.Atoi(word(line, 1))
			}
		}
	}
	return lines
}

// ask puts an event in whose first outcome is an answer. There is none when the core has failed.
func (e *end) ask(format string, args ...any) string {
	if lines := e.do(format, args...); len(lines) > 0 {
		return lines[0]
	}
	return ""
}

// take puts a frame in and reports whether the next one of the batch is to be looked at.
func (e *end) take(verb string, binding int, line string) bool {
	more := true
	e.taken = append(e.taken, line)
	for _, outcome := range e.do("%s %d %s", verb, binding, line) {
		switch word(outcome, 0) {
		case "deliver":
			a := arrival{seq: word(outcome, 1)}
			if f := parseFrame(line); f.Kind == "request" {
				a.request = f.ID
			}
			e.inbox = append(e.inbox, a)
		case "stop":
			more = false
		}
	}
	return more
}

// current is the connection of the current binding, or nil.
func (e *end) current() *conn { return e.conn(e.state["current"]) }

// conn is the connection of a binding, or nil.
func (e *end) conn(binding string) *conn {
	for _, c := range e.w.conns {
		if b := c.binding(e); b != 0 && strconv.Itoa(b) == binding {
			return c
		}
	}
	return nil
}

func (e *end) over() bool { return e.state["over"] != "no" }

// deadline is when tick has something to do, if at all.
func (e *end) deadline() (at int, ok bool) {
	at, err := strconv.Atoi(e.state["deadline"])
	return at, err == nil
}

// position returns a number of the state: the i-th word of a key's value.
func (e *end) position(key string, i int) int {
	n, _ := strconv.Atoi(word(e.state[key], i))
	return n
}

// someBinding is one of the end's bindings, 0 and one that does not exist yet included.
func (e *end) someBinding() int { return e.w.rand.Between(0, e.bindings+1) }

// bound is the current binding mostly, or the one that waits for READY.
func (e *end) bound() int {
	switch r := e.w.rand; {
	case r.OneIn(8):
		return e.someBinding()
	case e.position("outstanding", 0) > 0 && r.OneIn(3):
		return e.position("outstanding", 0)
	}
	return e.position("current", 0)
}

// near is a number that differs from n by a little, or very much, but mostly not.
func (e *end) near(n int) int {
	r := e.w.rand
	switch {
	case r.OneIn(12):
		return prng.Pick(r, 0, 1<<20, 1<<53-1)
	case r.OneIn(3):
		return max(0, n+r.Between(-3, 3))
	}
	return n
}

// parsed is what the generator must know of a frame.
type parsed struct {
	Type string `json:"t"`
	Kind string `json:"k"`
	ID   uint64 `json:"id"`
	Att  int    `json:"att"`
}

func parseFrame(line string) (f parsed) {
	if err := json.Unmarshal([]byte(line), &f); err != nil {
		panic(fmt.Sprintf("%s: %v", line, err))
	}
	return f
}
