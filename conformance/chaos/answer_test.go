package chaos

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestDropAnswer(t *testing.T) {
	h, o, client := newSite(t)
	h.DropAnswer(First(1, Path("/send")))
	post(t, client, h.URL()+"/other", "passes")
	expectPostReset(t, client, h.URL()+"/send", "lost")
	post(t, client, h.URL()+"/send", "once only")
	o.expectHeard(t, "passes", "lost", "once only")
}

func TestHangAnswer(t *testing.T) {
	h, o, client := newSite(t)
	h.HangAnswer(First(1, Path("/send")))
	hanging := make(chan error)
	go postAside(h.URL()+"/send", "heard", hanging)
	o.expectHeard(t, "heard")
	select {
	case err := <-hanging:
		t.Errorf("answered, or ended with %v", err)
	case <-time.After(moment):
	}
	post(t, client, h.URL()+"/send", "once only")
	h.Close()
	if err := <-hanging; err == nil {
		t.Error("answered after Close")
	}
}

func TestFailAnswer(t *testing.T) {
	for _, status := range []int{http.StatusBadGateway, http.StatusGatewayTimeout} {
		h, o, client := newSite(t)
		h.FailAnswer(First(1, Path("/send")), status)
		expectErrorPage(t, client, h.URL()+"/send", "heard", status)
		post(t, client, h.URL()+"/send", "once only")
		o.expectHeard(t, "heard", "once only")
	}
}

func TestTruncateAnswer(t *testing.T) {
	h, o, client := newSite(t)
	h.TruncateAnswer(AnswerTo(Path("/send")), 4)
	for body, want := range map[string]string{"012": "012", "0123": "0123", "01234": "0123", "0123456789": "0123"} {
		resp, err := client.Post(h.URL()+"/send", "text/plain", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if string(got) != want || errors.Is(err, io.ErrUnexpectedEOF) != (want != body) {
			t.Errorf("of %q came %q and %v", body, got, err)
		}
		if resp.ContentLength != int64(len(body)) {
			t.Errorf("Content-Length is %d, want %d", resp.ContentLength, len(body))
		}
		o.expectHeard(t, body)
	}
	post(t, client, h.URL()+"/other", "passes whole")
}

func TestTruncateStream(t *testing.T) {
	h, o, client := newSite(t)
	h.TruncateAnswer(EventStream, 12)
	o.events <- "data: one\n\n"
	o.events <- "data: two\n\n"
	resp, err := client.Get(h.URL() + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if string(got) != "data: one\n\nd" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("read %q and %v", got, err)
	}
}
