package process_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/weft-realtime/weft/conformance/process"
	"github.com/weft-realtime/weft/internal/leak"
)

func TestMain(m *testing.M) {
	process.Main(echo)
	leak.Main(m)
}

// echo is a server that listens nowhere.
func echo(arg string) error {
	if arg == "fail" {
		return errors.New("failed, as it was told to")
	}
	fmt.Println("address of", arg)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		fmt.Println(lines.Text(), lines.Text())
	}
	return nil
}

func TestProcess(t *testing.T) {
	p, err := process.Start("it")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Kill()
	if p.Addr != "address of it" {
		t.Errorf("address %q", p.Addr)
	}
	for _, command := range []string{"a", "b"} {
		if answer, err := p.Ask(command); err != nil || answer != command+" "+command {
			t.Errorf("%s is answered %q, %v", command, answer, err)
		}
	}
	p.Kill()
	if answer, err := p.Ask("c"); err == nil {
		t.Errorf("killed, it answers %q", answer)
	}
}

func TestStartFails(t *testing.T) {
	if p, err := process.Start("fail"); err == nil {
		p.Kill()
		t.Fatal("a server that fails has started")
	}
}
