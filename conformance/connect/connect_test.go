package connect

import (
	"cmp"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/weft-realtime/weft/conformance/browser"
	"github.com/weft-realtime/weft/conformance/timing"
)

var loads = flag.Int("loads", 1, "how often each page is measured; with 5 or more nothing runs beside, and the table is printed")

// perTab is how often a page is measured in one tab: Chromium makes a page wait before it dials a WebSocket when many
// have failed.
const perTab = 5

// seen is what a page saw, in milliseconds from connect; 0 is never.
type seen struct {
	Ready     float64 `json:"ready"`
	Push      float64 `json:"push"`
	Better    float64 `json:"better"`    // READY on something better than polls
	Second    float64 `json:"second"`    // another push, of climb
	Transport string  `json:"transport"` // which was that
}

// peer is what connects: a row of the table.
type peer struct {
	name      string
	js        string // the page's function
	yardstick bool   // it is not weft, but beside it
	warm      bool   // the page before has left behind what it learnt of the network
}

var peers = []peer{
	{name: "raw WebSocket", js: "raw", yardstick: true},
	{name: "a POST on a warm connection", js: "post", yardstick: true},
	{name: "weft", js: "weft"},
	{name: "weft, with the memory of a page before", js: "weft", warm: true},
}

// TestBrowserConnect measures how long a page that is loaded takes to be connected. How long that is decides nothing
// but this: whatever the network does to WebSocket and event streams, the first push comes within a second.
// PROTOCOL 14.1, 14.2
func TestBrowserConnect(t *testing.T) {
	measured := *loads >= perTab
	cells := make([][]string, len(peers)) // by peer and network
	for i := range cells {
		cells[i] = make([]string, len(networks))
	}
	t.Run("network", func(t *testing.T) {
		for col, n := range networks {
			t.Run(n.name, func(t *testing.T) {
				if !measured {
					t.Parallel()
				}
				url := n.make(t, site(t).Listener.Addr().String())
				for row, p := range peers {
					if measured || !p.yardstick {
						cells[row][col] = cell(p.measure(t, url, n.patience))
						t.Logf("%s: %s", p.name, cells[row][col])
					}
				}
			})
		}
	})
	if measured {
		fmt.Println(table(cells))
	}
}

// measure measures in as many tabs as it takes, each of which the peer has been loaded in once.
func (p *peer) measure(t *testing.T, url string, patience time.Duration) (all []seen) {
	for len(all) < *loads {
		t.Run(p.name, func(t *testing.T) {
			tab := browser.Open(t, url)
			call := fmt.Sprintf("%s(%d)", p.js, patience.Milliseconds())
			if p.warm {
				p.load(t, tab, url, call+".then(learnt)")
			} else {
				p.load(t, tab, url, call)
				call = "(localStorage.clear(), " + call + ")"
			}
			for n := 0; n < perTab && len(all) < *loads; n++ {
				if p.yardstick {
					all = append(all, p.load(t, tab, url, call))
					continue
				}
				timing.Within(t, time.Second, func() (time.Duration, func() string) {
					s := p.load(t, tab, url, call)
					all = append(all, s)
					return cmp.Or(milliseconds(s.Push), time.Hour), func() string { return fmt.Sprintf("%+v", s) }
				})
			}
		})
		if t.Failed() {
			t.FailNow()
		}
	}
	return all
}

func milliseconds(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

// load loads the page anew, and connects.
func (p *peer) load(t *testing.T, tab *browser.Tab, url, call string) seen {
	t.Helper()
	if err := chromedp.Do(tab.Context, chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	browser.Run(tab, "new Promise(ok => { const t = setInterval(() => window.loaded && (clearInterval(t), ok()), 1) })")
	return browser.Eval[seen](tab, call)
}

// cell is the medians of what was seen.
func cell(all []seen) string {
	of := func(get func(seen) float64) float64 {
		slices.SortFunc(all, func(a, b seen) int { return cmp.Compare(get(a), get(b)) })
		return get(all[len(all)/2])
	}
	ready, push := of(func(s seen) float64 { return s.Ready }), of(func(s seen) float64 { return s.Push })
	if ready == 0 {
		return "never"
	}
	text := fmt.Sprintf("%.0f / %.0f", ready, push)
	if push == 0 {
		text = fmt.Sprintf("%.0f, no push", ready)
	}
	if better := of(func(s seen) float64 { return s.Better }); better > 0 {
		text += fmt.Sprintf(", %s at %.0f", all[len(all)/2].Transport, better)
	}
	return text
}

// table is the cells in Markdown.
func table(cells [][]string) string {
	var b strings.Builder
	b.WriteString("| peer |")
	for _, n := range networks {
		fmt.Fprintf(&b, " %s |", n.name)
	}
	b.WriteString("\n|---" + strings.Repeat("|---", len(networks)) + "|\n")
	for row, p := range peers {
		fmt.Fprintf(&b, "| %s | %s |\n", p.name, strings.Join(cells[row], " | "))
	}
	return b.String()
}
