package chaos

import (
	"fmt"
	"io"
	"net/http"
	"time"
)

// DropAnswer lets the server handle the requests that match, waits for the whole answer, discards it, and resets the
// client's connection: the client cannot know that it was heard.
func (h *HTTP) DropAnswer(match func(*http.Request) bool) {
	h.add(match, func(w http.ResponseWriter, r *http.Request) {
		h.forwards.ServeHTTP(discard{http.Header{}}, r)
		resetClient(w)
	})
}

// HangAnswer lets the server handle the requests that match, discards the answer, and is silent until the client gives up
// or the proxy is closed.
func (h *HTTP) HangAnswer(match func(*http.Request) bool) {
	h.add(match, func(w http.ResponseWriter, r *http.Request) {
		h.forwards.ServeHTTP(discard{http.Header{}}, r)
		hang(r)
	})
}

// dropAnswerAfter is DropAnswer with a silence before the reset, but not beyond Heal.
func (h *HTTP) dropAnswerAfter(match func(*http.Request) bool, d time.Duration) {
	h.addUntilHealed(match, func(w http.ResponseWriter, r *http.Request, healed <-chan struct{}) {
		h.forwards.ServeHTTP(discard{http.Header{}}, r)
		h.hold(d, healed, nil)
		resetClient(w)
	})
}

// FailAnswer lets the server handle the requests that match, waits for the whole answer, and gives the client another,
// with a status, say 502 or 504, and a page of HTML: a proxy that lost patience or its connection.
func (h *HTTP) FailAnswer(match func(*http.Request) bool, status int) {
	h.add(match, func(w http.ResponseWriter, r *http.Request) {
		h.forwards.ServeHTTP(discard{http.Header{}}, r)
		writeError(w, status)
	})
}

func writeError(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	title := fmt.Sprintf("%d %s", status, http.StatusText(status))
	fmt.Fprintf(w, "<html>\r\n<head><title>%[1]s</title></head>\r\n<body>\r\n<center><h1>%[1]s</h1></center>\r\n</body>\r\n</html>\r\n", title)
}

// TruncateAnswer ends the client's connection after n bytes of the bodies of answers that match, n being 1 or more: a
// Content-Length promises more, or the last chunk is missing. With a Content-Length of n or less they arrive whole.
func (h *HTTP) TruncateAnswer(match func(*http.Response) bool, n int64) {
	h.addAnswer(match, func(res *http.Response) error {
		res.Body = &truncated{res.Body, n}
		return nil
	})
}

// truncated fails after a number of bytes.
type truncated struct {
	io.ReadCloser
	left int64
}

func (t *truncated) Read(buf []byte) (int, error) {
	if t.left == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := t.ReadCloser.Read(buf[:min(int64(len(buf)), t.left)])
	t.left -= int64(n)
	return n, err
}
