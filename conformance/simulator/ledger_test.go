package simulator

import (
	"testing"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// TestLedgerNotices: what every check is there for must be noticed, or the simulation proves nothing.
func TestLedgerNotices(t *testing.T) {
	sent := func(n int) *frame.Message {
		return &frame.Message{Kind: frame.Event, Name: plain, Payload: payload(n, 20)}
	}
	tests := []struct {
		name string
		do   func(l *lane)
		kind Kind
	}{
		{"lost", func(l *lane) { l.start(sent(2)) }, Lost},
		{"duplicated", func(l *lane) { l.start(sent(1)); l.start(sent(1)) }, Duplicated},
		{"reordered", func(l *lane) {
			l.remove(l.messages[0])
			l.start(sent(2))
			l.messages[0].removed = false
			l.start(sent(1))
		},
			Reordered},
		{"taken back and delivered", func(l *lane) { l.remove(l.messages[0]); l.start(sent(1)) }, Broken},
		{"never sent", func(l *lane) { l.start(sent(4)) }, Broken},
		{"changed", func(l *lane) { m := sent(1); m.Payload[15] = '!'; l.start(m) }, Broken},
		{"another length", func(l *lane) { m := sent(1); m.Payload = payload(1, 21); l.start(m) }, Broken},
		{"confirmed, not consumed", func(l *lane) { l.start(sent(1)); l.confirm(l.messages[0]) }, Broken},
		{"neither confirmed nor reported", func(l *lane) { l.settle(items(l)[:2]) }, Lost},
		{"reported in another order", func(l *lane) { all := items(l); all[0], all[1] = all[1], all[0]; l.settle(all) }, Lost},
		{"reported though confirmed", func(l *lane) {
			l.start(sent(1)).consumed = true
			l.confirm(l.messages[0])
			l.settle(items(l))
		}, Lost},
		{"window of messages", func(l *lane) {
			for range 3 {
				l.arrived(1, frame.Window{Messages: 2, Bytes: 100})
			}
		}, Broken},
		{"window of bytes", func(l *lane) {
			l.arrived(60, frame.Window{Messages: 9, Bytes: 100})
			l.arrived(60, frame.Window{Messages: 9, Bytes: 100})
		}, Broken},
		{"memory", func(l *lane) {
			l.bounded(frame.Window{Messages: 1, Bytes: 1000}, frame.Window{Messages: 1, Bytes: 1000})
		}, Broken},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRun(Config{Seed: seed}, 1)
			l := &lane{run: r, name: "lane"}
			for n := 1; n <= 3; n++ {
				l.accept(&message{n: n, kind: frame.Event, size: sent(n).Size()})
			}
			tt.do(l)
			if len(r.tally.Violations) != 1 || r.tally.Violations[0].Kind != tt.kind {
				t.Errorf("violations %+v, want one of kind %d", r.tally.Violations, tt.kind)
			}
		})
	}
}

// items are what a sender would report.
func items(l *lane) (all []*core.Item) {
	for _, m := range l.messages {
		all = append(all, core.NewItem(frame.Message{Kind: m.kind, Name: plain}, m))
	}
	return all
}
