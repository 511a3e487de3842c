package post_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/weft-realtime/weft/internal/leak"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/internal/post"
)

func TestMain(m *testing.M) { leak.Main(m) }

var limits = transport.Limits{MaxFrame: 1 << 10, Body: 10 * time.Second, Write: 10 * time.Second}

// A number of a query is strict.
func TestNumber(t *testing.T) {
	for _, tt := range []struct {
		query string
		want  uint64
		ok    bool
	}{
		{"att=1", 1, true},
		{"att=0", 0, true},
		{"x=y&att=12&z", 12, true},
		{fmt.Sprint("att=", uint64(frame.MaxInt)), frame.MaxInt, true},
		{fmt.Sprint("att=", uint64(frame.MaxInt+1)), 0, false},
		{fmt.Sprint("att=", uint64(math.MaxUint64)), 0, false},
		{"", 0, false},
		{"att", 0, false},
		{"att=", 0, false},
		{"Att=1", 0, false},
		{"att=-1", 0, false},
		{"att=+1", 0, false},
		{"att=%31", 0, false},
		{"att=1.0", 0, false},
		{"att=1e3", 0, false},
		{"att=0x1", 0, false},
		{"att= 1", 0, false},
		{"att=1;poll=2", 0, false},
		{"att=1&att=1", 0, false},
		{"att=&att=1", 0, false},
		{"att=1&att", 0, false},
		{"att=" + strings.Repeat("0", 17), 0, false},
		{"att=١", 0, false},
	} {
		got, err := post.Number(tt.query, "att")
		if got != tt.want || err == nil != tt.ok {
			t.Errorf("%q: %d, %v, want %d", tt.query, got, err, tt.want)
		}
		if err != nil && transport.AsError(err).Code != frame.BadProtocol {
			t.Errorf("%q: %v", tt.query, err)
		}
	}
}

// What a header says is enough to refuse a body. PROTOCOL 11.2
func TestCheckBody(t *testing.T) {
	for name, tt := range map[string]struct {
		header http.Header
		length int64
		bare   bool
		status int
	}{
		"right":              {http.Header{"Content-Type": {transport.MIME}}, 10, false, 200},
		"at the limit":       {http.Header{"Content-Type": {transport.MIME}}, 2 << 10, false, 200},
		"chunked":            {http.Header{"Content-Type": {transport.MIME}}, -1, false, 200},
		"bare":               {nil, 0, true, 200},
		"typed, empty":       {http.Header{"Content-Type": {transport.MIME}}, 0, true, 200},
		"too large":          {http.Header{"Content-Type": {transport.MIME}}, 2<<10 + 1, false, 413},
		"immense":            {nil, math.MaxInt64, false, 413},
		"bare, but not here": {nil, 0, false, 415},
		"bare, but a body":   {nil, 1, true, 415},
		"bare, but chunked":  {nil, -1, true, 415},
		"simple type":        {http.Header{"Content-Type": {"text/plain"}}, 10, false, 415},
		"form, empty":        {http.Header{"Content-Type": {"multipart/form-data"}}, 0, true, 415},
		"parameter":          {http.Header{"Content-Type": {transport.MIME + "; charset=utf-8"}}, 10, false, 415},
		"twice":              {http.Header{"Content-Type": {transport.MIME, transport.MIME}}, 10, false, 415},
		"upper case":         {http.Header{"Content-Type": {strings.ToUpper(transport.MIME)}}, 10, false, 415},
		"gzip": {http.Header{"Content-Type": {transport.MIME}, "Content-Encoding": {"gzip"}},
			10, false, 415},
		"identity": {http.Header{"Content-Type": {transport.MIME}, "Content-Encoding": {"identity"}},
			10, false, 415},
		"empty encoding": {http.Header{"Content-Type": {transport.MIME}, "Content-Encoding": {""}}, 10, false, 415},
	} {
		r := httptest.NewRequest(http.MethodPost, "/rt/session", nil)
		r.Header, r.ContentLength = tt.header, tt.length
		w := httptest.NewRecorder()
		x := post.Begin(w, r, limits)
		if err := x.CheckBody(tt.bare); err != nil {
			x.Refuse(err)
		}
		if w.Code != tt.status {
			t.Errorf("%s: %d, want %d", name, w.Code, tt.status)
		}
	}
}

// Every answer has the headers, and every error a batch. A ResponseWriter without deadlines is no error. PROTOCOL 11.7
func TestAnswers(t *testing.T) {
	for name, tt := range map[string]struct {
		answer func(*post.Exchange)
		status int
		batch  string
	}{
		"batch":   {func(x *post.Exchange) { x.Answer([]byte("batch")) }, 200, "batch"},
		"nothing": {func(x *post.Exchange) { x.Answer(nil) }, 204, ""},
		"refusal": {func(x *post.Exchange) {
			x.Refuse(&transport.Error{Code: frame.Superseded, Reason: "no"})
		}, 409, "\x08\x05\x51\x39\x00no"},
		"internal": {func(x *post.Exchange) { x.Refuse(errors.New("secret")) }, 500, "\x08\x11\x51\x94\x00internal error"},
		"no door":  {func(x *post.Exchange) { x.Refuse(post.ErrDoor) }, 404, "\x08\x0f\x51\x30\x00no such door"},
	} {
		w := httptest.NewRecorder()
		tt.answer(post.Begin(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader("x")), limits))
		if w.Code != tt.status || w.Body.String() != tt.batch {
			t.Errorf("%s: %d %q, want %d %q", name, w.Code, w.Body, tt.status, tt.batch)
		}
		want := map[string]string{"Cache-Control": "no-store, no-transform", "X-Content-Type-Options": "nosniff",
			"X-Accel-Buffering": "no", "Content-Type": "", "Content-Length": ""}
		if tt.batch != "" {
			want["Content-Type"], want["Content-Length"] = transport.MIME, fmt.Sprint(len(tt.batch))
		}
		for header, value := range want {
			if got := w.Header().Get(header); got != value {
				t.Errorf("%s: %s: %q, want %q", name, header, got, value)
			}
		}
	}
}

