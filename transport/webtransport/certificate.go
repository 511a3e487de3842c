package webtransport

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"net"
	"sync"
	"time"
)

// Browsers accept a certificate that they are told the hash of if its key is ECDSA and it is valid for 14 days at most.
const (
	validity = 10 * 24 * time.Hour
	overlap  = 24 * time.Hour // the next one is made, and both are offered
	skew     = time.Hour      // a client's clock may be behind
)

// development makes certificates for a server without one. It is safe for concurrent use.
type development struct {
	now func() time.Time

	mu      sync.Mutex
	current *made // nil before the first use
	next    *made // while both are offered
}

// made is a certificate with its hash as offers name it.
type made struct {
	tls  tls.Certificate
	hash string
	ends time.Time
}

// certificate is for tls.Config.GetCertificate.
func (d *development) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.renew(); err != nil {
		return nil, err
	}
	return &d.current.tls, nil
}

// hashes are those of the certificates that a client may meet.
func (d *development) hashes() ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.renew(); err != nil {
		return nil, err
	}
	all := []string{d.current.hash}
	if d.next != nil {
		all = append(all, d.next.hash)
	}
	return all, nil
}

// renew makes what is needed now. d.mu is held.
func (d *development) renew() (err error) {
	now := d.now()
	if d.current != nil && d.next == nil && now.After(d.current.ends.Add(-2*overlap)) {
		if d.next, err = create(now); err != nil {
			return err
		}
	}
	if d.current != nil && now.After(d.current.ends.Add(-overlap)) {
		d.current, d.next = d.next, nil
	}
	if d.current == nil || now.After(d.current.ends) {
		d.current, err = create(now)
	}
	return err
}

func create(now time.Time) (*made, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, err
	}
	from := now.Add(-skew).UTC()
	template := x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "weft development"},
		NotBefore: from, NotAfter: from.Add(validity),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256(der)
	return &made{
		tls:  tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		hash: base64.RawURLEncoding.EncodeToString(hash[:]), ends: template.NotAfter,
	}, nil
}
