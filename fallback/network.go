package fallback

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/netip"
)

// How much of an address names a network, in bits.
const (
	networkBits4 = 24
	networkBits6 = 48
)

// networkOf names the network of an address, with or without a port, as http.Request has it: the same name for the same
// network, and nothing that leads back to it without the key (PROTOCOL 8.12). It is empty when there is no address.
func networkOf(remote string, key []byte) string {
	addr, err := netip.ParseAddr(remote)
	if err != nil {
		withPort, err := netip.ParseAddrPort(remote)
		if err != nil {
			return ""
		}
		addr = withPort.Addr()
	}
	addr = addr.Unmap().WithZone("")
	bits := networkBits6
	if addr.Is4() {
		bits = networkBits4
	}
	network, err := addr.Prefix(bits)
	if err != nil {
		return ""
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(network.String()))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:12])
}
