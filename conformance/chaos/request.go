package chaos

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"time"
)

// DropRequest reads the requests that match and resets the client's connection. The server hears nothing.
func (h *HTTP) DropRequest(match func(*http.Request) bool) {
	h.add(match, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		resetClient(w)
	})
}

// HangRequest leaves the requests that match without an answer until the client gives up or the proxy is closed. The
// server hears nothing.
func (h *HTTP) HangRequest(match func(*http.Request) bool) {
	h.add(match, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // only then is it noticed that the client goes
		hang(r)
	})
}

// hang ends the request without an answer when the client goes or the proxy is closed. It does not return.
func hang(r *http.Request) {
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

// FailRequest answers the requests that match with a status, say 502 or 504, and a page of HTML, as proxies do that do not
// reach the server. It hears nothing.
func (h *HTTP) FailRequest(match func(*http.Request) bool, status int) {
	h.add(match, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		writeError(w, status)
	})
}

// DeliverLater resets the client's connection when a request that matches has come in, and sends the request to the
// server d later, or at Heal if that is sooner or d is 0: the client believes it lost, and may have sent it again. Nobody
// gets the answer.
func (h *HTTP) DeliverLater(match func(*http.Request) bool, d time.Duration) {
	h.addUntilHealed(match, func(w http.ResponseWriter, r *http.Request, healed <-chan struct{}) {
		late := again(h.over, r, readBody(r))
		resetClient(w)
		if h.hold(d, healed, nil) {
			h.forwards.ServeHTTP(discard{http.Header{}}, late)
		}
	})
}

// DuplicateRequest sends the requests that match twice, as an intermediary does that retries: the second when the first
// is answered. The client gets the second answer.
func (h *HTTP) DuplicateRequest(match func(*http.Request) bool) {
	h.add(match, func(w http.ResponseWriter, r *http.Request) {
		body := readBody(r)
		h.forwards.ServeHTTP(discard{http.Header{}}, again(r.Context(), r, body))
		h.forwards.ServeHTTP(w, again(r.Context(), r, body))
	})
}

// DuplicateLater lets the requests that match through, and sends each once more d after it was answered, or at Heal if
// that is sooner or d is 0. The client gets the first answer, nobody the second.
func (h *HTTP) DuplicateLater(match func(*http.Request) bool, d time.Duration) {
	h.addUntilHealed(match, func(w http.ResponseWriter, r *http.Request, healed <-chan struct{}) {
		body := readBody(r)
		defer h.repeat(again(h.over, r, body), d, healed)
		h.forwards.ServeHTTP(w, again(r.Context(), r, body))
	})
}

// repeat is called while a request is served, which must not wait for it.
func (h *HTTP) repeat(r *http.Request, d time.Duration, healed <-chan struct{}) {
	h.active.Add(1)
	go h.deliver(r, d, healed)
}

// deliver is joined by Close.
func (h *HTTP) deliver(r *http.Request, d time.Duration, healed <-chan struct{}) {
	defer h.active.Done()
	if h.hold(d, healed, nil) {
		h.forwards.ServeHTTP(discard{http.Header{}}, r)
	}
}

// readBody is for a request that is sent when its client may be gone, or twice.
func readBody(r *http.Request) []byte {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	return body
}

// again is a copy of a request, under another context.
func again(ctx context.Context, r *http.Request, body []byte) *http.Request {
	c := r.Clone(ctx)
	c.Body = io.NopCloser(bytes.NewReader(body))
	return c
}

func resetClient(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	reset(conn.(*net.TCPConn))
}

// discard is a ResponseWriter that nobody reads.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}
func (d discard) Flush()                      {}
