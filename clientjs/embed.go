// Package clientjs holds the browser client: TypeScript in src, bundled to one file in dist, embedded and served.
package clientjs

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"strings"
	"time"
)

//go:generate go run ./internal/bundle

var (
	//go:embed dist/weft.js
	script string
	//go:embed dist/weft.js.map
	sourceMap string
)

// Handler serves the client to GET and HEAD: weft.js, and its source map where the path ends in weft.js.map. It looks
// at the path's last element only, so it works under any mount. Any other path is answered 404, any other method 405.
//
// The entity tag is strong, a hash of the content, and caches must revalidate: a client is never older than the server
// that it talks to, and an unchanged one costs a 304.
func Handler() http.Handler {
	return assets{
		"weft.js":     newAsset("text/javascript; charset=utf-8", script),
		"weft.js.map": newAsset("application/json; charset=utf-8", sourceMap),
	}
}

// assets are the files by name. It is read only, hence safe for concurrent use.
type assets map[string]asset

func (a assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	file, ok := a[r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	file.serve(w, r)
}

type asset struct {
	mime, etag, content string
}

func newAsset(mime, content string) asset {
	sum := sha256.Sum256([]byte(content))
	return asset{mime: mime, etag: `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`, content: content}
}

// serve answers, conditionally and in ranges too: http.ServeContent compares If-None-Match with the ETag that is set.
func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.mime)
	h.Set("ETag", a.etag)
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(a.content))
}
