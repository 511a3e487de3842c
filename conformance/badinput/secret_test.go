package badinput_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport/frame"
)

// everything is a log of all that can be logged.
type everything struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (e *everything) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.buf.Write(p)
}

func (e *everything) String() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.buf.String()
}

// The log names sessions by their sid; it never has what opens one, whatever goes wrong. PROTOCOL 1.1, 1.2, 1.3
func TestSecretsAreNotLogged(t *testing.T) {
	log := new(everything)
	cfg := router.Config{Session: session.Config{
		Logger: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}}
	s := serveRouter(t, cfg, nil)
	for _, k := range kinds {
		h := hello()
		p := &peer{kind: k, T: t, s: s}
		p.attach(nil, h)
		p.attach(&p.open.SID, p.takeover())
		f := p.takeover()
		f.Open.Att = 1
		k.try(t, s, &f.Open.SID, encode(k.enc, f))
		f.Open.SID[0]++
		k.try(t, s, &f.Open.SID, encode(k.enc, f))
		if k.posts() {
			p.open.Att++
			p.send(nil)
			p.open.Att--
		}
		p.offend(encode(k.enc, frame.Frame{Type: frame.Ack, Rcv: 99}))

		text := log.String()
		if sid := base64.RawURLEncoding.EncodeToString(p.open.SID[:]); !strings.Contains(text, sid) {
			t.Errorf("%s: the log does not name session %s", k.name, sid)
		}
		for name, secret := range map[string][]byte{"token": p.open.Token[:], "nonce": h.Open.Nonce[:]} {
			for _, written := range []string{
				base64.RawURLEncoding.EncodeToString(secret), base64.StdEncoding.EncodeToString(secret),
				hex.EncodeToString(secret), fmt.Sprint(secret),
			} {
				if strings.Contains(text, written) {
					t.Errorf("%s: the log has the %s", k.name, name)
				}
			}
		}
	}
}

// Ids and tokens are the server's choice, all different, and not made of what the client said; a session can be opened
// on a WebSocket directly. PROTOCOL 1.1, 1.2, 8.1, 14.6
func TestIdsAreTheServers(t *testing.T) {
	s := serve(t, nil)
	seen := map[string]bool{}
	for _, k := range kinds {
		for range 20 {
			h := hello()
			p := &peer{kind: k, T: t, s: s}
			p.attach(nil, h)
			sid, token, nonce := string(p.open.SID[:]), string(p.open.Token[:]), string(h.Open.Nonce[:])
			if seen[sid] || seen[token] || strings.Contains(token, sid) || strings.Contains(sid+token, nonce) {
				t.Errorf("%s: sid %x, token %x for nonce %x", k.name, sid, token, nonce)
			}
			seen[sid], seen[token] = true, true
			if p.open.Nonce != (frame.Nonce{}) {
				t.Error("READY says the nonce")
			}
		}
	}
}
