package badinput_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/weft-realtime/weft/transport/frame"
)

// Who does not hold the token, or comes with old numbers, changes nothing: the victim's session works on where it was.
// PROTOCOL 1.2, 1.4, 1.5, 8.3, 8.8, 9.5, 12.1
func TestVictim(t *testing.T) {
	for _, k := range kinds {
		s := serve(t, nil)
		victim, thief := k.join(t, s), k.join(t, s)
		victim.talk()
		victim.attach(&victim.open.SID, victim.takeover()) // att 2
		victim.talk()
		for name, tt := range map[string]struct {
			change func(f *frame.Frame)
			frame  frame.Type
			code   frame.Code
		}{
			"unknown session":         {func(f *frame.Frame) { f.Open.SID[3]++ }, frame.Reset, frame.Unknown},
			"wrong token":             {func(f *frame.Frame) { f.Open.Token[31]++ }, frame.Reset, frame.Unknown},
			"no token":                {func(f *frame.Frame) { f.Open.Token = frame.Token{} }, frame.Reset, frame.Unknown},
			"another session's token": {func(f *frame.Frame) { f.Open.Token = thief.open.Token }, frame.Reset, frame.Unknown},
			"att of now":              {func(f *frame.Frame) { f.Open.Att-- }, frame.Close, frame.Superseded},
			"att of before":           {func(f *frame.Frame) { f.Open.Att -= 2 }, frame.Close, frame.Superseded},
			"att 0":                   {func(f *frame.Frame) { f.Open.Att = 0 }, frame.Close, frame.BadProtocol},
			"wrong gen":               {func(f *frame.Frame) { f.Open.Gen = 1 }, frame.Reset, frame.Diverged},
			"rcv beyond top":          {func(f *frame.Frame) { f.Rcv = 1000 }, frame.Reset, frame.Diverged},
			"ack above rcv":           {func(f *frame.Frame) { f.Rcv, f.Ack = 0, 1 }, frame.Close, frame.BadProtocol},
			"version 2":               {func(f *frame.Frame) { f.Open.Version = 2 }, frame.Close, frame.BadVersion},
		} {
			t.Run(k.name+"/"+name, func(t *testing.T) {
				victim.T = t
				f := victim.takeover()
				tt.change(&f)
				s.log.clear()
				s.meanwhile(t, func() {
					k.try(t, s, &f.Open.SID, encode(k.enc, f)).check(t, k, tt.frame, tt.code, tt.code.HTTPStatus())
				})
				victim.talk()
				s.log.check(t, tt.code)
			})
		}
	}
}

// A POST that is not the session's own, or not the attachment's. PROTOCOL 8.4, 11.3, 11.4, 11.6
func TestVictimOfPosts(t *testing.T) {
	s := serve(t, nil)
	lp := kinds[2]
	victim, thief := lp.join(t, s), lp.join(t, s)
	victim.attach(&victim.open.SID, victim.takeover()) // att 2
	victim.talk()
	event := encode(frame.Binary, frame.Frame{Type: frame.Data, Seq: 2, Message: frame.Message{Kind: frame.Event, Name: "panic"}})
	token := victim.bearer().Get("Authorization")
	for name, tt := range map[string]struct {
		authorization, query string
		frame                frame.Type
		code                 frame.Code
	}{
		"no token":      {"", "att=2", frame.Reset, frame.Unknown},
		"not a bearer":  {strings.TrimPrefix(token, "Bearer "), "att=2", frame.Reset, frame.Unknown},
		"token cut":     {token[:len(token)-2], "att=2", frame.Reset, frame.Unknown},
		"token padded":  {token + "=", "att=2", frame.Reset, frame.Unknown},
		"wrong token":   {"Bearer " + strings.Repeat("A", 43), "att=2", frame.Reset, frame.Unknown},
		"thief's token": {thief.bearer().Get("Authorization"), "att=2", frame.Reset, frame.Unknown},
		"old att":       {token, "att=1", frame.Close, frame.Superseded},
		"future att":    {token, "att=3", frame.Close, frame.Superseded},
		"no att":        {token, "", frame.Close, frame.BadProtocol},
		"att -1":        {token, "att=-1", frame.Close, frame.BadProtocol},
		"att 2^53":      {token, "att=9007199254740992", frame.Close, frame.BadProtocol},
		"att twice":     {token, "att=2&att=2", frame.Close, frame.BadProtocol},
		"att in hex":    {token, "att=0x2", frame.Close, frame.BadProtocol},
	} {
		for _, door := range []string{"send", "poll"} {
			t.Run(name+"/"+door, func(t *testing.T) {
				victim.T = t
				query := tt.query
				if door == "poll" {
					query += "&poll=999&rcv=0&ack=0"
				}
				s.meanwhile(t, func() {
					header := http.Header{"Authorization": {tt.authorization}}
					a := post(t, victim.url(door)+"?"+query, header, strings.NewReader(string(event)))
					a.check(t, lp, tt.frame, tt.code, tt.code.HTTPStatus())
				})
				victim.talk()
			})
		}
	}
}

