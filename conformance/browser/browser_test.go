package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/weft-realtime/weft/conformance/browser"
)

func TestMain(m *testing.M) { browser.Main(m) }

func TestBrowserEvaluates(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "<!doctype html><title>hello</title>")
	}))
	t.Cleanup(srv.Close)
	tab := browser.Open(t, srv.URL)
	if got := browser.Eval[string](tab, `Promise.resolve(document.title)`); got != "hello" {
		t.Fatalf("title %q", got)
	}
}
