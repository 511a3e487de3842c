package webtransport

import (
	"net/http/httptest"
	"testing"

	"github.com/weft-realtime/weft/transport"
)

// Safari and every browser on iOS are asked to replace their connections, others are not. PROTOCOL 8.9, 14.10
func TestKnownQuirks(t *testing.T) {
	const (
		mac     = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) "
		iPhone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) "
		webKit  = "AppleWebKit/605.1.15 (KHTML, like Gecko) "
		blink   = "AppleWebKit/537.36 (KHTML, like Gecko) "
		windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) "
		android = "Mozilla/5.0 (Linux; Android 10; K) "
	)
	for agent, webkit := range map[string]bool{
		mac + webKit + "Version/18.5 Safari/605.1.15":                                         true,
		iPhone + webKit + "Version/18.5 Mobile/15E148 Safari/604.1":                           true,
		iPhone + webKit + "CriOS/137.0.7151.51 Mobile/15E148 Safari/604.1":                    true,
		mac + webKit + "CriOS/137 Version/11.1.1 Safari/605.1.15":                             true, // an iPad that asks for desktop sites
		iPhone + webKit + "FxiOS/139.0 Mobile/15E148 Safari/605.1.15":                         true,
		iPhone + webKit + "Version/18.0 EdgiOS/136.0 Mobile/15E148 Safari/604.1":              true,
		iPhone + webKit + "Mobile/15E148":                                                     true, // inside another application
		mac + blink + "Chrome/137.0.0.0 Safari/537.36":                                        false,
		"Mozilla/5.0 (X11; Linux x86_64) " + blink + "HeadlessChrome/156.0.0.0 Safari/537.36": false,
		"Mozilla/5.0 (X11; Linux x86_64) " + blink + "Chromium/156.0.0.0 Safari/537.36":       false,
		windows + blink + "Chrome/136.0.0.0 Safari/537.36 Edg/136.0.0.0":                      false,
		android + blink + "Chrome/137.0.0.0 Mobile Safari/537.36":                             false,
		android + blink + "SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36":         false,
		"Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0":              false,
		"Go-http-client/1.1": false,
		"":                   false,
	} {
		want := int64(0)
		if webkit {
			want = 6 << 20
		}
		if got := offered(New(), agent); got != want {
			t.Errorf("%q: rotates after %d bytes, want %d", agent, got, want)
		}
	}
}

func offered(t *Transport, agent string) int64 {
	r := httptest.NewRequest("POST", "/rt/session", nil)
	r.Header.Set("User-Agent", agent)
	var o transport.Offer
	t.Describe(r, &o)
	return o.Rotate
}

// The application has the last word: of those that match, the first quirk counts.
func TestOwnQuirks(t *testing.T) {
	tr := New()
	tr.Quirks = append([]Quirk{{Agent: "Safari/9", Rotate: 5}, {Agent: "Robot", Except: []string{"Good"}, Rotate: 7}}, tr.Quirks...)
	for agent, want := range map[string]int64{
		"AppleWebKit/9 Safari/9": 5, "Robot": 7, "Good Robot": 0, "AppleWebKit/9 Safari/10": 6 << 20, "": 0,
	} {
		if got := offered(tr, agent); got != want {
			t.Errorf("%q: rotates after %d bytes, want %d", agent, got, want)
		}
	}
	tr.Quirks = []Quirk{{Rotate: 3}}
	if offered(tr, "anything") != 3 || offered(tr, "") != 0 {
		t.Error("who says nothing matches, or not everybody else does")
	}
	tr.Quirks = nil
	if n := offered(tr, "AppleWebKit/605 Safari/605"); n != 0 {
		t.Errorf("without quirks, rotates after %d bytes", n)
	}
}
