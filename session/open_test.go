package session

import (
	"testing"
	"time"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

const ws = transport.WebSocket

// The same nonce and identity give the same session until its token is used, and never another's.
// PROTOCOL 8.1, 8.2
func TestHelloIsIdempotent(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		nonce := frame.Nonce{1}
		ann, bob := Grant{Identity: Identity{Subject: "ann"}}, Grant{Identity: Identity{Subject: "bob"}}
		first, err := w.hello(ws, nonce, ann, frame.Frame{Type: frame.Data, Seq: 1, Message: event("early")})
		if err != nil {
			w.Fatal(err)
		}
		if got := w.seen(); len(got) != 1 {
			w.Errorf("handled %v, want the event behind HELLO", got)
		}
		again, err := w.hello(ws, nonce, ann)
		if err != nil {
			w.Fatal(err)
		}
		if a, b := first.ready.Open, again.ready.Open; a.SID != b.SID || a.Token != b.Token || b.Att != 1 {
			w.Errorf("HELLO again: %+v, want the session of %+v", b, a)
		}
		if again.ready.Rcv != 1 {
			w.Errorf("READY says rcv %d, want what came behind the first HELLO", again.ready.Rcv)
		}
		if got := first.take(); len(got) == 0 || got[len(got)-1].Code != frame.Superseded {
			w.Errorf("the first connection got %+v, want CLOSE 4409 last", got)
		}
		other, err := w.hello(ws, nonce, bob)
		if err != nil || other.ready.Open.SID == first.ready.Open.SID {
			w.Errorf("another identity: %v, %v", other.ready, err)
		}
		second, err := again.attach(ws, ann)
		if err != nil {
			w.Fatal(err)
		}
		if _, err := w.hello(ws, nonce, ann); code(err) != frame.Superseded {
			w.Errorf("HELLO after the token was used: %v, want 4409", err)
		}
		if st := w.Stats(); st.Sessions != 2 || st.Created != 2 {
			w.Errorf("%d sessions, %d created, want ann's and bob's", st.Sessions, st.Created)
		}
		second.tell(event("still"))
	})
}

// A POST that bears the token uses it, like ATTACH. PROTOCOL 1.2, 8.2
func TestPostUsesTheToken(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		p, err := w.hello(transport.LongPoll, frame.Nonce{1}, Grant{})
		if err != nil {
			w.Fatal(err)
		}
		o := p.ready.Open
		if _, err := w.Find(o.SID, o.Token, 1); err != nil {
			w.Fatal(err)
		}
		if _, err := w.hello(ws, frame.Nonce{1}, Grant{}); code(err) != frame.Superseded {
			w.Errorf("got %v, want 4409", err)
		}
		if s := p.session(); s.token != nil {
			w.Error("the token is still kept in clear")
		}
	})
}

// What is wrong with an ATTACH is found in the order of the protocol, and nothing has changed then.
// PROTOCOL 1.4, 8.3, 8.8, 8.10
func TestAttachIsRefused(t *testing.T) {
	ann := Grant{Identity: Identity{Subject: "ann"}, Presented: true}
	bob := Grant{Identity: Identity{Subject: "bob"}, Presented: true}
	for name, tt := range map[string]struct {
		grant  Grant
		change func(f *frame.Frame)
		code   frame.Code
		reset  bool
	}{
		"unknown sid":   {ann, func(f *frame.Frame) { f.Open.SID[0]++ }, frame.Unknown, true},
		"wrong token":   {ann, func(f *frame.Frame) { f.Open.Token[31]++ }, frame.Unknown, true},
		"other subject": {bob, func(*frame.Frame) {}, frame.Forbidden, false},
		"same att":      {ann, func(f *frame.Frame) { f.Open.Att = 1 }, frame.Superseded, false},
		"other gen":     {ann, func(f *frame.Frame) { f.Open.Gen = 1 }, frame.Diverged, true},
		"rcv beyond":    {ann, func(f *frame.Frame) { f.Rcv = 1 }, frame.Diverged, true},
		"token first":   {bob, func(f *frame.Frame) { f.Open.Token[0]++; f.Open.Gen = 1 }, frame.Unknown, true},
		"subject next":  {bob, func(f *frame.Frame) { f.Open.Att, f.Open.Gen = 1, 1 }, frame.Forbidden, false},
		"then att":      {ann, func(f *frame.Frame) { f.Open.Att, f.Open.Gen = 1, 1 }, frame.Superseded, false},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, Config{}, func(w *world) {
				nonce := frame.Nonce{1}
				p, err := w.hello(ws, nonce, ann)
				if err != nil {
					w.Fatal(err)
				}
				_, err = p.attach(ws, tt.grant, tt.change)
				if e := transport.AsError(err); e.Code != tt.code || e.Reset != tt.reset {
					w.Errorf("got %v (reset %v), want %d (reset %v)", e, e.Reset, tt.code, tt.reset)
				}
				p.tell(event("undisturbed"))
				if got := w.seen(); len(got) != 1 || p.isClosed() {
					w.Errorf("handled %v, closed %v: the session was disturbed", got, p.isClosed())
				}
				if q, err := w.hello(ws, nonce, ann); err != nil || q.ready.Open.SID != p.ready.Open.SID {
					w.Errorf("the refused ATTACH used the token up: %v", err)
				}
			})
		})
	}
}

