package differential

import (
	"fmt"

	"github.com/weft-realtime/weft/conformance/prng"
)

// Schedule is what happens to a client, a server and the network between them.
type Schedule struct {
	Number         int
	client, server *end
}

// Scripts are what happens to each end.
func (s *Schedule) Scripts() []*Script { return []*Script{&s.client.Script, &s.server.Script} }

// world is a schedule that is being made up.
type world struct {
	rand           *prng.Rand
	now            int // milliseconds
	client, server *end
	conns          []*conn
	openings       []packet // HELLO and ATTACH, of which late copies may come
	attempt        int      // att of the last one
	deck           []card
	weights        int    // sum of the deck's
	scale          int    // bytes that are much for this schedule's windows
	granted        string // members of READY: the client's window
	topics         []string
	subscribed     map[string]bool
}

// card is something that may happen next.
type card struct {
	weight int
	play   func()
}

// newSchedule makes up a schedule. The same seed and number make the same one.
func newSchedule(seed uint64, number int) *Schedule {
	w := &world{rand: prng.New(seed, uint32(number)), now: 1000, subscribed: map[string]bool{}}
	clientConfig, serverConfig := w.configs()
	w.client = newEnd(w, newPlayer(fmt.Sprintf("schedule %d of seed %d, the client", number, seed), "client", clientConfig))
	w.server = newEnd(w, newPlayer(fmt.Sprintf("schedule %d of seed %d, the server", number, seed), "server", serverConfig))
	w.shuffle()
	w.beginTopics()
	for range w.rand.N(4) {
		w.client.send() // before it knows what the server takes
	}
	for left := w.rand.Between(20, 400); left > 0; left-- {
		w.move()
		if w.client.over() && w.server.over() {
			left -= 20
		}
		if w.client.failed != "" || w.server.failed != "" {
			break
		}
	}
	return &Schedule{number, w.client, w.server}
}

// configs are overrides of the defaults that both ends begin with: small windows, so that limits are met.
func (w *world) configs() (client, server string) {
	r := w.rand
	if r.OneIn(8) {
		w.scale, w.granted = 16<<10, `"w":256,"wb":131072`
		return "", ""
	}
	w.scale = prng.Pick(r, r.Between(60, 200), r.Between(60, 3000))
	window := func() string { return fmt.Sprintf("%d/%d", r.Between(1, 20), w.scale*r.Between(1, 4)) }
	both := func() (all string) {
		all = fmt.Sprintf("queue=%d/%d", r.Between(1, 40), w.scale*r.Between(1, 10))
		for _, override := range []string{
			fmt.Sprintf("slots=%d", r.Between(1, 5)), fmt.Sprintf("batch=%d", r.Between(20, 2*w.scale)),
			fmt.Sprintf("pong=%d", r.Between(50, 10_000)), fmt.Sprintf("hold=%d", r.Between(50, 25_000)),
			fmt.Sprintf("volatile=%d", r.Between(1, 6)), fmt.Sprintf("keys=%d", r.Between(1, 6)),
		} {
			if r.OneIn(2) {
				all += " " + override
			}
		}
		return all
	}
	// No server's window is smaller than what a client sends before READY (PROTOCOL 5.6), and later ones are the same.
	before := fmt.Sprintf("send=%d/%d ", r.Between(1, 3), w.scale/2)
	messages, bytes := r.Between(3, 20), w.scale*r.Between(1, 4)
	w.granted = fmt.Sprintf(`"w":%d,"wb":%d`, messages, bytes)
	client = before + both()
	server = fmt.Sprintf("receive=%d/%d send=%s %s", messages, bytes, window(), both())
	for _, override := range []string{
		fmt.Sprintf(" maxFrame=%d", w.scale*r.Between(1, 3)), fmt.Sprintf(" ping=%d", r.Between(100, 15_000)),
		fmt.Sprintf(" ttl=%d", r.Between(1_000, 120_000)), fmt.Sprintf(" ackDelay=%d", r.Between(1, 200)),
	} {
		if r.OneIn(2) {
			server += override
		}
	}
	return client, server
}

// shuffle decides what happens often in this schedule, and what does not at all.
func (w *world) shuffle() {
	each := func(do func(*end)) func() {
		return func() {
			if e := prng.Pick(w.rand, w.client, w.server); !e.over() || w.rand.OneIn(8) {
				do(e)
			}
		}
	}
	often := func() int { return prng.Pick(w.rand, 1, 1, 2, 3) }
	maybe := func() int { return prng.Pick(w.rand, 0, 0, 1, 1, 2, 4) }
	w.deck = []card{
		{400 * often(), w.arrive},
		{300, each((*end).write)},
		{200, w.connect},
		{200 * often(), w.poll},
		{150 * often(), each((*end).send)},
		{250 * often(), each((*end).consume)},
		{60 * often(), w.elapse},
		{50 * maybe(), each((*end).volatile)},
		{10 * maybe(), each((*end).cancel)},
		{10 * maybe(), each((*end).lose)},
		{50 * maybe(), w.publish},
		{20 * maybe(), w.subscribe},
		{5 * maybe(), w.unsubscribe},
		{4 * maybe(), each((*end).close)},
		{1 * maybe(), each((*end).abort)},
		{5 * maybe(), each((*end).nudge)},
		{10 * maybe(), each((*end).misbehave)},
		{15 * maybe(), each((*end).again)},
		{10 * maybe(), w.mislead},
	}
	for _, c := range w.deck {
		w.weights += c.weight
	}
}

// move lets one thing happen.
func (w *world) move() {
	n := w.rand.N(w.weights)
	for _, c := range w.deck {
		if n -= c.weight; n < 0 {
			c.play()
			return
		}
	}
}

// elapse lets time pass: a little, or to where something is due at an end, perhaps more than once, and one before or
// after it.
func (w *world) elapse() {
	e := prng.Pick(w.rand, w.client, w.server)
	if !w.rand.OneIn(3) {
		w.now += w.rand.Between(1, 60)
		e.do("tick")
		return
	}
	for range w.rand.Between(1, 3) {
		if due, ok := e.deadline(); ok && !w.rand.OneIn(4) {
			w.now = max(w.now, due+w.rand.Between(-1, 1))
		} else {
			w.now += w.rand.Between(1, 5_000)
		}
		e.do("tick")
	}
}
