package main

import (
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"
)

//go:embed web
var web embed.FS

// policy lets the page load what this program serves, talk to it and to its successor, and nothing else: no inline script or
// style, no frame around it, and no string that becomes script or markup.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'%s; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// policy names the successor's host with the schemes of all transports.
func (c *chat) policy() string {
	hosts := ""
	if u, err := url.Parse(c.goOnAt()); err == nil && u.Host != "" {
		hosts = fmt.Sprintf(" %[2]s://%[1]s ws%[3]s://%[1]s https://%[1]s", u.Host, u.Scheme, strings.TrimPrefix(u.Scheme, "http"))
	}
	return fmt.Sprintf(policy, hosts)
}

// handler serves the page, and weft under /rt.
func (c *chat) handler() http.Handler {
	files, err := fs.Sub(web, "web")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	r := chi.NewRouter()
	r.Use(c.guarded)
	r.Mount("/rt", c.rt)
	r.Get("/*", http.FileServerFS(files).ServeHTTP)
	r.Head("/*", http.FileServerFS(files).ServeHTTP)
	return r
}

// guarded adds the headers that keep the page to itself.
func (c *chat) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", c.policy())
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache") // the files carry no date: the page is as old as the program
		next.ServeHTTP(w, r)
	})
}
