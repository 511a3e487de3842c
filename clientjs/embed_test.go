package clientjs

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func get(t *testing.T, method, path, ifNoneMatch string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	if ifNoneMatch != "" {
		r.Header.Set("If-None-Match", ifNoneMatch)
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestHandlerServesUnderAnyMount(t *testing.T) {
	tests := []struct {
		method, path string
		status       int
		mime         string
	}{
		{"GET", "/weft.js", 200, "text/javascript; charset=utf-8"},
		{"GET", "/a/b/weft.js", 200, "text/javascript; charset=utf-8"},
		{"HEAD", "/rt/weft.js", 200, "text/javascript; charset=utf-8"},
		{"GET", "/rt/weft.js.map", 200, "application/json; charset=utf-8"},
		{"GET", "/rt/weft.js/", 404, ""},
		{"GET", "/rt/other.js", 404, ""},
		{"POST", "/rt/weft.js", 405, ""},
	}
	for _, tt := range tests {
		resp := get(t, tt.method, tt.path, "")
		if resp.StatusCode != tt.status {
			t.Errorf("%s %s: status %d, want %d", tt.method, tt.path, resp.StatusCode, tt.status)
		}
		if tt.mime == "" {
			continue
		}
		for name, want := range map[string]string{
			"Content-Type": tt.mime, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff",
		} {
			if got := resp.Header.Get(name); got != want {
				t.Errorf("%s %s: %s is %q, want %q", tt.method, tt.path, name, got, want)
			}
		}
	}
}

func TestHandlerRevalidates(t *testing.T) {
	etag := get(t, "GET", "/weft.js", "").Header.Get("ETag")
	if len(etag) < 16 || !strings.HasPrefix(etag, `"`) {
		t.Fatalf("ETag %q is not strong", etag)
	}
	if other := get(t, "GET", "/weft.js.map", "").Header.Get("ETag"); other == etag {
		t.Errorf("script and source map share the ETag %s", etag)
	}
	if got := get(t, "GET", "/weft.js", etag).StatusCode; got != http.StatusNotModified {
		t.Errorf("same ETag: status %d, want 304", got)
	}
	if got := get(t, "GET", "/weft.js", `"another"`).StatusCode; got != http.StatusOK {
		t.Errorf("another ETag: status %d, want 200", got)
	}
}

func TestSourceMapNamesNoMachine(t *testing.T) {
	if !strings.HasSuffix(strings.TrimSpace(script), "//# sourceMappingURL=weft.js.map") {
		t.Error("the script does not link its source map")
	}
	if strings.Contains(sourceMap, `"sources":["/`) || strings.Contains(sourceMap, `,"/`) {
		t.Error("the source map holds an absolute path")
	}
}
