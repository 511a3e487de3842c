package session

import (
	"testing"
	"time"

	"github.com/weft-realtime/weft/transport/frame"
)

// Traffic makes the next deadline earlier and later all the time. A session is scheduled once all the same, and not at
// all when it has ended.
func TestScheduledOnce(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		p := w.join(ws)
		for id := range uint64(500) {
			p.tell(request(id+1, "r"))
			p.take()
			p.ack(id+1, 0)
			w.pass(300 * time.Millisecond)
		}
		if n := w.scheduled(); n != 1 {
			w.Errorf("scheduled %d times", n)
		}
		p.session().Abort(frame.Done, "done")
		w.pass(0)
		if n := w.scheduled(); n != 0 {
			w.Errorf("scheduled %d times after its end", n)
		}
	})
}

func (w *world) scheduled() int {
	w.wheel.mu.Lock()
	defer w.wheel.mu.Unlock()
	return len(w.wheel.due)
}
