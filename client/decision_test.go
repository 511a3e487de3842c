package client_test

import (
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport"
)

// text is a log.
type text struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *text) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *text) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *text) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// How a session gets where it is can be read on both sides, at level debug, and from the client.
func TestDecisions(t *testing.T) {
	ours, theirs := new(text), new(text)
	rt := router.New(router.Config{Session: session.Config{Logger: theirs.logger()}})
	states := make(chan transport.Kind, 100)
	c := connect(t, serve(t, rt), client.Config{
		Logger: ours.logger(), OnState: func(_ client.State, k transport.Kind) { states <- k },
	})
	on := func(kind transport.Kind) {
		for ctx := soon(t); ; {
			select {
			case k := <-states:
				if k == kind {
					return
				}
			case <-ctx.Done():
				t.Fatalf("never on %s: %v", kind, c.Decisions())
			}
		}
	}
	on(transport.WebSocket)
	did := func(what string, kind transport.Kind) bool {
		return slices.ContainsFunc(c.Decisions(), func(d client.Decision) bool { return d.What == what && d.Transport == kind })
	}
	for _, what := range []string{"create longpoll", "ready longpoll", "dial websocket", "opened websocket", "ready websocket"} {
		act, kind, _ := strings.Cut(what, " ")
		if !did(act, transport.ParseKind(kind)) {
			t.Errorf("no %s in %v", what, c.Decisions())
		}
		if line := regexp.MustCompile(`DEBUG msg="weft: ` + act + `" transport=` + kind); !line.MatchString(ours.String()) {
			t.Errorf("the client's log has no %s:\n%s", what, ours)
		}
	}
	for _, kind := range []string{"longpoll", "websocket"} {
		if line := regexp.MustCompile(`DEBUG msg="weft: attached".* transport=` + kind); !line.MatchString(theirs.String()) {
			t.Errorf("the server's log has no attachment by %s:\n%s", kind, theirs)
		}
	}
	for range 15 { // at least died, dial, opened, attach and ready each
		c.Drop()
		on(0)
		on(transport.WebSocket)
		if n := len(c.Decisions()); n > 64 {
			t.Fatalf("%d entries", n)
		}
		c.Force(transport.WebSocket) // else it dies young too often
	}
	if !did("died", transport.WebSocket) || len(c.Decisions()) != 64 {
		t.Errorf("%d entries: %v", len(c.Decisions()), c.Decisions())
	}
}
