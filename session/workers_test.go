package session

import (
	"sync"
	"testing"
	"testing/synctest"
)

// A goroutine that has nothing more to do does the next thing, at most maxParked wait for one, and when they are not to be
// kept they end.
func TestWorkersAreUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w workers
		var done sync.WaitGroup
		burst := func(n int) {
			leave := make(chan struct{})
			for range n {
				done.Add(1)
				w.run(func() { defer done.Done(); <-leave })
			}
			close(leave)
			done.Wait()
			synctest.Wait()
		}
		parked := func(want int) {
			t.Helper()
			w.mu.Lock()
			defer w.mu.Unlock()
			if len(w.parked) != want {
				t.Errorf("%d are parked, not %d", len(w.parked), want)
			}
		}
		burst(3)
		parked(0) // nobody keeps them
		w.setKeep(true)
		burst(3)
		parked(3)
		for range 10 {
			burst(1)
			parked(3)
		}
		burst(5)
		parked(5)
		burst(2 * maxParked)
		parked(maxParked)
		w.setKeep(false)
		parked(0)
		w.running.Wait()
		burst(1) // what is still to be done is done
		parked(0)
		w.running.Wait()
	})
}

// Everything that is handed over is done, once, however workers come and go.
func TestWorkersDoEverything(t *testing.T) {
	var w workers
	var done, from sync.WaitGroup
	const each, callers = 5_000, 4
	done.Add(each * callers)
	for i := range callers {
		from.Go(func() {
			for n := range each {
				if n%100 == 0 {
					w.setKeep((n/100+i)%3 > 0)
				}
				w.run(done.Done)
			}
		})
	}
	from.Wait()
	done.Wait() // one that was done twice would panic
	w.setKeep(false)
	w.running.Wait()
}
