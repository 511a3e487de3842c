package router_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport"
)

// Origins are compared exactly, on every door, before anything is read. PROTOCOL 11.9
func TestOrigins(t *testing.T) {
	cfg := quiet
	cfg.Origins = []string{"https://app.example.com", "http://dev.example.com:3000", "https://xn--mnchen-3ya.example"}
	rt := router.New(cfg)
	url := serve(t, rt, rt)
	host := strings.TrimPrefix(url, "http://")
	port := host[strings.LastIndexByte(host, ':')+1:]
	sid := base64.RawURLEncoding.EncodeToString(make([]byte, 16))
	doors := []string{"POST /session", "GET /ws", "GET /s/" + sid + "/ws", "POST /s/" + sid + "/poll",
		"POST /s/" + sid + "/poll?att=1&poll=1&rcv=0&ack=0", "POST /s/" + sid + "/send?att=1"}
	for _, tt := range []struct {
		name    string
		origin  []string
		allowed bool
	}{
		{"none", nil, true},
		{"own", []string{"http://" + host}, true},
		{"own behind TLS", []string{"https://" + host}, true}, // a proxy that ends it is not seen
		{"own in capitals", []string{"HTTP://" + strings.ToUpper(host)}, true},
		{"listed", []string{"https://app.example.com"}, true},
		{"listed in capitals", []string{"HTTPS://App.Example.COM"}, true},
		{"listed with port", []string{"http://dev.example.com:3000"}, true},
		{"listed punycode", []string{"https://xn--mnchen-3ya.example"}, true},
		{"same in Unicode", []string{"https://münchen.example"}, false},
		{"null", []string{"null"}, false},
		{"empty", []string{""}, false},
		{"two", []string{"http://" + host, "http://" + host}, false},
		{"two in one", []string{"http://" + host + " https://app.example.com"}, false},
		{"suffix", []string{"https://evilapp.example.com"}, false},
		{"prefix", []string{"https://app.example.com.evil.example"}, false},
		{"own as prefix", []string{"http://" + host + ".evil.example"}, false},
		{"own as user", []string{"http://" + host + "@evil.example"}, false},
		{"user at own", []string{"http://evil@" + host}, false},
		{"other port", []string{"https://app.example.com:8443"}, false},
		{"default port named", []string{"https://app.example.com:443"}, false},
		{"own host, other port", []string{"http://127.0.0.1:1" + port}, false},
		{"own host, no port", []string{"http://127.0.0.1"}, false},
		{"other scheme", []string{"http://app.example.com"}, false},
		{"no web scheme", []string{"ftp://" + host}, false},
		{"no scheme", []string{host}, false},
		{"no host", []string{"http://"}, false},
		{"slash", []string{"http://" + host + "/"}, false},
		{"path", []string{"https://app.example.com/rt"}, false},
		{"query", []string{"http://" + host + "?"}, false},
		{"homograph", []string{"https://xn--pp-oia.example.com"}, false},
		{"localhost", []string{"http://localhost:" + port}, false},
		{"wildcard", []string{"https://*.example.com"}, false},
		{"not a URL", []string{"http://[::1"}, false},
	} {
		for _, door := range doors {
			method, path, _ := strings.Cut(door, " ")
			req, err := http.NewRequest(method, url+path, strings.NewReader("no batch"))
			if err != nil {
				t.Fatal(err)
			}
			req.Header["Origin"] = tt.origin
			req.Header.Set("Content-Type", transport.MIME)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if refused := resp.StatusCode == http.StatusForbidden; refused == tt.allowed {
				t.Errorf("%s at %s: %s", tt.name, door, resp.Status)
			}
		}
	}
	if n := rt.Stats().Created; n > 0 {
		t.Errorf("%d sessions created", n)
	}
}

// Over TLS a page of the same host without it is another origin, except on the machine itself, where a server under
// development has TLS for WebTransport alone. PROTOCOL 11.9
func TestOriginOverTLS(t *testing.T) {
	rt := router.New(quiet)
	for _, tt := range []struct {
		host, origin string
		allowed      bool
	}{
		{"h.example", "https://h.example", true},
		{"h.example", "http://h.example", false},
		{"h.example:8080", "http://h.example:8080", false},
		{"192.168.0.7:8080", "http://192.168.0.7:8080", false},
		{"0.0.0.0:8080", "http://0.0.0.0:8080", false},
		{"localhost.h.example:8080", "http://localhost.h.example:8080", false},
		{"127.0.0.1.h.example:8080", "http://127.0.0.1.h.example:8080", false},
		{"127.0.0.1:8080", "http://127.0.0.1:8080", true},
		{"[::1]:8080", "http://[::1]:8080", true},
		{"localhost:8080", "http://localhost:8080", true},
		{"LocalHost:8080", "http://localhost:8080", true},
		{"127.0.0.1:8080", "http://127.0.0.1:8081", false},
		{"127.0.0.1:8080", "http://127.0.0.1", false},
		{"127.0.0.1:8080", "http://localhost:8080", false},
		{"localhost:8080", "http://127.0.0.1:8080", false},
		{"127.0.0.1:8080", "http://h.example:8080", false},
		{"127.0.0.1:8080", "ftp://127.0.0.1:8080", false},
		{"127.0.0.1:8080", "http://localhost@127.0.0.1:8080", false},
		{"127.0.0.1:8080", "http://127.0.0.1:8080/", false},
	} {
		r := httptest.NewRequest("POST", "https://"+tt.host+"/session", nil) // has TLS
		r.Header.Set("Origin", tt.origin)
		w := httptest.NewRecorder()
		rt.ServeHTTP(w, r)
		if refused := w.Code == http.StatusForbidden; refused == tt.allowed {
			t.Errorf("%s asked by %s: %d", tt.host, tt.origin, w.Code)
		}
	}
}

// A proxy may name the port of the scheme in Host, where the page's origin does not. PROTOCOL 11.9
func TestOriginOfTheSchemesPort(t *testing.T) {
	rt := router.New(quiet)
	for _, tt := range []struct {
		host, origin string
		allowed      bool
	}{
		{"h.example:443", "https://h.example", true},
		{"H.example:443", "https://h.example", true},
		{"[::1]:443", "https://[::1]", true},
		{"h.example:80", "http://h.example", true},
		{"h.example:443", "http://h.example", false},
		{"h.example:80", "https://h.example", false},
		{"h.example:8443", "https://h.example", false},
		{"h.example:443:443", "https://h.example", false},
		{"h.example", "https://h.example:8443", false},
		{"h.example:443", "https://evil.example", false},
	} {
		r := httptest.NewRequest("POST", "/session", nil)
		r.Host = tt.host
		r.Header.Set("Origin", tt.origin)
		w := httptest.NewRecorder()
		rt.ServeHTTP(w, r)
		if refused := w.Code == http.StatusForbidden; refused == tt.allowed {
			t.Errorf("%s asked by %s: %d", tt.host, tt.origin, w.Code)
		}
	}
}
