package fallback_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weft-realtime/weft/fallback"
	"github.com/weft-realtime/weft/transport"
)

// Whatever happens, in whatever order, the plan in TypeScript does the same: its test walks random situations that this
// one has written down with what became of them here. PROTOCOL 14.5
func TestPlanIsTheSameInTypeScript(t *testing.T) {
	from, dir := walkSeed(), t.TempDir()
	t.Logf("-plan.seed=%d", from)
	var b strings.Builder
	for i := range 300 {
		r := &reporter{t: t, b: &b, rnd: rand.New(rand.NewPCG(from, uint64(i))), now: 1000}
		r.report(i)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("walks.txt", b.String())
	write("package.json", `{"type":"module"}`)
	clientjs := filepath.Join("..", "clientjs")
	tsc := exec.Command(filepath.Join(clientjs, "node_modules", ".bin", "tsc"),
		"-p", filepath.Join(clientjs, "tsconfig.test.json"), "--outDir", dir)
	if out, err := tsc.CombinedOutput(); err != nil {
		t.Fatalf("tsc, which make tools installs: %v\n%s", err, out)
	}
	node := exec.Command("node", "--test-reporter=spec", filepath.Join(dir, "plan", "plan.test.js"))
	node.Env = append(os.Environ(), "WEFT_SITUATIONS=file://"+dir+"/")
	if out, err := node.CombinedOutput(); err != nil || strings.Count(string(out), "✔ walk ") != 300 {
		text := string(out)
		t.Fatalf("%v\n%s", err, text[strings.LastIndex(text[:max(0, len(text)-4_000)], "\n")+1:])
	}
}

// reporter writes down what a plan does when things happen to it at random, those too that should not.
type reporter struct {
	t    *testing.T
	b    *strings.Builder
	rnd  *rand.Rand
	now  fallback.Time
	page *page
}

func (r *reporter) report(i int) {
	orders := [][]transport.Kind{four, four, four, all, {polls, ws, wt}, {sse, wt, polls}, {wt, sse}, {ws, polls, wt, sse}}
	s := situation{order: orders[r.rnd.IntN(len(orders))], ranked: r.rnd.IntN(2) == 0}
	for range 1 + r.rnd.IntN(12) {
		s.random = append(s.random, float64(r.rnd.IntN(1000))/1000)
	}
	fmt.Fprintf(r.b, "name: walk %d\norder: %s\n", i, strings.Join(words(s.order), " "))
	if s.ranked {
		r.b.WriteString("ranked: yes\n")
	}
	fmt.Fprintf(r.b, "random: %s\n", strings.Trim(fmt.Sprint(s.random), "[]"))
	r.page = s.page(fallback.Memory{})
	r.step("start")
	for range 120 {
		r.pass()
		if r.rnd.IntN(100) == 0 {
			fmt.Fprintf(r.b, "%d reload\n", r.now)
			r.page.Plan = fallback.NewPlan(s.order, s.ranked, r.page.Memory(), r.page.random)
			r.step("start")
		}
		r.happen()
	}
	r.b.WriteString("\n")
}

func (r *reporter) step(event string) {
	r.b.WriteString(r.page.walk(r.t, fmt.Sprintf("%d %s", r.now, event)) + "\n")
}

// pass lets time pass: a moment, or until the plan has something to do, or for long.
func (r *reporter) pass() {
	switch at := r.page.Deadline(); r.rnd.IntN(12) {
	case 0:
		r.now += fallback.Time(r.rnd.IntN(60_000))
	case 1:
		r.now += fallback.Time(r.rnd.IntN(1 << r.rnd.IntN(28)))
	case 2, 3, 4, 5:
		r.now = max(r.now, at)
	default:
		r.now += fallback.Time(r.rnd.IntN(400))
	}
}

func (r *reporter) happen() {
	kind := func() string { return four[r.rnd.IntN(4)].String() }
	switch r.rnd.IntN(22) {
	case 0, 1, 2, 3:
		r.step("tick")
	case 4, 5:
		r.step("opened " + kind())
	case 6, 7, 8:
		r.step("failed " + kind())
	case 9, 10, 11:
		r.step(r.welcome())
		r.step("ready " + kind())
	case 12, 13:
		if r.page.Current() != 0 {
			r.step([]string{"died", "barren", "left"}[r.rnd.IntN(3)])
		}
	case 14, 15:
		r.step("worn")
	case 16:
		r.step("suspect")
	case 17:
		r.step("online")
	case 18:
		r.step([]string{"hide", "show"}[r.rnd.IntN(2)])
	case 19:
		r.step("limited")
	case 20:
		r.step("force " + []string{kind(), "none", "none"}[r.rnd.IntN(3)])
	case 21:
		r.step([]string{"rest", "start", "online"}[r.rnd.IntN(3)])
	}
}

// welcome is most often all kinds, in the same network.
func (r *reporter) welcome() string {
	network := "home"
	if r.rnd.IntN(6) == 0 {
		network = fmt.Sprint("office", r.rnd.IntN(10))
	}
	offer := words(four)
	if r.rnd.IntN(3) == 0 {
		r.rnd.Shuffle(len(offer), func(i, j int) { offer[i], offer[j] = offer[j], offer[i] })
		offer = offer[:r.rnd.IntN(len(offer)+1)]
	}
	text := strings.Join(append([]string{"welcome", network}, offer...), " ")
	if r.rnd.IntN(4) == 0 {
		text = strings.Replace(text, "webtransport", "webtransport@elsewhere", 1)
	}
	return text
}

func words(kinds []transport.Kind) (out []string) {
	for _, k := range kinds {
		out = append(out, k.String())
	}
	return out
}
