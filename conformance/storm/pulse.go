package storm

import "time"

// pulse feels whether this process gets to do what is due: while it does not, it does not say much about its clients.
type pulse struct{ longest chan time.Duration }

func newPulse() *pulse {
	p := &pulse{make(chan time.Duration)}
	go p.beat()
	return p
}

// beat is joined by end.
func (p *pulse) beat() {
	const every = 5 * time.Millisecond
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	longest, last := time.Duration(0), time.Now()
	for {
		select {
		case <-ticker.C:
			now := time.Now()
			longest = max(longest, now.Sub(last)-every)
			last = now
		case p.longest <- longest:
			return
		}
	}
}

// end returns the longest that something due had to wait.
func (p *pulse) end() time.Duration { return <-p.longest }
