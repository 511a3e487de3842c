package e2e

import (
	"flag"
	"testing"
	"time"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/chaos"
	"github.com/weft-realtime/weft/conformance/timing"
	"github.com/weft-realtime/weft/session"
)

var slow = flag.Bool("slow", false, "also paths that die as the default heartbeat, or the browser's, finds out: half a minute")

// death is of a path that dies silently, in both directions, while what is new gets through over TCP.
type death struct {
	name   string
	scheme string
	force  string // "": negotiated, on WebTransport
	ping   time.Duration
	heard  bool // something came since READY
	idle   bool // nothing is sent
	within time.Duration
	slow   bool
}

// What follows the end of an attachment that nothing is heard of: at most 250 ms before the first dial, and 1 s before
// the next (PROTOCOL 14.3). The rest is for a machine that has other work, too.
const aftermath = 3 * time.Second

var deaths = []death{
	{name: "data on its way, WebTransport", scheme: "http", within: 3*time.Second + aftermath},
	{name: "data on its way, HTTP/1.1", scheme: "http", force: "sse", within: 3*time.Second + aftermath},
	{name: "idle since READY", scheme: "http", idle: true, within: 7*time.Second + aftermath},
	{name: "idle, PING after 1 s", scheme: "http", ping: time.Second, heard: true, idle: true, within: 11*time.Second + aftermath},
	{name: "idle, PING after 15 s", scheme: "http", heard: true, idle: true, within: 25*time.Second + aftermath, slow: true},
	// The requests of a page share one connection, and Chromium gives new ones to it until a PING of its own, which it
	// sends when nothing came for 10 s, is not answered for 10 s.
	{name: "data on its way, event stream over HTTP/2", scheme: "https", force: "sse", within: 40 * time.Second, slow: true},
	{name: "data on its way, polls over HTTP/2", scheme: "https", force: "longpoll", within: 40 * time.Second, slow: true},
}

// TestBrowserPathDies: how long a path that dies silently is held on to. PROTOCOL 13.3, 13.4, 13.6, 14.3
func TestBrowserPathDies(t *testing.T) {
	for _, d := range deaths {
		if d.slow && !*slow {
			continue
		}
		t.Run(d.name, func(t *testing.T) {
			t.Parallel() // it is waiting
			d.run(t)
		})
	}
}

func (d *death) run(t *testing.T) {
	timing.Within(t, d.within, func() (time.Duration, func() string) { return d.once(t) })
}

func (d *death) once(t *testing.T) (took time.Duration, story func() string) {
	s := newSite(t, d.scheme, session.Config{Ping: d.ping})
	s.proxy(t, s.addr)
	tab := open(t, s.url(), d.force)
	if d.force == "" {
		reach(t, tab, "webtransport")
	} else {
		reach(t, tab, d.force)
	}
	if d.heard {
		browser.Run(tab, `x.s.emit("up", 1)`)
	}
	s.tcp.HalfOpen(chaos.Server)
	s.udp.Vanish()
	after := `x.s.emit("up", 2)`
	if d.idle {
		after = `new Promise(ok => x.s.addEventListener("transportchange", () => x.s.transport && ok()))`
	}
	took = timed(tab, after)
	t.Logf("%s: on %s after %.1f s", d.name, browser.Eval[string](tab, `x.s.transport`), took.Seconds())
	browser.Run(tab, `x.up(10)`)
	return took, func() string { return decisions(tab) }
}

// timed is how long a promise takes.
func timed(tab *browser.Tab, promise string) time.Duration {
	ms := browser.Eval[float64](tab, `(async () => {
		const from = performance.now()
		await `+promise+`
		return performance.now() - from
	})()`)
	return time.Duration(ms * float64(time.Millisecond))
}
