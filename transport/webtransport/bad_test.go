package webtransport_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/webtransport"
)

// Who says nothing is not waited for. PROTOCOL 2.13, 11.16
func TestNoFirstFrame(t *testing.T) {
	wt := webtransport.New()
	v := offend(t, wt, hasty{wt})
	for name, f := range map[string]func(t *testing.T){
		"no stream": func(t *testing.T) {
			o, _, err := v.dial(t, nil)
			if err != nil {
				t.Fatal(err)
			}
			if code := o.gone(); code != frame.Timeout {
				t.Errorf("closed with %d, want 4408", code)
			}
		},
		"only datagrams": func(t *testing.T) {
			o, _, err := v.dial(t, nil)
			if err != nil {
				t.Fatal(err)
			}
			for o.session.Context().Err() == nil {
				if o.session.SendDatagram(volatile(1, "n")) != nil {
					break
				}
			}
			if code := o.gone(); code != frame.Timeout {
				t.Errorf("closed with %d, want 4408", code)
			}
		},
		"half of it": func(t *testing.T) { v.with(t, hello()[:10]).refused(frame.Timeout) },
		"one byte, and no goodbye": func(t *testing.T) {
			begun := time.Now()
			o := v.with(t, hello()[:1])
			o.refused(frame.Timeout)
			o.left(begun, frame.Timeout)
		},
		"in drips": func(t *testing.T) {
			o := v.with(t, nil)
			for _, b := range hello()[:10] {
				o.write([]byte{b})
				time.Sleep(firstFrame / 9)
			}
			o.refused(frame.Timeout)
		},
	} {
		t.Run(name, func(t *testing.T) {
			begun := time.Now()
			v.meanwhile(t, func() { f(t) })
			if d := time.Since(begun); d > firstFrame+9*time.Second {
				t.Errorf("it took %v", d)
			}
		})
	}
}

func volatile(seq uint64, name string) []byte {
	return frame.Append(nil, frame.Binary, &frame.Frame{
		Type: frame.Volatile, Seq: seq, Text: "k", Message: frame.Message{Kind: frame.Event, Name: name},
	})
}

// What is no frame, or none that may come, is refused, with the reason in band. PROTOCOL 2.3, 2.13, 11.10, 11.16
func TestBadFrames(t *testing.T) {
	v := offended(t)
	garbage := []byte{byte(frame.Data), 3, 0xff, 0xff, 0xff}
	huge := []byte{byte(frame.Data), 0xa0, 0, 0, 0} // 512 MiB follow
	for name, tt := range map[string]struct {
		first bool // the bytes begin the stream
		bytes []byte
		code  frame.Code
	}{
		"garbage first":       {true, garbage, frame.BadProtocol},
		"garbage":             {false, garbage, frame.BadProtocol},
		"oversized first":     {true, huge, frame.TooLarge},
		"oversized":           {false, huge, frame.TooLarge},
		"DATA first":          {true, new(offender).say("hi"), frame.BadProtocol},
		"HELLO and HELLO":     {true, append(hello(), hello()...), frame.BadProtocol},
		"HELLO, then another": {false, hello(), frame.BadProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			v.meanwhile(t, func() {
				if tt.first {
					v.with(t, tt.bytes).refused(tt.code)
					return
				}
				o := v.join(t)
				o.talk("good")
				o.write(tt.bytes)
				o.refused(tt.code)
			})
		})
	}
}

// Who is refused while the server writes is told behind what that writes, and by the session's close where nothing more
// fits: never in the middle of a frame. PROTOCOL 11.10, 11.16
func TestRefusedWhileWriting(t *testing.T) {
	v := offended(t)
	huge := []byte{byte(frame.Data), 0xa0, 0, 0, 0} // 512 MiB follow
	for name, check := range map[string]func(*offender){
		"reads on": func(o *offender) { o.refused(frame.TooLarge) },
		"does not": func(o *offender) {
			// A write that stalls ends the session, too, a moment earlier or later.
			if code := o.gone(); code != frame.TooLarge && code != frame.Timeout {
				o.Errorf("closed with %d, want 4413 or 4408", code)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := v.join(t)
			v.meanwhile(t, func() {
				o.write(o.say(strings.Repeat("x", 3*window)))
				for !bytes.Contains(o.rest, []byte("xx")) { // the echo has begun, and there is no room for all of it
					var p [100]byte
					n, err := o.stream.Read(p[:])
					if err != nil {
						t.Fatal(err)
					}
					o.rest = append(o.rest, p[:n]...)
				}
				o.write(huge)
				check(o)
			})
		})
	}
}