// deadlines remembers what deadlines were set.
type deadlines struct {
	*httptest.ResponseRecorder
	read, write []time.Time
}

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.read = append(d.read, t)
	return nil
}

func (d *deadlines) SetWriteDeadline(t time.Time) error {
	d.write = append(d.write, t)
	return nil
}

// A long body has more time while it comes.
func TestLongBody(t *testing.T) {
	long := limits
	long.MaxFrame = 1 << 20
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	x := post.Begin(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat("x", 100<<10))), long)
	var b post.Buffer
	if err := x.ReadBody(&b); err != nil || len(b.B) != 100<<10 {
		t.Errorf("%d bytes, %v", len(b.B), err)
	}
	if len(w.read) != 5 || !w.read[3].Equal(w.read[0].Add(6*time.Second)) || !w.read[4].IsZero() {
		t.Errorf("read deadlines %v, want 3 that are later, and none", w.read)
	}
}

// A long answer has more time.
func TestLongAnswer(t *testing.T) {
	for n, want := range map[int]time.Duration{1: 0, 32 << 10: 2 * time.Second, 100 << 10: 6 * time.Second} {
		w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
		x := post.Begin(w, httptest.NewRequest(http.MethodPost, "/", nil), limits)
		begun := time.Now()
		x.Answer(make([]byte, n))
		if len(w.write) != 1 || w.write[0].Before(begun.Add(limits.Write+want)) || w.write[0].After(time.Now().Add(limits.Write+want)) {
			t.Errorf("%d bytes: write deadlines %v", n, w.write)
		}
	}
}

// A body has its time, an answer too. The body's ends with the body; where there is none, nobody's time runs.
func TestDeadlines(t *testing.T) {
	for body, want := range map[string]int{"body": 2, "": 0} {
		w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		begun := time.Now()
		x := post.Begin(w, r, limits)
		var b post.Buffer
		if err := x.ReadBody(&b); err != nil || string(b.B) != body {
			t.Errorf("%q, %v", b.B, err)
		}
		if len(w.read) != want || want > 0 && (w.read[0].Before(begun.Add(limits.Body)) || !w.read[1].IsZero()) {
			t.Errorf("%q: read deadlines %v", body, w.read)
		}
		x.Answer(nil)
		if len(w.write) != 1 || w.write[0].Before(begun.Add(limits.Write)) {
			t.Errorf("%q: write deadlines %v", body, w.write)
		}
	}
}

// A buffer takes what comes in pieces of any size, up to the limit, and gives large memory back.
func TestBuffer(t *testing.T) {
	for _, size := range []int{0, 1, 2 << 10, 2<<10 + 1, 1 << 20} {
		want := bytes.Repeat([]byte{7}, size)
		for name, r := range map[string]io.Reader{
			"whole": bytes.NewReader(want), "halves": iotest.HalfReader(bytes.NewReader(want)),
			"error with data": iotest.DataErrReader(bytes.NewReader(want)),
		} {
			b := post.NewBuffer()
			if err := b.Fill(r, size); err != nil || !bytes.Equal(b.B, want) {
				t.Errorf("%s of %d: %d bytes, %v", name, size, len(b.B), err)
			}
			if b.Reset(); len(b.B) > 0 || cap(b.B) > 128<<10 {
				t.Errorf("%s of %d: keeps %d bytes", name, size, cap(b.B))
			}
			b.Free()
		}
		if size > 0 {
			var b post.Buffer
			if err := b.Fill(bytes.NewReader(want), size-1); err != post.ErrTooLarge {
				t.Errorf("%d bytes beyond the limit: %v", size, err)
			}
		}
	}
	var b post.Buffer
	if err := b.Fill(iotest.ErrReader(io.ErrClosedPipe), 10); err != io.ErrClosedPipe {
		t.Errorf("got %v", err)
	}
}

// A buffer grows with what arrives. Without an end there is an error, not a buffer without an end.
func TestBufferIsBounded(t *testing.T) {
	var b post.Buffer
	if err := b.Fill(endless{}, 100<<10); err != post.ErrTooLarge || cap(b.B) > 400<<10 {
		t.Errorf("%v, holds %d bytes", err, cap(b.B))
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func BenchmarkFill(b *testing.B) {
	body := make([]byte, 4<<10)
	r := bytes.NewReader(body)
	b.ReportAllocs()
	for b.Loop() {
		r.Reset(body)
		buf := post.NewBuffer()
		if err := buf.Fill(r, 1<<20); err != nil {
			b.Fatal(err)
		}
		buf.Free()
	}
}
