package badinput_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// drip is a body that never ends.
func drip(t *testing.T) io.Reader {
	r, w := io.Pipe()
	t.Cleanup(func() { w.Close() })
	return r
}

// badPost is a POST that is refused whatever the door.
type badPost struct {
	header http.Header
	body   func() io.Reader
	code   frame.Code
	status int
}

func (s *server) refusesPosts(t *testing.T, posts map[string]badPost) {
	lp := kinds[2]
	p := lp.join(t, s)
	p.talk()
	doors := map[string]string{
		"session": s.mount + "/session",
		"attach":  p.url("poll"),
		"send":    p.url("send") + "?att=1",
		"poll":    p.url("poll") + "?att=1&poll=999&rcv=0&ack=0",
	}
	for name, bad := range posts {
		for door, url := range doors {
			t.Run(name+"/"+door, func(t *testing.T) {
				header := p.bearer()
				for k, v := range bad.header {
					header[k] = v
				}
				s.meanwhile(t, func() {
					post(t, url, header, bad.body()).check(t, lp, frame.Close, bad.code, bad.status)
				})
			})
		}
	}
	p.T = t
	p.talk()
}

// PROTOCOL 11.2, 11.7, 12.1
func TestBadPosts(t *testing.T) {
	serve(t, nil).refusesPosts(t, map[string]badPost{
		"no content type":   {http.Header{"Content-Type": nil}, text("x"), frame.BadProtocol, 415},
		"simple type":       {http.Header{"Content-Type": {"text/plain"}}, text("x"), frame.BadProtocol, 415},
		"form":              {http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, text("x"), frame.BadProtocol, 415},
		"parameter":         {http.Header{"Content-Type": {transport.MIME + "; charset=x"}}, text("x"), frame.BadProtocol, 415},
		"two types":         {http.Header{"Content-Type": {transport.MIME, "text/plain"}}, text("x"), frame.BadProtocol, 415},
		"gzip":              {http.Header{"Content-Encoding": {"gzip"}}, text("x"), frame.BadProtocol, 415},
		"identity":          {http.Header{"Content-Encoding": {"identity"}}, text("x"), frame.BadProtocol, 415},
		"too large":         {nil, func() io.Reader { return bytes.NewReader(make([]byte, 2<<20+1)) }, frame.TooLarge, 413},
		"too large chunked": {nil, func() io.Reader { return io.LimitReader(zeros{}, 2<<20+1) }, frame.TooLarge, 413},
	})
}

// PROTOCOL 11.2, 11.7, 12.1
func TestPostNeverEnds(t *testing.T) {
	serve(t, func(l *transport.Limits) { l.Body = time.Second }).refusesPosts(t, map[string]badPost{
		"never ends": {nil, func() io.Reader { return drip(t) }, frame.Timeout, 408},
	})
}

func text(s string) func() io.Reader { return func() io.Reader { return strings.NewReader(s) } }

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// In a POST a gap is no offence: the answer says how far the session is, and the same when it is asked again.
// PROTOCOL 6.3, 7.5, 11.6
func TestGapInPost(t *testing.T) {
	s := serve(t, nil)
	p := kinds[2].join(t, s)
	p.talk()
	gap := encode(frame.Binary, frame.Frame{Type: frame.Data, Seq: 3, Message: frame.Message{Kind: frame.Event, Name: "say"}})
	for range 2 {
		a := p.send(gap)
		if a.status != 200 || len(a.frames) != 1 || a.frames[0].Type != frame.Ack || a.frames[0].Rcv != 1 || a.frames[0].Ack != 1 {
			t.Errorf("answered %+v, want an ACK of 1", a)
		}
	}
	p.talk()
}

// On a stream it is one. PROTOCOL 6.3
func TestGapOnStream(t *testing.T) {
	s := serve(t, nil)
	for _, k := range kinds[:2] {
		p := k.join(t, s)
		p.talk()
		p.seq++
		s.meanwhile(t, func() {
			p.offend(encode(k.enc, p.data(frame.Message{Kind: frame.Event, Name: "say"}))).check(t, k, frame.Close, frame.BadProtocol, 0)
		})
	}
}

// Of two polls the newer counts; numbers of polls only grow; what they say of the client is held to the rules.
// PROTOCOL 7.1, 11.4, 11.5, 12.1
func TestBadPolls(t *testing.T) {
	s := serve(t, nil)
	lp := kinds[2]
	p := lp.join(t, s)
	p.talk()
	older, newer := make(chan answer, 1), make(chan answer, 1)
	first := p.lastPoll + 1
	s.meanwhile(t, func() {
		go func() { older <- p.pollAs(first, p.rcv) }()
		go func() { newer <- p.pollAs(first+1, p.rcv) }()
		(<-older).check(t, lp, frame.Close, frame.StalePoll, 409) // whichever comes first
		p.pollAs(first, p.rcv).check(t, lp, frame.Close, frame.StalePoll, 409)
		p.pollAs(0, p.rcv).check(t, lp, frame.Close, frame.StalePoll, 409)
		p.send(encode(frame.Binary, p.data(frame.Message{Kind: frame.Event, Name: "say"})))
		a := <-newer
		if a.status != 200 {
			t.Errorf("the newer poll: %+v", a)
		}
		for i := range a.frames {
			p.rcv = max(p.rcv, a.frames[i].Seq)
		}
	})
	p.lastPoll = first + 1
	p.talk()
	for _, query := range []string{"att=1", "att=1&poll=x&rcv=0&ack=0", "att=1&poll=99&rcv=0", "att=1&poll=99&rcv=0&rcv=0&ack=0",
		"att=1&poll=99&rcv=1e3&ack=0", "att=1&poll=99&rcv=9007199254740992&ack=0", "att=1;poll=99"} {
		post(t, p.url("poll")+"?"+query, p.bearer(), http.NoBody).check(t, lp, frame.Close, frame.BadProtocol, 400)
	}
	p.talk()
	s.log.clear()
	s.meanwhile(t, func() {
		p.pollAs(p.lastPoll+1, 1000).check(t, lp, frame.Close, frame.BadProtocol, 400)
	})
	s.log.check(t, frame.BadProtocol)
}
