package session

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// A detached session is kept for its time, then Disconnect learns what the client is not known to have handled.
// PROTOCOL 9.7, 9.9
func TestExpiry(t *testing.T) {
	bubble(t, Config{TTL: time.Minute, DownWindow: frame.Window{Messages: 2, Bytes: 1 << 10}}, func(w *world) {
		p := w.join(ws)
		s := p.session()
		for _, name := range []string{"handled", "sent", "also", "queued"} {
			s.TrySend(name, Payload{Data: []byte(name)})
			p.take()
		}
		p.ack(1, 1)
		p.take()
		p.Lost(errors.New("cut"))
		if w.Stats().Detached != 1 || s.Transport() != 0 {
			w.Error("not detached")
		}
		s.TrySend("later", Payload{})
		w.pass(time.Minute - 10*time.Millisecond)
		if w.ended() != nil {
			w.Fatal("expired too early")
		}
		w.pass(20 * time.Millisecond)
		cause := w.ended()
		if cause == nil || cause.Code != frame.Unknown || cause.Remote {
			w.Fatalf("ended by %v, want 4410", cause)
		}
		var got []string
		for _, u := range cause.Unconfirmed {
			if u.Sent {
				u.Name += " (sent)"
			}
			got = append(got, u.Name)
		}
		if want := []string{"sent (sent)", "also (sent)", "queued", "later"}; !slices.Equal(got, want) {
			w.Errorf("unconfirmed %v, want %v", got, want)
		}
		if err := s.Context().Err(); err == nil || w.Session(s.ID()) != nil {
			w.Errorf("context %v; the session is still found", err)
		}
	})
}

// An ATTACH in time keeps the session. PROTOCOL 1.10, 5.4, 5.5, 9.9
func TestResume(t *testing.T) {
	bubble(t, Config{TTL: time.Minute}, func(w *world) {
		p := w.join(ws)
		s := p.session()
		p.tell(event("a"))
		s.TrySend("1", Payload{})
		s.TrySend("2", Payload{})
		p.take()
		p.Lost(errors.New("cut"))
		s.TrySend("3", Payload{})
		w.pass(59 * time.Second)
		q, err := p.attach(ws, Grant{}, func(f *frame.Frame) { f.Rcv, f.Ack = 1, 1 })
		if err != nil {
			w.Fatal(err)
		}
		if q.ready.Rcv != 1 || q.ready.Ack != 1 || q.ready.Open.Top != 2 {
			w.Errorf("READY %+v %+v", q.ready, q.ready.Open)
		}
		if got := q.data(); !slices.Equal(names(got), []string{"2", "3"}) {
			w.Errorf("got %v, want what was not received, once each", names(got))
		}
		w.pass(2 * time.Minute)
		if w.ended() != nil && w.ended().Code == frame.Unknown && s.Transport() != 0 {
			w.Error("an attached session expired")
		}
	})
}

// PROTOCOL 9.5, 9.6
func TestTombstone(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		p := w.join(ws)
		p.tell(event("a"), event("b"))
		w.seen()
		p.session().Abort(3005, "enough")
		w.ended()
		attach := func(change func(*frame.Frame)) *transport.Error {
			_, err := p.attach(ws, Grant{}, change)
			return transport.AsError(err)
		}
		if e := attach(func(*frame.Frame) {}); !e.Reset || e.Code != 3005 || e.Reason != "enough" || e.Consumed != 2 {
			w.Errorf("ATTACH: %+v, want RESET 3005 and 2 consumed", e)
		}
		_, err := w.Find(p.ready.Open.SID, p.ready.Open.Token, 1)
		if e := transport.AsError(err); !e.Reset || e.Code != 3005 || e.Consumed != 2 {
			w.Errorf("POST: %+v, want the same", e)
		}
		if e := attach(func(f *frame.Frame) { f.Open.Token[0]++ }); e != errUnknown {
			w.Errorf("with a wrong token: %+v", e)
		}
		w.pass(10*time.Minute - time.Second)
		if e := attach(func(*frame.Frame) {}); e.Code != 3005 {
			w.Errorf("before 10 minutes: %+v", e)
		}
		w.pass(2 * time.Second)
		if e := attach(func(*frame.Frame) {}); e != errUnknown {
			w.Errorf("after 10 minutes: %+v", e)
		}
	})
}

// A session that has ended answers the same while its Disconnect still runs. PROTOCOL 9.5
func TestEndedAndNotYetATombstone(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		release := make(chan struct{})
		w.event = func(*Session, *Inbound) { <-release }
		p := w.join(transport.LongPoll)
		p.tell(event("slow"))
		p.session().Abort(3005, "enough")
		o := p.ready.Open
		_, post := w.Find(o.SID, o.Token, 1)
		_, attach := p.attach(ws, Grant{})
		for door, err := range map[string]error{"POST": post, "ATTACH": attach} {
			if e := transport.AsError(err); !e.Reset || e.Code != 3005 {
				w.Errorf("%s: %+v, want RESET 3005", door, e)
			}
		}
		close(release)
		w.ended()
	})
}

