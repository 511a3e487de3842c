package client_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weft-realtime/weft/client"
)

// A mount that not every transport would lead to is refused at once.
func TestNewRefusesMounts(t *testing.T) {
	for _, mount := range []string{"", "/rt", "ws://host/rt", "http:host/rt", "https://u:secret@host/rt", "https://host/rt?key=1", "http://[::1"} {
		func() {
			defer func() {
				if text := fmt.Sprint(recover()); !strings.HasPrefix(text, "weft: client.New: ") || strings.Contains(text, "secret") {
					t.Errorf("%s: %s", mount, text)
				}
			}()
			client.New(mount, client.Config{})
		}()
	}
	client.New("https://host:8443/deep/rt/", client.Config{})
}
