package core

import (
	"fmt"
	"testing"

	"github.com/weft-realtime/weft/transport/frame"
)

func newLog(publications int) *Log {
	return NewLog("t", 1, LogLimits{Publications: publications, Bytes: 1 << 20, Age: 1 << 40})
}

// desk is a server with topics, to whose publications it is subscribed.
type desk struct {
	*rig
	logs    map[string]*Log
	cursors map[string]*Cursor
}

func newDesk(t *testing.T, topics ...string) *desk {
	cfg := small()
	cfg.Send = frame.Window{Messages: 1000, Bytes: 1 << 20}
	d := &desk{newServer(t, cfg), map[string]*Log{}, map[string]*Cursor{}}
	for _, name := range topics {
		d.logs[name] = NewLog(name, 1, LogLimits{Publications: 4, Bytes: 1 << 20, Age: 1 << 40})
		d.cursors[name] = d.s.Subscribe(name, 1, d.logs[name], 0, 0, false)
	}
	return d
}

// do takes words: "t" publishes on topic t, "=a" sends the event a.
func (d *desk) do(words ...string) {
	for _, w := range words {
		if w[0] == '=' {
			d.send(event(w[1:]))
			continue
		}
		log := d.logs[w]
		log.Append(d.now, fmt.Sprint(w, log.Last()+1), frame.CodecBytes, nil)
		d.s.Mark(d.cursors[w], log.Last())
	}
}

// PROTOCOL 10.1, 10.4, 10.5
func TestMarkers(t *testing.T) {
	tests := []struct {
		name string
		do   []string
		want []string
	}{
		{"in order", []string{"t", "t"}, []string{"1 t1", "2 t2"}},
		{"a publish before a direct message", []string{"t", "=a"}, []string{"1 t1", "2 a"}},
		{"a direct message before a publish", []string{"=a", "t"}, []string{"1 a", "2 t1"}},
		{"a marker moves unless a direct message stands behind it", []string{"t", "t", "=a", "t", "=b", "t"},
			[]string{"1 t1", "2 t2", "3 a", "4 t3", "5 b", "6 t4"}},
		{"topics take turns", []string{"t", "t", "t", "u", "u", "v"},
			[]string{"1 t1", "2 u1", "3 v1", "4 t2", "5 u2", "6 t3"}},
		{"turns go on when one topic is done", []string{"t", "u", "u", "v", "v"},
			[]string{"1 t1", "2 u1", "3 v1", "4 u2", "5 v2"}},
		{"a direct message waits for all markers before it", []string{"t", "u", "=a", "u"},
			[]string{"1 t1", "2 u1", "3 a", "4 u2"}},
		{"a gap is what the log has lost", []string{"t", "t", "t", "t", "t", "t"},
			[]string{"1 gap t 1-2", "2 t3", "3 t4", "4 t5", "5 t6"}},
		{"a gap swallows later markers", []string{"t", "=a", "t", "t", "t", "t", "t"},
			[]string{"1 gap t 1-2", "2 a", "3 t3", "4 t4", "5 t5", "6 t6"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, "t", "u", "v")
			d.do(tt.do...)
			d.wantOut(tt.want...)
			d.do("v")
			if got := d.out(); len(got) != 1 {
				t.Errorf("afterwards: %q", got)
			}
		})
	}
}

// While publications wait for the window the session holds none of them, and what the log loses meanwhile is a gap.
//
// PROTOCOL 10.3, 10.8, 5.1
func TestSlowSubscriber(t *testing.T) {
	cfg := small()
	cfg.Send.Messages = 1
	d := newDesk(t)
	d.rig = newServer(t, cfg)
	d.logs["t"] = newLog(3)
	d.cursors["t"] = d.s.Subscribe("t", 1, d.logs["t"], 0, 0, false)
	d.do("t")
	d.wantOut("1 t1")
	d.do("t", "t", "t", "t", "t")
	if q := d.s.Queued(); q.Messages != 0 || q.Bytes != 0 {
		t.Errorf("the queue holds %+v", q)
	}
	d.wantOut()
	d.in(ack(1, 1))
	d.wantOut("2 gap t 2-3")
	d.in(ack(2, 2))
	d.wantOut("3 t4")
}

// PROTOCOL 10.2, 10.3
func TestSubscribe(t *testing.T) {
	tests := []struct {
		name   string
		offset uint64
		stale  bool
		want   []string
	}{
		{"at the end", 5, false, nil},
		{"with history", 3, false, []string{"1 t4", "2 t5"}},
		{"behind the log", 1, false, []string{"1 gap t 2-2", "2 t3", "3 t4", "4 t5"}},
		{"from another epoch", 5, true, []string{"1 gap t 1-5"}},
		{"from another epoch of an empty log", 0, true, []string{"1 gap t 1-2", "2 t3", "3 t4", "4 t5"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			d.logs["t"] = newLog(3)
			d.cursors["t"] = d.s.Subscribe("t", 1, d.logs["t"], 0, 0, false)
			d.s.Unsubscribe(d.cursors["t"])
			d.do("t", "t", "t", "t", "t")
			d.cursors["t"] = d.s.Subscribe("t", 1, d.logs["t"], tt.offset, 5, tt.stale)
			d.wantOut(tt.want...)
			if got := d.cursors["t"].Offset(); got != 5 {
				t.Errorf("the cursor is at %d, want 5", got)
			}
			d.do("t")
			d.wantOut(fmt.Sprintf("%d t6", len(tt.want)+1))
		})
	}
}

// PROTOCOL 10.7
func TestUnsubscribe(t *testing.T) {
	d := newDesk(t, "t", "u")
	d.do("t", "u", "t", "=a", "t")
	d.s.Unsubscribe(d.cursors["t"])
	d.do("t")
	d.send(reply(1))
	d.wantOut("1 reply", "2 u1", "3 a")
}

// PROTOCOL 10.1
func TestLogIsBounded(t *testing.T) {
	log := NewLog("t", 1, LogLimits{Publications: 3, Bytes: 100, Age: 1000})
	for range 5 {
		log.Append(0, "p", frame.CodecBytes, nil)
	}
	if it, missing := log.Next(0); it != nil || missing != 2 {
		t.Errorf("after 5 of at most 3: %v, missing to %d, want 2", it, missing)
	}
	if got := log.Start(2); got != 3 {
		t.Errorf("two of history begin behind %d, want 3", got)
	}
	if got := log.Start(100); got != 2 {
		t.Errorf("all of history begins behind %d, want 2", got)
	}
	log.Append(500, "p", frame.CodecBytes, make([]byte, 200))
	if it, missing := log.Next(2); it != nil || missing != 5 {
		t.Errorf("a long one leaves %v, missing to %d, want itself alone", it, missing)
	}
	if it, _ := log.Next(5); it == nil || log.Bytes() != it.Size() {
		t.Errorf("the newest one does not stay: %d bytes", log.Bytes())
	}
	log.Trim(1500)
	if it, missing := log.Next(5); it != nil || missing != 6 {
		t.Errorf("after its age: %v, missing to %d, want 6", it, missing)
	}
	if it, missing := log.Next(6); it != nil || missing != 0 {
		t.Errorf("behind the end: %v, %d", it, missing)
	}
}