// PROTOCOL 9.6
// A late copy of the HELLO of an ended session does not begin it again: it is told how it ended. PROTOCOL 8.2, 9.6
func TestHelloOfEndedSession(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		nonce := frame.Nonce{7}
		p, err := w.hello(ws, nonce, Grant{})
		if err != nil {
			w.Fatal(err)
		}
		p.tell(event("a"))
		w.seen()
		p.session().Abort(3005, "enough")
		w.ended()
		_, err = w.hello(ws, nonce, Grant{})
		if e := transport.AsError(err); err == nil || !e.Reset || e.Code != 3005 || e.Consumed != 1 {
			w.Errorf("HELLO again: %+v, want RESET 3005 and 1 consumed", err)
		}
		if q, err := w.hello(ws, nonce, Grant{Identity: Identity{Subject: "another"}}); err != nil {
			w.Errorf("another subject's HELLO: %v", err)
		} else {
			q.take()
		}
		w.pass(11 * time.Minute)
		if _, err := w.hello(ws, nonce, Grant{}); err != nil {
			w.Errorf("after 10 minutes: %v", err)
		}
	})
}

func TestTombstonesAreBounded(t *testing.T) {
	var tombs tombstones
	for i := range maxTombstones + 10 {
		id := [16]byte{byte(i), byte(i >> 8), byte(i >> 16)}
		tombs.add(&tombstone{sid: id, nonce: nonceKey{nonce: id}, until: core.Time(i)})
	}
	if n := tombs.order.Len(); n != maxTombstones || len(tombs.bySID) != n || len(tombs.byNonce) != n {
		t.Errorf("%d in order, %d by sid, %d by nonce", n, len(tombs.bySID), len(tombs.byNonce))
	}
	if tombs.find(frame.SID{9}) != nil || tombs.find(frame.SID{10}) == nil {
		t.Error("not the oldest were dropped")
	}
}

// PROTOCOL 13.1, 13.2
func TestHeartbeat(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		p := w.join(ws)
		w.pass(15*time.Second - 10*time.Millisecond)
		if got := p.take(); len(got) > 0 {
			w.Errorf("got %+v before 15 s of silence", got)
		}
		w.pass(20 * time.Millisecond)
		ping := p.take()
		if len(ping) != 1 || ping[0].Type != frame.Ping {
			w.Fatalf("got %+v, want PING", ping)
		}
		if err := p.say(frame.Frame{Type: frame.Pong, Nonce: ping[0].Nonce}); err != nil {
			w.Fatal(err)
		}
		w.pass(15*time.Second + 10*time.Millisecond)
		if got := p.take(); len(got) != 1 || got[0].Type != frame.Ping {
			w.Fatalf("got %+v, want another PING", got)
		}
		w.pass(10*time.Second - 50*time.Millisecond)
		if p.isClosed() {
			w.Fatal("given up too early")
		}
		w.pass(60 * time.Millisecond)
		if !p.isClosed() || p.code != frame.Timeout || w.Stats().Detached != 1 {
			w.Errorf("closed %v with %d, %d detached", p.isClosed(), p.code, w.Stats().Detached)
		}
	})
}

// A client's PING is answered at once. PROTOCOL 13.1
func TestPong(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		p := w.join(ws)
		if err := p.say(frame.Frame{Type: frame.Ping, Nonce: 7}); err != nil {
			w.Fatal(err)
		}
		if got := p.take(); len(got) != 1 || got[0].Type != frame.Pong || got[0].Nonce != 7 {
			w.Errorf("got %+v", got)
		}
	})
}

// Polls are their own heartbeat: without one the attachment is given up, and that can be resumed. It is no second
// owner who took the session over. PROTOCOL 12.2, 13.1, 13.2
func TestNoPolls(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		p := w.join(transport.LongPoll)
		w.pass(35*time.Second - 10*time.Millisecond)
		if w.Stats().Detached != 0 {
			w.Fatal("given up too early")
		}
		w.pass(20 * time.Millisecond)
		if w.Stats().Detached != 1 {
			w.Fatal("not given up")
		}
		o := p.ready.Open
		if _, err := w.Find(o.SID, o.Token, 1); code(err) != frame.Timeout {
			w.Errorf("a late poll: %v, want 4408", err)
		}
		if _, err := w.Find(o.SID, o.Token, 9); code(err) != frame.Superseded {
			w.Errorf("a poll of no attachment: %v, want 4409", err)
		}
		if _, err := p.attach(transport.LongPoll, Grant{}); err != nil {
			w.Error(err)
		}
	})
}

// PROTOCOL 13.2, 16.1
func TestStalledWrite(t *testing.T) {
	bubble(t, Config{WriteTimeout: 3 * time.Second}, func(w *world) {
		p := w.join(ws)
		release := p.hold()
		defer release()
		p.session().TrySend("a", Payload{})
		w.pass(3*time.Second - 10*time.Millisecond)
		if p.isClosed() {
			w.Fatal("closed too early")
		}
		w.pass(20 * time.Millisecond)
		if !p.isClosed() || w.Stats().Detached != 1 {
			w.Fatal("not closed")
		}
		q, err := p.attach(ws, Grant{})
		if err != nil {
			w.Fatal(err)
		}
		if got := names(q.data()); !slices.Equal(got, []string{"a"}) {
			w.Errorf("got %v", got)
		}
	})
}
