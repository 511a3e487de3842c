package webtransport

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"slices"
	"testing"
	"time"

	"github.com/weft-realtime/weft/transport"
)

// A certificate is what browsers accept by its hash, and is renewed while the server runs: for a day before it is used
// the next one is offered, too.
func TestDevelopmentCertificates(t *testing.T) {
	now := time.Now()
	d := development{now: func() time.Time { return now }}
	leaf := func() *x509.Certificate {
		c, err := d.certificate(nil)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(c.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		return leaf
	}
	known, used := []string{}, map[string]bool{}
	for hour := range 24 * 40 {
		l := leaf()
		if _, ok := l.PublicKey.(*ecdsa.PublicKey); !ok || l.NotAfter.Sub(l.NotBefore) > 14*24*time.Hour {
			t.Fatalf("key %T, valid for %v", l.PublicKey, l.NotAfter.Sub(l.NotBefore))
		}
		if now.Before(l.NotBefore) || now.After(l.NotAfter) {
			t.Fatalf("after %d hours the certificate is valid from %v to %v", hour, l.NotBefore, l.NotAfter)
		}
		hashes, err := d.hashes()
		if err != nil {
			t.Fatal(err)
		}
		// Who was offered something an hour ago must still get in, and so must who is offered something now.
		for _, offered := range [][]string{known, hashes} {
			sum := sha256.Sum256(l.Raw)
			if hour > 0 && !slices.Contains(offered, base64.RawURLEncoding.EncodeToString(sum[:])) {
				t.Fatalf("after %d hours the certificate is none of %v", hour, offered)
			}
		}
		known = hashes
		used[l.SerialNumber.String()] = true
		now = now.Add(time.Hour)
	}
	if len(used) < 4 || len(used) > 6 {
		t.Errorf("%d certificates in 40 days", len(used))
	}
}

func decode(t *testing.T, hashes []string) (out [][]byte) {
	for _, h := range hashes {
		b, err := base64.RawURLEncoding.DecodeString(h)
		if err != nil || len(b) != 32 {
			t.Fatalf("hash %q: %v", h, err)
		}
		out = append(out, b)
	}
	return out
}

func TestDialerWantsTheOfferedCertificate(t *testing.T) {
	d := development{now: time.Now}
	hashes, err := d.hashes()
	if err != nil {
		t.Fatal(err)
	}
	other := development{now: time.Now}
	c, err := other.certificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	leaf, _ := x509.ParseCertificate(c.Certificate[0])
	if verify(leaf, decode(t, hashes)) != errHash {
		t.Error("another certificate is accepted")
	}
	if _, err := new(Dialer).tls(transport.Offer{Hashes: []string{"?"}}); err == nil {
		t.Error("a hash that is none is accepted")
	}
	if !slices.Equal(hashes, func() []string { h, _ := d.hashes(); return h }()) {
		t.Error("each offer has another certificate")
	}
}
