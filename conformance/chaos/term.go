package chaos

import (
	"sync"
	"time"
)

// Cut is how the proxy ends a connection of its own accord.
type Cut int

const (
	RST Cut = iota // as CutRST does
	FIN            // as CutFIN does
)

// SetLifetime cuts every connection when d has passed since it was accepted: those that exist too, and the older ones at
// once. 0 ends it.
func (p *Proxy) SetLifetime(d time.Duration, how Cut) {
	p.terms.set(func(t *term) { t.lifetime, t.lifetimeCut = d, how })
}

// SetIdle cuts every connection over which no byte was passed on, in either direction, for d. 0 ends it.
func (p *Proxy) SetIdle(d time.Duration, how Cut) {
	p.terms.set(func(t *term) { t.idle, t.idleCut = d, how })
}

// term says when a connection has to end. 0 is never.
type term struct {
	lifetime, idle       time.Duration
	lifetimeCut, idleCut Cut
}

// due returns when and how, for a connection over which something went last, both counted from its beginning.
func (t term) due(last time.Duration) (at time.Duration, how Cut, ever bool) {
	switch {
	case t.idle > 0 && (t.lifetime <= 0 || last+t.idle < t.lifetime):
		return last + t.idle, t.idleCut, true
	case t.lifetime > 0:
		return t.lifetime, t.lifetimeCut, true
	}
	return 0, 0, false
}

// terms is a term that can change under those who watch it.
type terms struct {
	mu      sync.Mutex
	term    term
	changed chan struct{} // closed and replaced at each change
}

func newTerms() *terms { return &terms{changed: make(chan struct{})} }

func (t *terms) set(change func(*term)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change(&t.term)
	close(t.changed)
	t.changed = make(chan struct{})
}

func (t *terms) get() (term, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.term, t.changed
}

// watch cuts the link when its term is over; run joins it.
func (l *link) watch() {
	defer l.watched.Done()
	for {
		term, changed := l.proxy.terms.get()
		at, how, ever := term.due(time.Duration(l.last.Load()))
		left := at - time.Since(l.born)
		var over <-chan time.Time
		switch {
		case ever && left <= 0:
			l.end(how)
			return
		case ever:
			over = time.After(left)
		}
		select {
		case <-over:
		case <-changed:
		case <-l.over.Done():
			return
		}
	}
}

func (l *link) end(how Cut) {
	if how == FIN {
		l.finish()
	} else {
		l.reset()
	}
}
