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

// expectNoAnswer is a client that gives up.
func expectNoAnswer(t *testing.T, c *http.Client, url, body string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*moment)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "POST", url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(r)
	if err == nil {
		resp.Body.Close()
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("POST %s: %v, want no answer", url, err)
	}
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
	contexts := make(chan context.Context, 1)
	h.OnRequest(func(r *http.Request) { contexts <- r.Context() })
	expectNoAnswer(t, client, h.URL()+"/send", "lost")
	select {
	case <-(<-contexts).Done():
	case <-time.After(patience):
		t.Error("the request outlives its client")
	}
	post(t, client, h.URL()+"/send", "once only")
	o.expectHeard(t, "once only")
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
	expectNoAnswer(t, client, h.URL()+"/swap", "first")
	h.Close()
	o.expectHeard(t, "once")
	o.expectDeaf(t)
}