// A VOLATILE frame that is against the rules is refused as on the stream. PROTOCOL 2.7, 11.16, 17.1
func TestRefusedDatagram(t *testing.T) {
	t.Parallel() // it is waiting
	v := offended(t)
	o := v.join(t)
	v.meanwhile(t, func() {
		p := frame.Append(nil, frame.Binary, &frame.Frame{
			Type: frame.Volatile, Seq: 1, Text: "k", Message: frame.Message{Kind: frame.Request, ID: 1, Name: "echo"},
		})
		begun := time.Now()
		if err := o.session.SendDatagram(p); err != nil {
			t.Fatal(err)
		}
		o.refused(frame.BadProtocol)
		o.left(begun, frame.BadProtocol)
	})
}

// Datagrams that are not one VOLATILE frame change nothing. PROTOCOL 11.16
func TestBadDatagrams(t *testing.T) {
	v := offended(t)
	o := v.join(t)
	v.meanwhile(t, func() {
		for name, p := range map[string][]byte{
			"nothing": {}, "garbage": []byte("\x16\x03\x01"), "HELLO": hello(), "DATA": new(offender).say("out of order"),
			"cut off": volatile(1, "n")[:5], "two": append(volatile(1, "n"), volatile(2, "n")...),
			"CLOSE":  frame.Append(nil, frame.Binary, &frame.Frame{Type: frame.Close, Code: frame.Done}),
			"a head": {byte(frame.Volatile), 0xa0, 0, 0, 0},
		} {
			if err := o.session.SendDatagram(p); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			o.talk(name)
		}
		if o.session.SendDatagram(make([]byte, 1<<16)) == nil {
			t.Error("QUIC takes a datagram of 64 KiB")
		}
		o.talk("all are ignored")
	})
}

// More streams are left alone, and there are few of them. PROTOCOL 11.16
func TestManyStreams(t *testing.T) {
	v := offended(t)
	o := v.join(t)
	v.meanwhile(t, func() {
		n := 0
		for ; n < 10_000; n++ {
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			stream, err := o.session.OpenStreamSync(ctx)
			cancel()
			if err != nil {
				break
			}
			_, _ = stream.Write(hello())
			switch n % 3 {
			case 0:
				_ = stream.Close()
			case 1:
				stream.CancelWrite(1)
				stream.CancelRead(1)
			}
			o.talk("one more")
		}
		for ; n < 10_000; n++ {
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			stream, err := o.session.OpenUniStreamSync(ctx)
			cancel()
			if err != nil {
				break
			}
			_, _ = stream.Write([]byte("hi"))
		}
		if n == 0 || n > 200 {
			t.Errorf("%d streams", n)
		}
		o.talk("done")
	})
}

// A stream that is reset in the middle of a frame is a lost connection: the session lives on. PROTOCOL 9.1, 11.16
func TestResetInMidFrame(t *testing.T) {
	v := offended(t)
	for _, reset := range []func(*offender){
		func(o *offender) { o.stream.CancelWrite(7) },
		func(o *offender) { o.stream.CancelWrite(7); o.stream.CancelRead(7) },
		func(o *offender) { _ = o.stream.Close() },
		func(o *offender) { _ = o.session.CloseWithError(7, "bye") },
	} {
		o := v.join(t)
		o.talk("good")
		v.meanwhile(t, func() {
			p := o.say("half")
			o.write(p[:len(p)/2])
			reset(o)
			again := v.with(t, frame.Append(nil, frame.Binary, &frame.Frame{
				Type: frame.Attach, Rcv: o.rcv, Ack: o.rcv, Open: &frame.Opening{
					Version: frame.Version, SID: o.open.SID, Token: o.open.Token, Att: o.open.Att + 1, Gen: o.open.Gen,
				},
			}))
			again.ready()
			again.seq = o.seq - 1
			again.talk("half, and whole now")
		})
	}
}

// Who does not read loses the connection, and holds nobody up. PROTOCOL 11.16
func TestWithheldCredit(t *testing.T) {
	v := offended(t)
	o := v.join(t)
	v.meanwhile(t, func() {
		begun := time.Now()
		for range 4 {
			o.write(o.say(strings.Repeat("x", window/2)))
		}
		if code := o.gone(); code != frame.Timeout {
			t.Errorf("closed with %d, want 4408", code)
		}
		if d := time.Since(begun); d < stall/2 || d > stall+6*time.Second { // less than the 10 s that it may take by default
			t.Errorf("closed after %v", d)
		}
	})
}

// A page of another origin gets no session. PROTOCOL 11.9
func TestForeignOrigin(t *testing.T) {
	v := offended(t)
	v.meanwhile(t, func() {
		_, resp, err := v.dial(t, http.Header{"Origin": {"https://elsewhere.example"}})
		if err == nil || resp == nil || resp.StatusCode != http.StatusForbidden {
			t.Errorf("answered %v, %v, want 403", resp, err)
		}
	})
}
