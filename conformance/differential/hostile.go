package differential

import (
	"fmt"

	"github.com/weft-realtime/weft/conformance/prng"
)

// What no honest end, driver or network does, or seldom.

// misbehave puts something in that may be wrong.
func (e *end) misbehave() {
	r := e.w.rand
	switch n := r.N(20); {
	case n < 12:
		e.take(prng.Pick(r, "frame", "post"), e.bound(), e.frame())
	case n < 14:
		e.do("consumed %d", e.near(e.position("in", 1)))
	case n < 15:
		e.do("heard %d", e.someBinding())
	case n < 16:
		e.do("lost %d", e.someBinding())
	case e.isClient():
		e.w.open(prng.Pick(r, "stream", "poll")) // nobody hears it
	default:
		e.intrude()
	}
}

// intrude comes to the server as nobody of this schedule's clients.
func (e *end) intrude() {
	r := e.w.rand
	switch r.N(5) {
	case 0:
		e.do("hello %s", prng.Pick(r, "stream", "poll"))
	case 1:
		e.do("poll %d %d %d%s", e.bound(), e.near(e.position("out", 1)), e.near(e.position("out", 3)), prng.Pick(r, "", " again"))
	case 2:
		e.do("poll-done %d", e.bound())
	case 3:
		e.late()
	default:
		rcv := e.near(e.position("out", 1))
		e.do(`attach %s {"t":"attach","att":%d,"gen":%d,"rcv":%d,"ack":%d}`, prng.Pick(r, "stream", "poll"),
			max(1, e.near(e.position("att", 0)+1)), prng.Pick(r, 0, 0, 0, 1), rcv, min(rcv, e.near(e.position("out", 3))))
	}
}

// late lets a copy of a HELLO or ATTACH arrive, with what came in the same batch.
func (e *end) late() {
	if len(e.w.openings) == 0 {
		return
	}
	c := e.w.newConn()
	e.w.conns = append(e.w.conns, c)
	e.admit(c, prng.Pick(e.w.rand, e.w.openings...))
}

// again lets a frame arrive again, from one attachment or another.
func (e *end) again() {
	if len(e.taken) == 0 {
		return
	}
	line := prng.Pick(e.w.rand, e.taken...)
	switch parseFrame(line).Type {
	case "data", "volatile", "ack", "ping", "pong":
		e.take(prng.Pick(e.w.rand, "frame", "post"), e.bound(), line)
	}
}

// mislead answers the client's HELLO or ATTACH as the server would not now.
func (w *world) mislead() {
	r, e := w.rand, w.client
	b := e.position("outstanding", 0)
	if b == 0 {
		return
	}
	switch r.N(4) {
	case 0:
		e.take("frame", b, e.ready(w.attempt))
	case 1:
		e.take("frame", b, e.frame())
	default:
		e.take("frame", b, fmt.Sprintf(`{"t":"close","code":%d}`, prng.Pick(r, 4409, 4409, 4429, 4500, 4503)))
	}
}

// frame makes a frame up that has something to do with what the end expects.
func (e *end) frame() string {
	r := e.w.rand
	rcv := e.near(e.position("out", 1))
	ack := min(rcv, e.near(e.position("out", 3)))
	code := e.code()
	switch r.N(14) {
	case 0, 1, 2:
		return fmt.Sprintf(`{"t":"data","s":%d,%s}`, max(1, e.near(e.position("in", 1)+1)), e.message())
	case 3:
		return fmt.Sprintf(`{"t":"ack","rcv":%d,"ack":%d}`, rcv, ack)
	case 4:
		return fmt.Sprintf(`{"t":"ping","nonce":%d,"rcv":%d,"ack":%d}`, e.near(1), rcv, ack)
	case 5:
		return fmt.Sprintf(`{"t":"pong","nonce":%d,"rcv":%d,"ack":%d}`, e.near(1), rcv, ack)
	case 6:
		return fmt.Sprintf(`{"t":"close","code":%d,"final":%d}`, code, e.near(e.position("in", 1)))
	case 7:
		return fmt.Sprintf(`{"t":"close","code":%d,"reason":"go"}`, code)
	case 8:
		return fmt.Sprintf(`{"t":"reset","code":%d,"consumed":%d}`, code, e.near(e.position("out", 3)))
	case 9:
		return e.ready(max(1, e.near(e.position("att", 0))+r.N(2)))
	case 10:
		return prng.Pick(r, `{"t":"hello"}`, fmt.Sprintf(`{"t":"attach","att":%d,"rcv":0,"ack":0}`, 1+r.N(5)))
	case 11:
		return fmt.Sprintf(`{"t":"volatile","s":%d,"key":%q,%s}`, e.near(r.N(20)), e.key(), e.message())
	case 12:
		return fmt.Sprintf(`{"t":"volatile","s":%d,"key":%q,"k":"event","n":"a"}`, e.near(r.N(20)), e.key())
	}
	return prng.Pick(r, `{"t":"auth"}`, `{"t":"auth","token":"x"}`, `{"t":"goaway","drainMs":5}`, `{"t":"ext","type":16}`)
}

// ready is a READY that may be the answer to the client's attempt att.
func (e *end) ready(att int) string {
	r := e.w.rand
	rcv := e.near(e.position("out", 1))
	return fmt.Sprintf(`{"t":"ready",%s,"att":%d,"rcv":%d,"ack":%d,"top":%d,%s,"dw":%d,"dwb":%d}`,
		prng.Pick(r, `"token":"`+token+`"`, `"sid":"`+sid+`"`, `"gen":0`), att, rcv,
		min(rcv, e.near(e.position("out", 3))), e.near(e.position("in", 1)), e.w.granted, r.Between(1, 20), r.Between(60, 3000))
}

const (
	token = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" // 32 bytes 0
	sid   = "AQAAAAAAAAAAAAAAAAAAAA"                      // of another session
)

// message is the members of any message.
func (e *end) message() string {
	r := e.w.rand
	id := max(1, e.near(1))
	switch r.N(9) {
	case 0:
		return fmt.Sprintf(`"k":"event","n":%q%s`, e.name(), e.payload())
	case 1:
		return fmt.Sprintf(`"k":"request","id":%d,"n":%q%s`, id, e.name(), e.payload())
	case 2:
		return fmt.Sprintf(`"k":"reply","id":%d%s`, id, e.payload())
	case 3:
		return fmt.Sprintf(`"k":"error","id":%d,"code":4500`, id)
	case 4:
		return fmt.Sprintf(`"k":"item","id":%d%s`, id, e.payload())
	case 5:
		return fmt.Sprintf(`"k":%q,"id":%d`, prng.Pick(r, "end", "cancel"), id)
	case 6:
		return fmt.Sprintf(`"k":"credit","id":%d,"bytes":%d`, id, e.near(100))
	case 7:
		return fmt.Sprintf(`"k":"publication","topic":"t","epoch":%d,"offset":%d,"n":"a"%s`, e.near(1), id, e.payload())
	}
	return fmt.Sprintf(`"k":"gap","topic":"t","epoch":1,"from":1,"to":%d`, id)
}
