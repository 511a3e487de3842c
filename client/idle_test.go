package client_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/weft-realtime/weft/client"
	"github.com/weft-realtime/weft/router"
)

// A poll that is answered with nothing is a sign of life: polls on which nobody says anything go on, also behind a POST that
// was answered. PROTOCOL 13.1, 13.3, 13.8
func TestIdlePolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := router.New(router.Config{})
		router.On(rt, "say", func(*router.Context, string) error { return nil })
		c := client.New("http://h/rt", hosts{"h": rt}.polling())
		if err := c.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		if err := c.Emit(t.Context(), "say", "hi"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		if state, _ := c.State(); state != client.Open || len(c.Decisions()) != 3 { // create, ready, poll
			t.Errorf("%s: %v", state, c.Decisions())
		}
		if err := c.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if err := rt.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
