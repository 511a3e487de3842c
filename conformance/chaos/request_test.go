package chaos

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

func expectPostReset(t *testing.T, c *http.Client, url, body string) {
	t.Helper()
	resp, err := c.Post(url, "text/plain", strings.NewReader(body))
	if err == nil {
		resp.Body.Close()
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("POST %s: %v, want a reset", url, err)
	}
}

// expectNoAnswer is a client that gives up a moment after its request has come in. It returns the request's context. It
// takes OnRequest.
func expectNoAnswer(t *testing.T, h *HTTP, c *http.Client, path, body string) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(within(t))
	defer cancel()
	seen := make(chan context.Context, 1)
	h.OnRequest(func(r *http.Request) {
		seen <- r.Context()
		time.AfterFunc(moment, cancel)
	})
	defer h.OnRequest(nil)
	r, err := http.NewRequestWithContext(ctx, "POST", h.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(r)
	if err == nil {
		resp.Body.Close()
	}
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("POST %s: %v, want no answer", path, err)
	}
	return <-seen
}

func expectErrorPage(t *testing.T, c *http.Client, url, body string, status int) {
	t.Helper()
	resp, err := c.Post(url, "text/plain", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != status || resp.Header.Get("Content-Type") != "text/html" ||
		!strings.Contains(string(page), "<h1>"+resp.Status+"</h1>") {
		t.Errorf("answered %s, %q (%v), want %d and a page", resp.Status, page, err, status)
	}
}

func TestDropRequest(t *testing.T) {
	h, o, client := newSite(t)
	h.DropRequest(First(1, Path("/send")))
	post(t, client, h.URL()+"/other", "passes")
	expectPostReset(t, client, h.URL()+"/send", strings.Repeat("lost", 1<<18))
	post(t, client, h.URL()+"/send", "once only")
	o.expectHeard(t, "passes", "once only")
}

func TestHangRequest(t *testing.T) {
	h, o, client := newSite(t)
	h.HangRequest(First(1, Path("/send")))
	ctx := expectNoAnswer(t, h, client, "/send", "lost")
	select {
	case <-ctx.Done():
	case <-time.After(patience):
		t.Error("the request outlives its client")
	}
	post(t, client, h.URL()+"/send", "once only")
	o.expectHeard(t, "once only")
}

// TestCloseAnswersNothing: what hangs gets no empty answer at the end.
func TestCloseAnswersNothing(t *testing.T) {
	h, _, _ := newSite(t)
	h.HangRequest(Any)
	seen := make(chan string, 1)
	h.OnRequest(func(r *http.Request) { seen <- r.URL.Path })
	hanging := make(chan error)
	go postAside(h.URL()+"/send", "lost", hanging)
	<-seen
	h.Close()
	if err := <-hanging; err == nil {
		t.Error("answered after Close")
	}
}

func TestFailRequest(t *testing.T) {
	for _, status := range []int{http.StatusBadGateway, http.StatusGatewayTimeout} {
		h, o, client := newSite(t)
		h.FailRequest(First(1, Path("/send")), status)
		expectErrorPage(t, client, h.URL()+"/send", "lost", status)
		post(t, client, h.URL()+"/send", "once only")
		o.expectHeard(t, "once only")
	}
}

func TestDeliverLater(t *testing.T) {
	h, o, client := newSite(t)
	h.DeliverLater(First(1, Path("/send")), moment)
	start := time.Now()
	expectPostReset(t, client, h.URL()+"/send", "late")
	o.expectHeard(t, "late")
	if took := time.Since(start); took < moment {
		t.Errorf("delivered after %v, want %v", took, moment)
	}
}

func TestDeliverAtHeal(t *testing.T) {
	h, o, client := newSite(t)
	h.DeliverLater(First(1, Path("/send")), 0)
	expectPostReset(t, client, h.URL()+"/send", "late")
	post(t, client, h.URL()+"/send", "overtakes")
	o.expectHeard(t, "overtakes")
	o.expectDeaf(t)
	h.Heal()
	o.expectHeard(t, "late")
}

func TestDuplicateRequest(t *testing.T) {
	h, o, client := newSite(t)
	h.DuplicateRequest(Path("/send"))
	post(t, client, h.URL()+"/send", "twice")
	post(t, client, h.URL()+"/other", "once")
	o.expectHeard(t, "twice", "twice", "once")
}

// TestDuplicateLater uses one connection: the answer to the first does not wait for the second.
func TestDuplicateLater(t *testing.T) {
	h, o, client := newSite(t)
	h.DuplicateLater(First(1, Path("/send")), 0)
	post(t, client, h.URL()+"/send", "twice")
	post(t, client, h.URL()+"/send", "between")
	o.expectHeard(t, "twice", "between")
	o.expectDeaf(t)
	h.Heal()
	o.expectHeard(t, "twice")

	start := time.Now()
	h.DuplicateLater(First(1, Path("/send")), moment)
	post(t, client, h.URL()+"/send", "timed")
	o.expectHeard(t, "timed", "timed")
	if took := time.Since(start); took < moment {
		t.Errorf("repeated after %v, want %v", took, moment)
	}
}

// TestCloseWhileHeld: nothing that is held keeps Close waiting, or reaches the server after it.
func TestCloseWhileHeld(t *testing.T) {
	h, o, client := newSite(t)
	h.DeliverLater(Path("/late"), 0)
	h.DuplicateLater(Path("/twice"), time.Hour)
	h.SwapRequests(Path("/swap"), 0)
	expectPostReset(t, client, h.URL()+"/late", "late")
	post(t, client, h.URL()+"/twice", "once")
	expectNoAnswer(t, h, client, "/swap", "first")
	h.Close()
	o.expectHeard(t, "once")
	o.expectDeaf(t)
}
