package router_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/weft-realtime/weft/router"
)

// Shutdown heeds its context, also when somebody has connected and says nothing.
func TestShutdownHeedsItsContext(t *testing.T) {
	rt := router.New(quiet)
	r := chi.NewRouter()
	r.Mount("/rt", rt)
	url := serve(t, rt, r)
	nc, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	fmt.Fprintf(nc, "GET /rt/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: weft.1\r\n\r\n")
	nc.Read(make([]byte, 1000))
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	rt.Shutdown(ctx)
	if d := time.Since(start); d > 4*time.Second { // a first frame is waited for for 5 s
		t.Errorf("took %v", d)
	}
}
