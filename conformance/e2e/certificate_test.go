package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"net"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport"
)

// certificate is one for 127.0.0.1 that no authority has signed.
var certificate = sync.OnceValue(func() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
})

// trusting makes Chromium accept that certificate, by its key, and no other. For WebTransport it does so only when told
// that the page's author knows what he does: else an authority that everybody knows must have signed.
func trusting() []chromedp.ExecAllocatorOption {
	key := sha256.Sum256(certificate().Leaf.RawSubjectPublicKeyInfo)
	return []chromedp.ExecAllocatorOption{
		chromedp.Flag("ignore-certificate-errors-spki-list", base64.StdEncoding.EncodeToString(key[:])),
		chromedp.Flag("webtransport-developer-mode", true),
	}
}

// TestBrowserHashes: a page that dials by hashes meets no certificate but these, whatever else the browser trusts.
func TestBrowserHashes(t *testing.T) {
	t.Parallel()
	made, listed := newSite(t, "http", session.Config{}), newSite(t, "https", session.Config{})
	var offer transport.Offer
	if !made.server.WebTransport.Describe(httptest.NewRequest("POST", "/", nil), &offer) || len(offer.Hashes) != 1 {
		t.Fatalf("offered %+v", offer)
	}
	its, err := base64.RawURLEncoding.DecodeString(offer.Hashes[0])
	if err != nil {
		t.Fatal(err)
	}
	own, another := sha256.Sum256(certificate().Leaf.Raw), sha256.Sum256(nil)
	for _, c := range []struct {
		name string
		site *site
		hash []byte
		good bool
	}{
		{"made under development, its hash", made, its, true},
		{"made under development, another hash", made, another[:], false},
		{"made under development, no hash", made, nil, false},
		{"trusted, its hash", listed, own[:], true},
		{"trusted, another hash", listed, another[:], false},
		{"trusted, no hash", listed, nil, true},
	} {
		if c.site.tcp == nil {
			c.site.proxy(t, c.site.addr)
		}
		tab := open(t, c.site.url(), "longpoll")
		good := browser.Eval[bool](tab, fmt.Sprintf(`(() => {
			const value = Uint8Array.from(atob(%q), c => c.charCodeAt(0))
			const wt = new WebTransport("https://%s/rt/wt", value.length ? { serverCertificateHashes: [{ algorithm: "sha-256", value }] } : {})
			wt.closed.catch(() => {})
			return wt.ready.then(() => true, () => false)
		})()`, base64.StdEncoding.EncodeToString(c.hash), c.site.tcp.Addr()))
		if good != c.good {
			t.Errorf("%s: %v", c.name, good)
		}
	}
}
