package chaos

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// postAside posts on a connection of its own; the test joins it through done.
func postAside(url, body string, done chan<- error) {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	c := &http.Client{Transport: transport, Timeout: patience}
	resp, err := c.Post(url, "text/plain", strings.NewReader(body))
	if err == nil {
		resp.Body.Close()
	}
	done <- err
}

func TestSwapConcurrentRequests(t *testing.T) {
	h, o, client := newSite(t)
	h.SwapRequests(First(2, Path("/send")), 0)
	first := make(chan error)
	go postAside(h.URL()+"/send", "first", first)
	o.expectDeaf(t)
	post(t, client, h.URL()+"/other", "passes")
	post(t, client, h.URL()+"/send", "second")
	if err := <-first; err != nil {
		t.Error(err)
	}
	post(t, client, h.URL()+"/send", "third")
	o.expectHeard(t, "passes", "second", "first", "third")
}

// TestSwapConsecutiveRequests: the first is delivered though its client has given it up.
func TestSwapConsecutiveRequests(t *testing.T) {
	h, o, client := newSite(t)
	h.SwapRequests(Path("/send"), 0)
	for range 2 {
		expectNoAnswer(t, h, client, "/send", "first")
		o.expectDeaf(t)
		post(t, client, h.URL()+"/send", "second")
		o.expectHeard(t, "second", "first")
	}
}

func TestSwapEndsByItself(t *testing.T) {
	h, o, client := newSite(t)
	h.SwapRequests(Path("/send"), moment)
	for _, body := range []string{"first", "second"} { // no pair: each waits in vain
		start := time.Now()
		post(t, client, h.URL()+"/send", body)
		if took := time.Since(start); took < moment {
			t.Errorf("%s was held for %v, want %v", body, took, moment)
		}
	}
	o.expectHeard(t, "first", "second")
}

// TestSwapBeginsAnew: what comes when the first is on its way unswapped, and not answered yet, is a first again.
func TestSwapBeginsAnew(t *testing.T) {
	h, _, client := newSite(t)
	h.SwapRequests(Any, moment)
	resp, err := http.Get(h.URL() + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer resp.Body.Close()
	start := time.Now()
	post(t, client, h.URL()+"/send", "next")
	if took := time.Since(start); took < moment {
		t.Errorf("held for %v, want %v", took, moment)
	}
}

// TestSwapWithoutServer: a second that fails lets the first go.
func TestSwapWithoutServer(t *testing.T) {
	h, o, client := newSite(t)
	o.Close()
	h.SwapRequests(Any, 0)
	first := make(chan error)
	go postAside(h.URL(), "first", first)
	o.expectDeaf(t)
	resp, err := client.Get(h.URL())
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if err := <-first; err != nil {
		t.Error(err)
	}
}

func TestSwapEndsWithHeal(t *testing.T) {
	h, o, _ := newSite(t)
	h.SwapRequests(Path("/send"), 0)
	first := make(chan error)
	go postAside(h.URL()+"/send", "first", first)
	o.expectDeaf(t)
	h.Heal()
	if err := <-first; err != nil {
		t.Error(err)
	}
	o.expectHeard(t, "first")
}

// TestSwapWithStream: a second whose answer does not end lets the first go.
func TestSwapWithStream(t *testing.T) {
	h, o, client := newSite(t)
	h.SwapRequests(Any, 0)
	first := make(chan error)
	go postAside(h.URL()+"/send", "first", first)
	o.expectDeaf(t)
	resp, err := client.Get(h.URL() + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := <-first; err != nil {
		t.Error(err)
	}
	o.expectHeard(t, "", "first")
}
