package session

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weft-realtime/weft/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// world is a registry in a bubble of its own clock, and what its handler saw. The handler's functions may be set before
// the first session; the default handles everything and says nothing.
type world struct {
	*testing.T
	*Registry
	log *records

	event   func(*Session, *Inbound)
	request func(context.Context, *Session, *Inbound) (Payload, *Error)
	connect func(*Session)
	parting func(*Session)

	mu      sync.Mutex
	handled []string // names of the events whose handler has returned, and of the calls
	closed  []*CloseError
}

// bubble runs f in a synctest bubble, and shuts the registry down at once afterwards.
func bubble(t *testing.T, cfg Config, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, log: new(records)}
		cfg.Logger = slog.New(w.log)
		w.Registry = NewRegistry(cfg, w)
		defer func() {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			w.Shutdown(ctx)
		}()
		f(w)
	})
}

func (w *world) Connect(s *Session) {
	if w.connect != nil {
		w.connect(s)
	}
}

func (w *world) Event(s *Session, m *Inbound) {
	if w.event != nil {
		w.event(s, m)
	}
	w.note(m.Name)
}

func (w *world) Request(ctx context.Context, s *Session, m *Inbound) (Payload, *Error) {
	w.note(m.Name)
	if w.request != nil {
		return w.request(ctx, s, m)
	}
	return m.Payload, nil
}

func (w *world) Disconnect(s *Session, cause *CloseError) {
	if w.parting != nil {
		w.parting(s)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = append(w.closed, cause)
}

func (w *world) note(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.handled = append(w.handled, name)
}

// seen is what was handled since the last call, once everything rests.
func (w *world) seen() []string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	handled := w.handled
	w.handled = nil
	return handled
}

// ended is the cause of the one session that has ended, or nil.
func (w *world) ended() *CloseError {
	w.Helper()
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.closed) == 0 {
		return nil
	}
	if len(w.closed) > 1 {
		w.Fatalf("Disconnect ran %d times", len(w.closed))
	}
	return w.closed[0]
}

// pass lets the bubble's clock go on, and waits until everything rests.
func (w *world) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// records keeps the messages of a log.
type records struct {
	mu   sync.Mutex
	text []string
}

func (r *records) Enabled(context.Context, slog.Level) bool { return true }
func (r *records) WithAttrs([]slog.Attr) slog.Handler       { return r }
func (r *records) WithGroup(string) slog.Handler            { return r }

func (r *records) Handle(_ context.Context, rec slog.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	text := rec.Level.String() + " " + rec.Message
	rec.Attrs(func(a slog.Attr) bool { text += " " + a.String(); return true })
	r.text = append(r.text, text)
	return nil
}

func matches(line, level, text string) bool {
	return strings.HasPrefix(line, level) && strings.Contains(line, text)
}
