package sse_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/weft-realtime/weft/transport/frame"
)

// Close ends the stream as an answer ends; what was told in band has arrived. PROTOCOL 11.10
func TestCloseEndsStream(t *testing.T) {
	s := serve(t, newGate())
	st, a := s.attached(t)
	if err := a.conn.Send([]byte(`{"t":"close","code":4409}` + "\n")); err != nil {
		t.Fatal(err)
	}
	a.conn.Close(frame.Superseded, "")
	a.conn.Close(frame.Superseded, "again")
	st.wantClose(frame.Superseded)
	receive(t, a.lost)
	if a.conn.Send([]byte("{}")) == nil {
		t.Error("Send after Close succeeded")
	}
	s.tr.Wait()
	a.conn.Close(frame.Done, "after the handler")
}

// Close cuts off a Send that waits for a client that does not read, and does not wait itself.
func TestCloseUnblocksSend(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		s := serve(t, newGate(), func(h *httptest.Server) { h.EnableHTTP2 = http2 })
		_, a := s.attached(t)
		sent := make(chan error, 1)
		begun := make(chan struct{})
		go func() {
			close(begun)
			sent <- a.conn.Send(make([]byte, 16<<20)) // more than anybody takes unread
		}()
		<-begun
		a.conn.Close(frame.Timeout, "stalled")
		if err := receive(t, sent); err == nil {
			t.Errorf("HTTP/2 %v: Send succeeded", http2)
		}
		receive(t, a.lost)
		s.tr.Wait()
	}
}

// A client that goes without a word is lost, also while it does not read what is sent.
func TestClientVanishes(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		for _, sending := range []bool{false, true} {
			s := serve(t, newGate(), func(h *httptest.Server) { h.EnableHTTP2 = http2 })
			st, a := s.attached(t)
			sent := make(chan error, 1)
			if sending {
				go func() { sent <- a.conn.Send(make([]byte, 16<<20)) }()
				st.Peek(1) // it has begun
			}
			st.body.Close()
			if err := receive(t, a.lost); err == nil {
				t.Error("lost without an error")
			}
			if sending {
				receive(t, sent)
			}
			s.tr.Wait()
		}
	}
}

// The deadlines of an http.Server are for requests and answers that end; an idle stream outlives them, over both HTTPs.
// PROTOCOL 11.11
func TestServerDeadlines(t *testing.T) {
	const short = 100 * time.Millisecond
	for _, http2 := range []bool{false, true} {
		s := serve(t, newGate(), func(h *httptest.Server) {
			h.EnableHTTP2 = http2
			h.Config.ReadTimeout, h.Config.WriteTimeout, h.Config.IdleTimeout = short, short, short
			h.TLS = &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
				return nil, hello.Conn.SetDeadline(time.Time{}) // the handshake takes what it takes on a busy machine
			}}
		})
		st, a := s.attached(t)
		for range 2 {
			select {
			case err := <-a.lost:
				t.Fatalf("HTTP/2 %v: lost: %v", http2, err)
			case <-time.After(2 * short):
			}
			if err := a.conn.Send([]byte("{}\n")); err != nil || st.event()[0] != "data: {}" {
				t.Errorf("HTTP/2 %v: %v", http2, err)
			}
		}
	}
}

// Wait ends what nobody has attached, and waits for the rest.
func TestWait(t *testing.T) {
	s := serve(t, newGate())
	unattached := s.open(t)
	st, a := s.attached(t)
	waited := make(chan struct{})
	go func() {
		s.tr.Wait()
		close(waited)
	}()
	unattached.wantClose(frame.Draining)
	if status, _ := s.post(t, mine+"/sse", ""); status != 503 {
		t.Errorf("opened another: %d", status)
	}
	select {
	case <-waited:
		t.Error("did not wait for the attached stream")
	default:
	}
	a.conn.Close(frame.Done, "")
	st.wantEnd()
	receive(t, waited)
}

// A client that ends its side and does not read cannot hold the handler up.
func TestDeafClient(t *testing.T) {
	s := serve(t, newGate())
	c, err := net.Dial("tcp", s.mount.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /rt%s/sse HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", mine)
	c.SetReadDeadline(time.Now().Add(patience))
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	begin := make([]byte, 2048+len("x\n\nevent: stream\ndata: ")+22)
	if _, err := io.ReadFull(resp.Body, begin); err != nil {
		t.Fatal(err)
	}
	id := string(begin[strings.LastIndex(string(begin), " ")+1:])
	if status, _ := s.post(t, mine+"/sse?stream="+id, attach); status != 204 {
		t.Fatalf("%d, stream %q", status, id)
	}
	a := receive(t, s.bound)
	sent := make(chan error, 1)
	go func() { sent <- a.conn.Send(make([]byte, 16<<20)) }()
	resp.Body.(io.Reader).Read(make([]byte, 1)) // it has begun
	c.(*net.TCPConn).CloseWrite()
	receive(t, a.lost)
	receive(t, sent)
	s.tr.Wait()
}
