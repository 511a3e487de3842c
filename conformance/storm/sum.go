package storm

import (
	"slices"
	"time"

	"github.com/weft-realtime/weft/client"
)

// outcome sums up what has happened since begin.
func (c *crowd) outcome(what string, begin time.Time, arrivals []arrival) Outcome {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.members)
	o := Outcome{What: what, Clients: n, Accepted: len(arrivals)}
	var back, dials, hellos []time.Duration
	for _, m := range c.members {
		log := m.since(begin)
		if n := count(log, "blame", "avoid", "demote"); n > 0 {
			o.Blamed += n
			o.Log = log
		}
		if m.settled {
			o.OnWebSocket++
		}
		if !m.back.IsZero() {
			back = append(back, m.back.Sub(begin))
		}
		dials = appendPause(dials, first(log, "died"), first(log, "dial", "attach"))
		if o.Lost += m.lost; m.lost > 0 {
			hellos = appendPause(hellos, m.lostAt, first(log, "create"))
		}
	}
	if o.Back = len(back); o.Back > 0 {
		slices.Sort(back)
		o.Slowest, o.Median = back[o.Back-1], back[o.Back/2]
	}
	var all, creating []time.Duration
	for _, a := range arrivals {
		after := a.At.Sub(begin)
		if all = append(all, after); a.Hello {
			creating = append(creating, after)
		}
	}
	if o.Worst = worst(all, n, ofConnection); what == "restart" {
		o.Worst = worst(creating, n, ofSession)
	}
	o.Haste = max(worst(dials, n, ofConnection), worst(hellos, n, ofSession))
	return o
}

// since is what a client did and decided after a moment.
func (m *member) since(begin time.Time) []client.Decision {
	return slices.DeleteFunc(m.Decisions(), func(d client.Decision) bool { return !d.Time.After(begin) })
}

func count(log []client.Decision, what ...string) (n int) {
	for _, d := range log {
		if slices.Contains(what, d.What) {
			n++
		}
	}
	return n
}

// first is when something happened for the first time, or zero.
func first(log []client.Decision, what ...string) time.Time {
	for _, d := range log {
		if slices.Contains(what, d.What) {
			return d.Time
		}
	}
	return time.Time{}
}

// appendPause adds the time between two things, if both have happened.
func appendPause(pauses []time.Duration, from, to time.Time) []time.Duration {
	if from.IsZero() || to.IsZero() {
		return pauses
	}
	return append(pauses, to.Sub(from))
}

// worst is the most times within a bin, wherever it begins, by the mean of n of them over an interval.
func worst(times []time.Duration, n int, interval time.Duration) float64 {
	slices.Sort(times)
	most, first := 0, 0
	for i, t := range times {
		for t-times[first] >= bin {
			first++
		}
		most = max(most, i-first+1)
	}
	return float64(most) / (float64(n) * float64(bin) / float64(interval))
}
