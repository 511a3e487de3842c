package chaos

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// echoUDP answers datagrams, and says where they came from.
func echoUDP(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 2000)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			conn.WriteTo(append(buf[:n:n], " "+from.String()...), from)
		}
	}()
	t.Cleanup(func() { conn.Close(); <-done })
	return conn.LocalAddr().String()
}

func newUDP(t *testing.T) (*UDP, net.Conn) {
	t.Helper()
	u, err := NewUDP("127.0.0.1:0", echoUDP(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(u.Close)
	return u, dialUDP(t, u)
}

func dialUDP(t *testing.T, u *UDP) net.Conn {
	t.Helper()
	conn, err := net.Dial("udp", u.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// ask sends a datagram and returns from where the target saw it come, or "" when nothing came back.
func ask(t *testing.T, conn net.Conn, text string, patience time.Duration) string {
	t.Helper()
	if _, err := conn.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	conn.SetReadDeadline(time.Now().Add(patience))
	buf := make([]byte, 2000)
	n, err := conn.Read(buf)
	if err != nil {
		return ""
	}
	var said, from string
	fmt.Sscan(string(buf[:n]), &said, &from)
	if said != text {
		t.Fatalf("%q came back for %q", buf[:n], text)
	}
	return from
}

func TestUDPForwards(t *testing.T) {
	u, one := newUDP(t)
	two := dialUDP(t, u)
	a, b := ask(t, one, "one", patience), ask(t, two, "two", patience)
	if a == "" || b == "" || a == b {
		t.Errorf("the target saw %q and %q", a, b)
	}
	if again := ask(t, one, "again", patience); again != a {
		t.Errorf("then %q, not %q", again, a)
	}
}

func TestUDPRebind(t *testing.T) {
	u, conn := newUDP(t)
	before := ask(t, conn, "before", patience)
	u.Rebind()
	if after := ask(t, conn, "after", patience); after == "" || after == before {
		t.Errorf("the target saw %q, and then %q", before, after)
	}
}

func TestUDPVanishes(t *testing.T) {
	u, conn := newUDP(t)
	u.Vanish()
	if from := ask(t, conn, "gone", moment); from != "" {
		t.Errorf("it passed, from %s", from)
	}
	u.Heal()
	if ask(t, conn, "back", patience) == "" {
		t.Error("nothing passes after Heal")
	}
}

func TestUDPDelay(t *testing.T) {
	u, conn := newUDP(t)
	u.SetDelay(moment)
	begun := time.Now()
	if ask(t, conn, "late", patience) == "" || time.Since(begun) < 2*moment {
		t.Errorf("a round trip took %v, through %v each way", time.Since(begun), moment)
	}
	if _, err := conn.Write([]byte("held")); err != nil { // and Close does not wait for it
		t.Fatal(err)
	}
}

func TestUDPLoss(t *testing.T) {
	u, conn := newUDP(t)
	u.SetLoss(Down, 0.5)
	for i := range 60 {
		if _, err := conn.Write(fmt.Append(nil, "n", i)); err != nil {
			t.Fatal(err)
		}
	}
	came, buf := 0, make([]byte, 2000)
	for end := time.Now().Add(patience); ; { // answers come in order, so that behind an end there are no more
		if _, err := conn.Write([]byte("end")); err != nil || time.Now().After(end) {
			t.Fatalf("no end comes back, %v", err)
		}
		conn.SetReadDeadline(time.Now().Add(moment))
		n, err := conn.Read(buf)
		if err != nil {
			continue // it was lost
		}
		if strings.HasPrefix(string(buf[:n]), "end") {
			break
		}
		came++
	}
	if came < 10 || came > 50 {
		t.Errorf("%d of 60 came back through a loss of a half", came)
	}
}
