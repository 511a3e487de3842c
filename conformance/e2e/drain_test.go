package e2e

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/exchange"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/session"
)

// drained is what a page has seen of a drain.
type drained struct {
	Sent   int
	Failed []string
	Lost   []struct {
		Code        int
		Unconfirmed int
	}
	States    []string // after the first session was open
	Gaps      int
	Session   string
	Transport string
}

// TestBrowserDrain: the node that serves a page is shut down while it sends and listens, and another one takes over. Every
// event is handled by exactly one of them, in order; the topic has one gap; the page is never without a session.
// PROTOCOL 18.1, 18.2, 18.3, 18.4, 18.5
func TestBrowserDrain(t *testing.T) {
	for _, force := range []string{"", "websocket", "sse", "longpoll"} {
		t.Run("force="+force, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			b, err := exchange.Listen("", router.Config{Origins: []string{"http://" + l.Addr().String()}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(b.Close)
			a := exchange.Serve(l, router.Config{Session: session.Config{
				Successor: func() string { return "http://" + b.Addr() + "/rt" },
			}})
			t.Cleanup(a.Close)

			tab := open(t, "http://"+a.Addr(), force)
			first := browser.Eval[string](tab, `x.greeted`)
			browser.Run(tab, `(async () => {
				window.d = { sent: 0, failed: [], states: [], gaps: 0 }
				const topic = await x.s.subscribe("topic:a")
				topic.on("n", () => {})
				topic.addEventListener("gap", () => d.gaps++)
				x.s.addEventListener("statechange", () => d.states.push(x.s.state))
				window.talk = (async () => {
					const waiting = new Set()
					while (!window.enough) {
						const one = x.s.emit("up", ++d.sent).catch(e => d.failed.push(String(e))).then(() => waiting.delete(one))
						waiting.add(one)
						x.s.emit("publish", d.sent)
						if (waiting.size > 20) await Promise.race(waiting)
						await new Promise(soon => setTimeout(soon, 2))
					}
					await Promise.all(waiting)
				})()
			})()`)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			begun := time.Now()
			if err := a.Router.Shutdown(ctx); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
			took := time.Since(begun)
			d := browser.Eval[drained](tab, fmt.Sprintf(`(async () => {
				await new Promise(soon => setTimeout(soon, 500))
				window.enough = true
				await talk
				while (x.s.transport !== %q) await new Promise(soon => setTimeout(soon, 5))
				return { ...d, lost: x.lost, session: x.session, transport: x.s.transport }
			})()`, cmp.Or(force, "websocket")))
			inA, inB := a.Up(first), b.Up(d.Session)
			t.Logf("shut down in %v: %d at the first node, %d at the second, on %s", took, inA.Received, inB.Received, d.Transport)
			switch {
			case inA.Err(inA.Received) != nil:
				t.Errorf("at the first node: %v", inA.Err(inA.Received))
			case inB.Received != d.Sent-inA.Received || inB.Missing != inA.Received || inB.Repeated+inB.Reordered > 0:
				t.Errorf("of %d, %d were handled at the first node, and then %+v at the second", d.Sent, inA.Received, inB)
			case inA.Received == 0 || inB.Received == 0:
				t.Error("one of the nodes has handled nothing")
			}
			if len(d.Failed) > 0 || len(d.Lost) != 1 || d.Lost[0].Code != 4503 || d.Lost[0].Unconfirmed > 0 {
				t.Errorf("lost %+v, failed %v", d.Lost, d.Failed)
			}
			if d.Gaps != 1 || slices.ContainsFunc(d.States, func(s string) bool { return s != "open" }) {
				t.Errorf("%d gaps, states %v", d.Gaps, d.States)
			}
		})
	}
}
