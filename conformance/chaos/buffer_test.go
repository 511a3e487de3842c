package chaos

import (
	"io"
	"net/http"
	"testing"
	"time"
)

// get asks for a stream, whose first event the server sends at once. The test joins it through answers.
func get(c *http.Client, url string, answers chan<- *http.Response) {
	resp, err := c.Get(url)
	if err != nil {
		resp = nil
	}
	answers <- resp
}

// expectNone waits for a moment for an answer that does not come.
func expectNone(t *testing.T, answers <-chan *http.Response) {
	t.Helper()
	select {
	case resp := <-answers:
		t.Errorf("answered %v", resp)
	case <-time.After(moment):
	}
}

func expectBody(t *testing.T, resp *http.Response, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(resp.Body, got); err != nil || string(got) != want {
		t.Fatalf("read %q (%v), want %q", got[:n], err, want)
	}
}

// expectNoBody reads for a moment, with an answer that it returns then.
func expectNoBody(t *testing.T, resp *http.Response, read chan []byte) {
	t.Helper()
	select {
	case got := <-read:
		t.Errorf("read %q of %s", got, resp.Request.URL)
	case <-time.After(moment):
	}
}

// readAll is joined through read.
func readAll(resp *http.Response, read chan<- []byte) {
	body, _ := io.ReadAll(resp.Body) // an error shows as a body that is too short
	read <- body
}

func TestBufferForEver(t *testing.T) {
	h, o, client := newSite(t)
	h.BufferAnswers(EventStream, Buffer{})
	answers := make(chan *http.Response)
	go get(client, h.URL()+"/events?no", answers)
	o.events <- "data: one\n\n"
	o.events <- "data: two\n\n"
	expectNone(t, answers)
	o.events <- ""
	resp := <-answers
	if resp == nil {
		t.Fatal("no answer after its end")
	}
	defer resp.Body.Close()
	if got, err := io.ReadAll(resp.Body); err != nil || string(got) != "data: one\n\ndata: two\n\n" {
		t.Errorf("read %q (%v)", got, err)
	}
	post(t, client, h.URL(), "is no stream")
}

func TestBufferInPieces(t *testing.T) {
	h, o, client := newSite(t)
	h.BufferAnswers(EventStream, Buffer{Size: 4})
	answers := make(chan *http.Response)
	go get(client, h.URL()+"/events", answers)
	o.events <- "abc"
	expectNone(t, answers)
	o.events <- "def"
	resp := <-answers
	if resp == nil {
		t.Fatal("no answer")
	}
	defer resp.Body.Close()
	expectBody(t, resp, "abcd")
	read := make(chan []byte)
	go readAll(resp, read)
	expectNoBody(t, resp, read)
	o.events <- "" // what is left goes
	if got := string(<-read); got != "ef" {
		t.Errorf("the end is %q", got)
	}
}

func TestBufferPassesHeader(t *testing.T) {
	h, o, client := newSite(t)
	h.BufferAnswers(EventStream, Buffer{PassHeader: true})
	o.events <- "data: one\n\n"
	resp, err := client.Get(h.URL() + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	read := make(chan []byte)
	go readAll(resp, read)
	expectNoBody(t, resp, read)
	o.events <- ""
	if got := string(<-read); got != "data: one\n\n" {
		t.Errorf("read %q", got)
	}
}

func TestBufferObeys(t *testing.T) {
	h, o, client := newSite(t)
	h.BufferAnswers(EventStream, Buffer{Obey: true})
	o.events <- "data: one\n\n"
	resp, err := client.Get(h.URL() + "/events?no")
	if err != nil {
		t.Fatal(err)
	}
	expectBody(t, resp, "data: one\n\n")
	resp.Body.Close()

	answers := make(chan *http.Response)
	go get(client, h.URL()+"/events?yes", answers)
	o.events <- "data: two\n\n"
	expectNone(t, answers)
	h.Close()
	if resp := <-answers; resp != nil {
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			t.Error("Close let the stream out")
		}
	}
}

// TestBufferedAnswerBreaksOff: what had been gathered is lost.
func TestBufferedAnswerBreaksOff(t *testing.T) {
	h, o, client := newSite(t)
	h.BufferAnswers(EventStream, Buffer{})
	o.events <- "data: one\n\n"
	o.events <- breakOff
	resp, err := client.Get(h.URL() + "/events")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.StatusCode != http.StatusBadGateway || len(body) > 0 || err != nil {
		t.Errorf("answered %s with %q (%v), want 502", resp.Status, body, err)
	}

	h.BufferAnswers(EventStream, Buffer{PassHeader: true})
	if resp, err = client.Get(h.URL() + "/events"); err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	o.events <- "data: two\n\n"
	o.events <- breakOff
	if body, err := io.ReadAll(resp.Body); len(body) > 0 || err == nil {
		t.Errorf("read %q (%v), want an error", body, err)
	}
}

func TestBufferEverything(t *testing.T) {
	h, _, client := newSite(t)
	h.BufferAnswers(Any, Buffer{Size: 3})
	for _, body := range []string{"", "ab", "abc", "abcd"} {
		post(t, client, h.URL(), body)
	}
	expectEcho(t, mustUpgrade(t, h), "is no answer")
}

// TestBufferedClientGoes: the server learns that nobody waits any more.
func TestBufferedClientGoes(t *testing.T) {
	h, _, client := newSite(t)
	h.BufferAnswers(Any, Buffer{})
	expectNoAnswer(t, h, client, "/events", "")
	// The origin's Close, at the end of the test, waits for its requests.
}
