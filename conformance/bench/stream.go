package bench

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"

	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
)

// streamConn speaks weft/1 over an event stream. It only receives: what it acknowledges it POSTs, as a page does.
type streamConn struct {
	mount string
	c     net.Conn
	body  *bufio.Reader
	open  frame.Opening // of READY
	rcv   uint64
	told  uint64
}

// posts are made beside streams, over connections that all of them share.
var posts = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

func dialStream(addr string) (*streamConn, error) {
	s := &streamConn{mount: "http://" + addr + "/rt/"}
	hello := frame.Frame{Type: frame.Hello, Open: &frame.Opening{Version: frame.Version}}
	copy(hello.Open.Nonce[:], fmt.Sprintf("%p", s))
	ready, err := s.post("session", &hello)
	if err != nil {
		return nil, err
	}
	s.open = *ready.Open
	id, err := s.begin(addr)
	if err != nil {
		return nil, err
	}
	s.open.Extras, s.open.Att = nil, 2
	_, err = s.post(s.door("sse?stream="+id), &frame.Frame{Type: frame.Attach, Open: &s.open})
	return s, err
}

func (s *streamConn) door(d string) string {
	return "s/" + base64.RawURLEncoding.EncodeToString(s.open.SID[:]) + "/" + d
}

// begin opens the stream and returns its id.
func (s *streamConn) begin(addr string) (id string, err error) {
	if s.c, err = net.Dial("tcp", addr); err != nil {
		return "", err
	}
	fmt.Fprintf(s.c, "POST /rt/%s HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\n\r\n", s.door("sse"), addr)
	resp, err := http.ReadResponse(bufio.NewReader(s.c), nil)
	if err != nil {
		return "", err
	}
	s.body = bufio.NewReader(resp.Body)
	for {
		line, err := s.body.ReadString('\n')
		if data, ok := bytes.CutPrefix([]byte(line), []byte("data: ")); ok || err != nil {
			return string(bytes.TrimSpace(data)), err
		}
	}
}

// post makes a POST and returns the first frame of its answer.
func (s *streamConn) post(door string, f *frame.Frame) (first frame.Frame, err error) {
	r, err := http.NewRequest(http.MethodPost, s.mount+door, bytes.NewReader(frame.Append(nil, frame.Binary, f)))
	if err != nil {
		return first, err
	}
	r.Header.Set("Content-Type", transport.MIME)
	r.Header.Set("Authorization", "Bearer "+base64.RawURLEncoding.EncodeToString(s.open.Token[:]))
	resp, err := posts.Do(r)
	if err != nil {
		return first, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= 300 {
		err = fmt.Errorf("%s is answered %s", door, resp.Status)
	}
	var d frame.Decoder
	d.Reset(frame.Binary, answer, frame.DefaultMaxFrame)
	_, _ = d.Next(&first)
	return first, err
}

func (s *streamConn) send(int) error { return fmt.Errorf("streams only receive") }

// receive waits for the next message.
func (s *streamConn) receive() (int, error) {
	for {
		line, err := s.body.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		seq, ok := bytes.CutPrefix(line, []byte("id: 0."))
		if !ok {
			continue
		}
		if s.rcv, err = strconv.ParseUint(string(bytes.TrimSpace(seq)), 10, 64); err != nil {
			return 0, err
		}
		if s.rcv-s.told >= 256 {
			s.told = s.rcv
			_, err = s.post(s.door("send?att=2"), &frame.Frame{Type: frame.Ack, Rcv: s.rcv, Ack: s.rcv})
		}
		return 1, err
	}
}

func (s *streamConn) close() { s.c.Close() }
