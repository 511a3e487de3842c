package webtransport_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	raw "github.com/quic-go/webtransport-go"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/longpoll"
	"github.com/weft-realtime/weft/transport/webtransport"
)

// How long the server of these tests waits for a first frame, and for a write.
const (
	firstFrame = 300 * time.Millisecond
	stall      = 3 * time.Second
)

// hasty is the transport with less patience for a first frame.
type hasty struct{ *webtransport.Transport }

func (h hasty) Serve(w http.ResponseWriter, r *http.Request, g transport.Gate) {
	h.Transport.Serve(w, r, impatient{g})
}

type impatient struct{ transport.Gate }

func (g impatient) Limits() transport.Limits {
	l := g.Gate.Limits()
	l.FirstFrame = firstFrame
	return l
}

// victim is a server that the tests offend, and an innocent client of it.
type victim struct {
	*webtransport.Server
	innocent *client.Client
}

func offended(t *testing.T) *victim {
	t.Helper()
	wt := webtransport.New()
	return offend(t, wt, wt)
}

// offend serves a transport as it is, or in a hurry.
func offend(t *testing.T, wt *webtransport.Transport, as transport.Transport) *victim {
	t.Helper()
	cfg := quiet
	cfg.WriteTimeout = stall
	rt := router.New(router.Config{Transports: []transport.Transport{as, longpoll.New(longpoll.Config{})}, Session: cfg})
	router.On(rt, "say", func(c *router.Context, text []byte) error { return c.Send("echo", text) })
	router.Handle(rt, "echo", func(_ *router.Context, in string) (string, error) { return in, nil })
	s := listen(t, wt, rt, nil)
	return &victim{s, settled(t, s, &webtransport.Dialer{}, func(*client.Client) {})}
}

// meanwhile runs f while the innocent client calls the server, and a few times more. It must stay on its connection.
func (v *victim) meanwhile(t *testing.T, f func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	decisions := len(v.innocent.Decisions())
	done, calls := make(chan struct{}), make(chan error, 1)
	go func() {
		for left := 3; left > 0; {
			var out string
			if err := v.innocent.Call(ctx, "echo", "hi", &out); err != nil || out != "hi" {
				calls <- errors.Join(errors.New("no echo"), err)
				return
			}
			select {
			case <-done:
				left--
			default:
			}
		}
		calls <- nil
	}()
	f()
	close(done)
	if err := <-calls; err != nil {
		t.Errorf("the innocent session: %v", err)
	}
	if state, kind := v.innocent.State(); state != client.Open || kind != transport.WebTransport || len(v.innocent.Decisions()) != decisions {
		t.Errorf("the innocent session is %v on %v: %v", state, kind, v.innocent.Decisions())
	}
}

// offender is a client that sends what it is told to.
type offender struct {
	*testing.T
	session *raw.Session
	stream  *raw.Stream // after attach
	rest    []byte      // read, and not yet a whole frame
	open    *frame.Opening
	seq     uint64
	rcv     uint64
}

// window is how many bytes an offender takes unread.
const window = 16 << 10

// dial opens a WebTransport session without a stream.
func (v *victim) dial(t *testing.T, header http.Header) (*offender, *http.Response, error) {
	t.Helper()
	d := raw.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{http3.NextProtoH3}},
		QUICConfig: &quic.Config{
			EnableDatagrams: true, EnableStreamResetPartialDelivery: true,
			InitialStreamReceiveWindow: window, MaxStreamReceiveWindow: window,
		},
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	resp, session, err := d.Dial(ctx, "https://"+v.Address().String()+"/rt/wt", header)
	if err != nil {
		return nil, resp, err
	}
	t.Cleanup(func() { _ = session.CloseWithError(0, "") })
	return &offender{T: t, session: session}, resp, nil
}