// Of many that attach at once with the same number one is right, and of those with growing numbers the greatest.
// PROTOCOL 8.3, 8.4
func TestAttachAtOnce(t *testing.T) {
	s := serve(t, nil)
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			p := k.join(t, s)
			p.talk()
			const storm = 30
			s.meanwhile(t, func() {
				var wg sync.WaitGroup
				for i := range storm {
					wg.Go(func() {
						f := p.takeover()
						f.Open.Att += uint64(i / 2) // each number twice
						kind := kinds[i%len(kinds)]
						a := kind.first(t, s, &f.Open.SID, encode(kind.enc, f))
						if len(a) == 0 || a[0].Type != frame.Ready && a[len(a)-1].Code != frame.Superseded {
							t.Errorf("answered %+v", a)
						}
					})
				}
				wg.Wait()
			})
			f := p.takeover()
			f.Open.Att += storm
			p.attach(&f.Open.SID, f)
			p.talk()
		})
	}
}

// first opens a connection and returns the first answer to its first batch.
func (k kind) first(t *testing.T, s *server, sid *frame.SID, batch []byte) []frame.Frame {
	t.Helper()
	if k.polls() {
		return k.try(t, s, sid, batch).frames
	}
	if k.events {
		st := s.openStream(t, sid)
		if a := st.attach(t, batch); a.status != http.StatusNoContent {
			return a.frames
		}
		frames, err := st.next(t)
		if err != nil {
			t.Error(err)
		}
		return frames
	}
	c := k.dial(t, s)
	c.write(batch)
	answer, _, err := c.read()
	if err != nil {
		t.Error(err)
	}
	return decode(t, k.enc, answer)
}

// After its end a session is only remembered. PROTOCOL 9.4, 9.5, 9.6
func TestAttachAfterClose(t *testing.T) {
	s := serve(t, nil)
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			p := k.join(t, s)
			p.talk()
			p.talk() // an echo comes before its handler has returned; this one shows that the first has
			f := p.takeover()
			p.offend(encode(k.enc, frame.Frame{Type: frame.Close, Code: frame.Done, Text: "bye"}))
			a := k.try(t, s, &f.Open.SID, encode(k.enc, f))
			a.check(t, k, frame.Reset, frame.Done, 200)
			if got := a.frames[0].Consumed; got != 1 && got != 2 {
				t.Errorf("consumed %d, want 1 or 2", got)
			}
			if k.posts() {
				p.send(nil).check(t, k, frame.Reset, frame.Done, 200)
			}
			p.open.Token[0]++
			f = p.takeover()
			k.try(t, s, &f.Open.SID, encode(k.enc, f)).check(t, k, frame.Reset, frame.Unknown, 410)
		})
	}
}
