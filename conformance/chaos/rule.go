package chaos

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
)

// rule is what happens to requests that match. Both functions are called concurrently.
type rule struct {
	match func(*http.Request) bool
	serve http.HandlerFunc
}

// First is a match for the first n requests that match, counted over all callers.
func First(n int, match func(*http.Request) bool) func(*http.Request) bool {
	var used atomic.Int64
	return func(r *http.Request) bool { return match(r) && used.Add(1) <= int64(n) }
}

// Path is a match for requests whose path ends so.
func Path(suffix string) func(*http.Request) bool {
	return func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, suffix) }
}

// OnRequest calls seen with each request from now on, before any rule, on the request's goroutine. It must not read the
// body. nil removes it.
func (h *HTTP) OnRequest(seen func(*http.Request)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen = seen
}

// Heal removes all rules. What hangs, hangs on.
func (h *HTTP) Heal() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rules = nil
}

// add puts a rule before the others.
func (h *HTTP) add(match func(*http.Request) bool, serve http.HandlerFunc) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rules = append([]rule{{match, serve}}, h.rules...)
}

// choose returns the latest rule that matches, or the way through.
func (h *HTTP) choose(r *http.Request) http.HandlerFunc {
	h.mu.Lock()
	rules, seen := h.rules, h.seen
	h.mu.Unlock()
	if seen != nil {
		seen(r)
	}
	for _, rule := range rules {
		if rule.match(r) {
			return rule.serve
		}
	}
	return h.forwards.ServeHTTP
}

// upgrades is a match for WebSocket handshakes of HTTP/1.1.
func upgrades(r *http.Request) bool { return strings.EqualFold(r.Header.Get("Upgrade"), "websocket") }

// RefuseUpgrade answers WebSocket handshakes with a status, say 403 or 502, and closes their connection. Other requests
// pass, on connections that are kept alive too.
func (h *HTTP) RefuseUpgrade(status int) {
	h.add(upgrades, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		http.Error(w, http.StatusText(status), status)
	})
}

// HangUpgrade leaves WebSocket handshakes without an answer until the client gives up or the proxy is closed.
func (h *HTTP) HangUpgrade() {
	h.add(upgrades, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
}

// SilentUpgrade answers WebSocket handshakes with 101, choosing the first subprotocol that is offered, and is silent from
// then on: what the client sends is read and dropped until it goes or the proxy is closed. The server hears nothing.
func (h *HTTP) SilentUpgrade() { h.add(upgrades, serveSilence) }

func serveSilence(w http.ResponseWriter, r *http.Request) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer conn.Close()
	// The request's context ends with the proxy: a hijacked connection is nobody else's to close.
	defer context.AfterFunc(r.Context(), func() { conn.Close() })()
	io.WriteString(conn, switching(r))
	io.Copy(io.Discard, buffered)
}

// switching is the answer that RFC 6455 section 4.2.2 asks for.
func switching(r *http.Request) string {
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(sum[:]) + "\r\n"
	if offered, _, _ := strings.Cut(r.Header.Get("Sec-WebSocket-Protocol"), ","); offered != "" {
		answer += "Sec-WebSocket-Protocol: " + strings.TrimSpace(offered) + "\r\n"
	}
	return answer + "\r\n"
}

// DropAnswer lets the server handle the requests that match, waits for the whole answer, discards it, and resets the
// client's connection: the client cannot know that it was heard. match is called concurrently.
func (h *HTTP) DropAnswer(match func(*http.Request) bool) {
	h.add(match, func(w http.ResponseWriter, r *http.Request) {
		h.forwards.ServeHTTP(discard{http.Header{}}, r)
		resetClient(w)
	})
}

// DuplicateRequest sends the requests that match twice, as an intermediary does that retries: the second when the first
// is answered. The client gets the second answer. match is called concurrently.
func (h *HTTP) DuplicateRequest(match func(*http.Request) bool) {
	h.add(match, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		for _, to := range []http.ResponseWriter{discard{http.Header{}}, w} {
			again := r.Clone(r.Context())
			again.Body = io.NopCloser(bytes.NewReader(body))
			h.forwards.ServeHTTP(to, again)
		}
	})
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