// Unknown and wrong cannot be told apart.
func TestUnknownAndWrongAreTheSame(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		p := w.join(ws)
		o := p.ready.Open
		_, unknown := w.Find(frame.SID{1}, o.Token, 1)
		_, wrong := w.Find(o.SID, frame.Token{1}, 1)
		if unknown != wrong {
			w.Errorf("unknown is %v, wrong is %v", unknown, wrong)
		}
	})
}

// Credentials are asked for only where the request brings some. PROTOCOL 8.10
func TestAttachWithoutCredentials(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		p, err := w.hello(ws, frame.Nonce{1}, Grant{Identity: Identity{Subject: "ann"}, Presented: true})
		if err != nil {
			w.Fatal(err)
		}
		if _, err := p.attach(ws, Grant{}); err != nil {
			w.Error(err)
		}
		if got := p.session().Identity().Subject; got != "ann" {
			w.Errorf("identity %q", got)
		}
	})
}

// The old connection is told in band at once, carries nothing any more, and is closed after a second.
// PROTOCOL 1.4, 6.1, 8.4, 8.5
func TestSupersede(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		old := w.join(ws)
		p, err := old.attach(ws, Grant{})
		if err != nil {
			w.Fatal(err)
		}
		if p.ready.Open.HasToken || p.ready.Open.Att != 2 {
			w.Errorf("READY %+v, want att 2 and no token", p.ready.Open)
		}
		if got := old.take(); len(got) != 1 || got[0].Type != frame.Close || got[0].Code != frame.Superseded {
			w.Errorf("the old connection got %+v", got)
		}
		select {
		case <-old.Done():
		default:
			w.Error("Done is open")
		}
		if err := old.say(frame.Frame{Type: frame.Data, Seq: 1, Message: event("late")}); code(err) != frame.Superseded {
			w.Errorf("a late frame: %v", err)
		}
		if err := p.session().TrySend("news", Payload{}); err != nil {
			w.Fatal(err)
		}
		if got := old.take(); len(got) > 0 {
			w.Errorf("the old connection got %+v", got)
		}
		if got := p.data(); len(got) != 1 {
			w.Errorf("the new connection got %+v", got)
		}
		w.pass(999 * time.Millisecond)
		if old.isClosed() {
			w.Error("closed too early")
		}
		w.pass(2 * time.Millisecond)
		if !old.isClosed() || old.code != frame.Superseded {
			w.Errorf("after a second: closed %v with %d", old.isClosed(), old.code)
		}
		old.Lost(nil)
		if got := w.seen(); len(got) > 0 || p.isClosed() || p.session().Transport() != ws {
			w.Errorf("handled %v; the new connection is closed %v", got, p.isClosed())
		}
	})
}

// A write that stalls on the old connection holds up nobody. PROTOCOL 8.4
func TestSupersedeStalled(t *testing.T) {
	bubble(t, Config{}, func(w *world) {
		old := w.join(ws)
		defer old.hold()()
		old.session().TrySend("a", Payload{})
		p, err := old.attach(ws, Grant{})
		if err != nil {
			w.Fatal(err)
		}
		if got := names(p.data()); len(got) != 1 {
			w.Errorf("the new connection got %v", got)
		}
		w.pass(time.Second + time.Millisecond)
		if !old.isClosed() {
			w.Error("the old connection is not closed")
		}
	})
}
