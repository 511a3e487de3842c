package proxies

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weft-realtime/weft/conformance/ports"
)

// proxy is one that people have. What Debian configures comes from the package, the rest from the file beside this one.
type proxy struct {
	name   string
	file   string // for one server
	nodes  string // for two
	port   string // how the files say where it listens
	plain  string // and how they would say so without TLS
	config func(dir string) (args []string, err error)
}

var (
	nginx = &proxy{
		name: "nginx", file: "nginx.conf", nodes: "nginx-nodes.conf",
		port: "listen 443 ssl http2;", plain: "listen 443;", config: nginxConfig,
	}
	haproxy = &proxy{
		name: "haproxy", file: "haproxy.cfg", nodes: "haproxy-nodes.cfg",
		port: "bind :443 ssl crt /etc/ssl/private/chat.pem alpn h2,http/1.1", plain: "bind :443", config: haproxyConfig,
	}
	proxies = []*proxy{nginx, haproxy}
)

// site is the name of a configuration file in a proxy's directory.
const site = "site"

// documented is where servers are, in the files for one and for two.
var documented = [...][]string{1: {"127.0.0.1:8080"}, 2: {"127.0.0.1:8081", "127.0.0.1:8082"}}

// edit is something that a test does otherwise than the documentation says.
type edit struct{ old, new string }

// http leaves out TLS, and HTTP/2 with it.
func (p *proxy) http() edit { return edit{p.port, p.plain} }

// start runs the proxy with a documented file until the test ends, in front of servers at hosts and ports, and returns its
// own. What an edit replaces must be there.
func (p *proxy) start(t testing.TB, file string, servers []string, edits ...edit) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", p.name) // t.TempDir's is closed to others, and nginx's workers are another user
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(filepath.Join(dir, "chat.pem"), identity.pem, 0o644)); err != nil {
		t.Fatal(err)
	}
	conf := string(text)
	addr, err := ports.Free()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range edits {
		if !strings.Contains(conf, e.old) {
			t.Fatalf("%s does not say %q", file, e.old)
		}
		conf = strings.Replace(conf, e.old, e.new, 1)
	}
	places := []string{"bind :443", "bind " + addr, "listen 443", "listen " + addr, "/etc/ssl/private", dir}
	for i, server := range servers {
		if !strings.Contains(conf, documented[len(servers)][i]) {
			t.Fatalf("%s knows no %s", file, documented[len(servers)][i])
		}
		places = append(places, documented[len(servers)][i], server)
	}
	conf = strings.NewReplacer(places...).Replace(conf)
	if err := os.WriteFile(filepath.Join(dir, site), []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	args, err := p.config(dir)
	if err != nil {
		t.Fatal(err)
	}
	run(t, "TERM", args...)
	reach(t, addr)
	return addr
}

// nginxConfig is Debian's nginx.conf, but for where it reads and writes. docs/proxies.md speaks of sites-enabled.
func nginxConfig(dir string) ([]string, error) {
	text, err := os.ReadFile("/etc/nginx/nginx.conf")
	if err != nil {
		return nil, err
	}
	var paths strings.Builder
	for _, what := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&paths, "%s_temp_path %s/%[1]s;\n", what, dir)
	}
	conf := strings.NewReplacer(
		"/run/nginx.pid", dir+"/pid",
		"/var/log/nginx", dir,
		"include /etc/nginx/conf.d/*.conf;", paths.String(),
		"/etc/nginx/sites-enabled/*", dir+"/"+site,
	).Replace(string(text))
	file := filepath.Join(dir, "nginx.conf")
	return []string{binary("nginx"), "-c", file, "-g", "daemon off;"}, os.WriteFile(file, []byte(conf), 0o644)
}

// haproxyConfig is Debian's haproxy.cfg without what takes the privileges of a service: its user, its socket, its log. What
// somebody has added behind the defaults is theirs.
func haproxyConfig(dir string) ([]string, error) {
	text, err := os.ReadFile("/etc/haproxy/haproxy.cfg")
	if err != nil {
		return nil, err
	}
	var conf strings.Builder
	for line := range strings.Lines(string(text)) {
		word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if word == "frontend" || word == "backend" || word == "listen" {
			break
		}
		switch word {
		case "log", "chroot", "stats", "user", "group", "daemon":
		default:
			conf.WriteString(line)
		}
	}
	file := filepath.Join(dir, "haproxy.cfg")
	args := []string{binary("haproxy"), "-db", "-f", file, "-f", filepath.Join(dir, site)}
	return args, os.WriteFile(file, []byte(conf.String()), 0o644)
}

// binary finds a program that is not on everybody's path.
func binary(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	return "/usr/sbin/" + name
}

// reach waits until somebody listens.
func reach(t testing.TB, addr string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the proxy does not listen (make tools installs it): %v", err)
		}
	}
}
