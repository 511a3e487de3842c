package webtransport

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

// Whoever sends a datagram is not held up by QUIC when the session has ended, nor is the next one, and the frame that
// QUIC still has stays as it was.
func TestOutlet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		release, tooLarge := make(chan struct{}), errors.New("too large")
		var taken []string
		o := newOutlet(ctx, func(p []byte) error {
			if string(p) == "waits" {
				<-release
			}
			taken = append(taken, string(p))
			if string(p) == "large" {
				return tooLarge
			}
			return nil
		})
		go o.run()
		if err := o.send([]byte("one")); err != nil {
			t.Error(err)
		}
		if err := o.send([]byte("large")); err != tooLarge {
			t.Error(err)
		}
		sent := make(chan error)
		go func() { sent <- o.send([]byte("waits")) }()
		synctest.Wait()
		select {
		case err := <-sent:
			t.Errorf("sent before it is taken: %v", err)
		default:
		}
		cancel()
		if err := <-sent; err != errClosed {
			t.Error(err)
		}
		if err := o.send([]byte("never")); err != errClosed {
			t.Error(err)
		}
		close(release)
		synctest.Wait()
		if len(taken) != 3 || taken[2] != "waits" {
			t.Errorf("taken: %q", taken)
		}
	})
}
