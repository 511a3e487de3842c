package proxies

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// networkOf is what READY calls the network of a client at an IP address.
func networkOf(t testing.TB, addr, ip string) string {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
	c := http.Client{Transport: &http.Transport{DialContext: d.DialContext}}
	defer c.CloseIdleConnections()
	hello := frame.Append(nil, frame.Binary, &frame.Frame{Type: frame.Hello, Open: &frame.Opening{
		Version: frame.Version, Nonce: frame.Nonce(net.ParseIP(ip).To16()),
	}})
	r, err := http.NewRequestWithContext(minute(t), "POST", "http://"+addr+"/rt/session", bytes.NewReader(hello))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", transport.MIME)
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var dec frame.Decoder
	var f frame.Frame
	dec.Reset(frame.Binary, body, frame.DefaultMaxFrame)
	if ok, err := dec.Next(&f); !ok || err != nil || f.Type != frame.Ready {
		t.Fatalf("no READY: %v, %+v", err, f)
	}
	for _, x := range f.Open.Extras {
		if x.Name == "network" {
			return x.Value
		}
	}
	return ""
}

// real is the middleware of docs/proxies.md.
func real(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ip := r.Header.Get("X-Real-IP"); ip != "" {
			r.RemoteAddr = ip
		}
		next.ServeHTTP(w, r)
	})
}

// TestNetwork: behind a proxy all networks are one, unless it says whose address it is, and the server listens.
// PROTOCOL 8.12
func TestNetwork(t *testing.T) {
	for p, line := range map[*proxy]edit{
		nginx:   {"proxy_pass", "proxy_set_header X-Real-IP $remote_addr;\n        proxy_pass"},
		haproxy: {"default_backend", "http-request set-header X-Real-IP %[src]\n\tdefault_backend"},
	} {
		t.Run(p.name, func(t *testing.T) {
			s := listen(t, router.Config{})
			s.Router.Use(real)
			addr := p.start(t, p.file, []string{s.Addr()}, p.http())
			here, there := networkOf(t, addr, "127.0.0.1"), networkOf(t, addr, "127.7.7.7")
			if here != there || here == "" {
				t.Errorf("%q and %q", here, there)
			}
			addr = p.start(t, p.file, []string{s.Addr()}, p.http(), line)
			if networkOf(t, addr, "127.0.0.1") != here || networkOf(t, addr, "127.7.7.7") == here {
				t.Error("it makes no difference")
			}
		})
	}
}
