package differential

import (
	"fmt"
	"slices"

	"github.com/weft-realtime/weft/conformance/prng"
)

// What the applications at both ends do.

// send sends a message of any kind.
func (e *end) send() {
	r := e.w.rand
	switch n := r.N(100); {
	case n < 45:
		e.post(fmt.Sprintf(`"k":"event","n":%q`, e.name()), true)
	case n < 65 || e.requests == 0:
		e.requests++ // also of one that is refused
		e.post(fmt.Sprintf(`"k":"request","id":%d,"n":%q`, e.requests, e.name()), true)
	case n < 70:
		e.say(fmt.Sprintf(`{"k":"credit","id":%d,"bytes":%d}`, r.Between(1, int(e.requests)), r.N(1<<16)))
	default:
		e.answer()
	}
}

// volatile sends the latest value of a key.
func (e *end) volatile() { e.do(`volatile %s {"k":"event","n":%q%s}`, e.key(), e.name(), e.payload()) }

func (e *end) key() string {
	return prng.Pick(e.w.rand, "x", "y", "z", "x.1", "x.2", "x.3", "schlüssel", "鍵")
}

// answer answers one of the peer's requests that were started, or sends an item of the answer.
func (e *end) answer() {
	r := e.w.rand
	if len(e.serving) == 0 {
		return
	}
	i := r.N(len(e.serving))
	id := e.serving[i]
	switch n := r.N(10); {
	case n < 3:
		e.post(fmt.Sprintf(`"k":"item","id":%d`, id), false)
		return
	case n < 4:
		e.say(fmt.Sprintf(`{"k":"end","id":%d}`, id))
	case n < 6:
		e.say(fmt.Sprintf(`{"k":"error","id":%d,"code":%d,"text":"no"}`, id, prng.Pick(r, 3000, 4404, 4500)))
	default:
		e.post(fmt.Sprintf(`"k":"reply","id":%d`, id), false)
	}
	e.serving = slices.Delete(e.serving, i, i+1)
}

// post sends a message with a payload.
func (e *end) post(members string, tagged bool) {
	line := "{" + members + e.payload() + "}"
	if tagged || e.w.rand.OneIn(4) {
		e.tags++
		e.do("send %c%d %s", e.Role[0], e.tags, line)
		return
	}
	e.say(line)
}

// say sends a message without a tag.
func (e *end) say(line string) { e.do("send - %s", line) }

func (e *end) name() string {
	return prng.Pick(e.w.rand, "a", "b", "say", "müde", "日本", "a.b")
}

// payload is members of a line, or nothing.
func (e *end) payload() string {
	const least = 24 // what a message is long without a payload
	r, scale := e.w.rand, e.w.scale
	switch n := r.N(20); {
	case n < 8:
		return ""
	case n < 10:
		return prng.Pick(r, `,"p":{"a":[1,"ü",null]}`, `,"p":7`, `,"p":"x"`, `,"b":"AAEC"`, `,"c":2,"b":"gw"`, `,"c":200,"b":""`)
	case n < 16:
		return fmt.Sprintf(`,"size":%d`, r.Between(least, least+scale/10))
	case n < 18:
		return fmt.Sprintf(`,"size":%d`, r.Between(least, least+scale))
	}
	return fmt.Sprintf(`,"size":%d`, r.Between(scale, 4*scale))
}

// consume lets the application be done with a message: mostly the first one.
func (e *end) consume() {
	r := e.w.rand
	if len(e.inbox) == 0 {
		return
	}
	i := 0
	if r.OneIn(12) {
		i = r.N(len(e.inbox))
	}
	a := e.inbox[i]
	if a.request > 0 {
		if e.state["can-start"] == "no" {
			e.do("starved")
			return
		}
		e.do("start")
		e.serving = append(e.serving, a.request)
	}
	e.do("consumed %s", a.seq)
	e.inbox = slices.Delete(e.inbox, i, i+1)
}

// cancel takes a request back.
func (e *end) cancel() {
	if e.requests > 0 {
		e.do("cancel %d", e.w.rand.Between(1, int(e.requests)))
	}
}

func (e *end) close() {
	e.do("close %d%s", e.code(), prng.Pick(e.w.rand, "", " bye", " on my way"))
}

func (e *end) abort() {
	e.do("abort %d%s", e.code(), prng.Pick(e.w.rand, "", " enough"))
}

func (e *end) code() int {
	return prng.Pick(e.w.rand, 1000, 1000, 3000, 4401, 4403, 4409, 4410, 4412, 4429, 4430, 4431, 4500, 4503, 4999)
}

// nudge is what drivers say now and then.
func (e *end) nudge() {
	switch r := e.w.rand; {
	case e.isClient() && r.OneIn(2):
		e.do("%s", prng.Pick(r, "hold", "release", "release", "leave 4503 moved", "expire", "expire"))
	case e.isClient():
		e.do("wake")
	case r.OneIn(4):
		e.do("move %d %s", r.Between(0, 5000), prng.Pick(r, "", "/b", "https://b.example/rt"))
	case r.OneIn(3):
		e.do("token-used")
	default:
		e.do("tick")
	}
	e.do("heard %d", e.bound())
}

// beginTopics begins up to three topics.
func (w *world) beginTopics() {
	r := w.rand
	for _, topic := range []string{"t", "u", "v"}[:r.N(4)] {
		w.topics = append(w.topics, topic)
		bounds := []string{"", " 7", " 7 3", " 7 10 100", " 7 10 5", " 7 10 100 500"}
		w.server.do("log %s%s", topic, prng.Pick(r, bounds...))
	}
}

func (w *world) publish() {
	if len(w.topics) > 0 {
		w.server.do("publish %s %s", prng.Pick(w.rand, w.topics...), w.server.name())
	}
}

// subscribe subscribes somewhere in a topic's log, or behind its end.
func (w *world) subscribe() {
	if len(w.topics) == 0 {
		return
	}
	topic := prng.Pick(w.rand, w.topics...)
	if w.subscribed[topic] {
		return
	}
	w.subscribed[topic] = true
	w.server.do("subscribe %s %d%s", topic, w.rand.N(6), prng.Pick(w.rand, "", "", " stale"))
}

func (w *world) unsubscribe() {
	if len(w.topics) == 0 {
		return
	}
	topic := prng.Pick(w.rand, w.topics...)
	if w.subscribed[topic] {
		w.subscribed[topic] = false
		w.server.do("unsubscribe %s", topic)
	}
}