// with opens a WebTransport session, and a stream that begins with some bytes.
func (v *victim) with(t *testing.T, begin []byte) *offender {
	t.Helper()
	o, _, err := v.dial(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	if o.stream, err = o.session.OpenStream(); err != nil {
		t.Fatal(err)
	}
	_ = o.stream.SetDeadline(time.Now().Add(patience))
	o.write(begin)
	return o
}

// join opens a session of weft.
func (v *victim) join(t *testing.T) *offender {
	t.Helper()
	o := v.with(t, hello())
	o.ready()
	return o
}

func hello() []byte {
	f := frame.Frame{Type: frame.Hello, Open: &frame.Opening{Version: frame.Version}}
	rand.Read(f.Open.Nonce[:])
	return frame.Append(nil, frame.Binary, &f)
}

func (o *offender) ready() {
	o.Helper()
	f, err := o.read()
	if err != nil || f.Type != frame.Ready {
		o.Fatalf("answered %+v, %v, want READY", f, err)
	}
	o.open = f.Open
}

// write writes bytes. The server may have closed already.
func (o *offender) write(p []byte) { _, _ = o.stream.Write(p) }

// read returns the next frame.
func (o *offender) read() (f frame.Frame, err error) {
	for {
		if n, err := frame.Whole(o.rest, frame.DefaultMaxFrame); n > 0 || err != nil {
			before, err := one(o.rest[:n], &f)
			o.rest = o.rest[before:]
			return f, err
		}
		var p [4096]byte
		n, err := o.stream.Read(p[:])
		o.rest = append(o.rest, p[:n]...)
		if n == 0 && err != nil {
			return f, err
		}
	}
}

// one decodes the first of some frames, and says how long it is.
func one(p []byte, f *frame.Frame) (int, error) {
	for n := range len(p) + 1 {
		if whole, err := frame.Whole(p[:n], frame.DefaultMaxFrame); whole > 0 || err != nil {
			var d frame.Decoder
			d.Reset(frame.Binary, bytes.Clone(p[:n]), frame.DefaultMaxFrame)
			_, err = d.Next(f)
			return n, err
		}
	}
	return 0, io.ErrUnexpectedEOF
}

// say is an event that is echoed.
func (o *offender) say(text string) []byte {
	o.seq++
	return frame.Append(nil, frame.Binary, &frame.Frame{
		Type: frame.Data, Seq: o.seq, Message: frame.Message{Kind: frame.Event, Name: "say", Payload: []byte(text)},
	})
}

// talk shows that the session works.
func (o *offender) talk(text string) {
	o.Helper()
	o.write(o.say(text))
	for {
		f, err := o.read()
		if err != nil {
			o.Fatal(err)
		}
		o.rcv = max(o.rcv, f.Seq)
		if f.Type == frame.Data && f.Message.Name == "echo" && string(f.Message.Payload) == text {
			return
		}
	}
}

// refused reads to the stream's end, before which the server says why. PROTOCOL 11.10, 11.16
func (o *offender) refused(code frame.Code) {
	o.Helper()
	var last frame.Frame
	for {
		f, err := o.read()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				o.Errorf("the stream ends with %v", err)
			}
			break
		}
		last = f
	}
	if last.Type != frame.Close || last.Code != code || last.Graceful {
		o.Errorf("in band %+v, want CLOSE with %d", last, code)
	}
}

// gone waits until the server has ended the session, and returns the code.
func (o *offender) gone() frame.Code {
	o.Helper()
	ctx, cancel := context.WithTimeout(o.Context(), patience)
	defer cancel()
	_, err := o.session.AcceptStream(ctx)
	e, ok := errors.AsType[*raw.SessionError](err)
	if !ok || !e.Remote {
		o.Errorf("the session ends with %v", err)
		return 0
	}
	return frame.Code(e.ErrorCode)
}

// left says no goodbye when it was refused. The server waits, as a slow client could still be writing, and closes with the
// same code. begun is a moment before the refusal.
func (o *offender) left(begun time.Time, code frame.Code) {
	o.Helper()
	if got := o.gone(); got != code {
		o.Errorf("closed with %d, want %d", got, code)
	}
	if d := time.Since(begun); d < 5*time.Second {
		o.Errorf("closed after %v, want 5 s from the refusal", d)
	}
}
