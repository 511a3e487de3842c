package chaos

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// RefuseUpgrade answers WebSocket handshakes with a status, say 403 or 502, and closes their connection. Other requests
// pass, on connections that are kept alive too.
func (h *HTTP) RefuseUpgrade(status int) {
	h.add(Upgrade, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		http.Error(w, http.StatusText(status), status)
	})
}

// HangUpgrade leaves WebSocket handshakes without an answer until the client gives up or the proxy is closed.
func (h *HTTP) HangUpgrade() { h.HangRequest(Upgrade) }

// SilentUpgrade answers WebSocket handshakes with 101, choosing the first subprotocol that is offered, and is silent from
// then on: what the client sends is read and dropped until it goes or the proxy is closed. The server hears nothing.
func (h *HTTP) SilentUpgrade() { h.add(Upgrade, serveSilence) }

func serveSilence(w http.ResponseWriter, r *http.Request) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer conn.Close()
	// The request's context ends with the proxy: a hijacked connection is nobody else's to close.
	defer context.AfterFunc(r.Context(), func() { conn.Close() })()
	io.WriteString(conn, switching(r))
	io.Copy(io.Discard, buffered)
}

// switching is the answer that RFC 6455 section 4.2.2 asks for.
func switching(r *http.Request) string {
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(sum[:]) + "\r\n"
	if offered, _, _ := strings.Cut(r.Header.Get("Sec-WebSocket-Protocol"), ","); offered != "" {
		answer += "Sec-WebSocket-Protocol: " + strings.TrimSpace(offered) + "\r\n"
	}
	return answer + "\r\n"
}

// KillUpgraded lets WebSocket handshakes through, and resets the client's connection d after the server's 101, whatever
// goes over it: a middlebox that does not know what an upgrade is. The server's connection is ended in order. After Heal
// nothing is reset.
func (h *HTTP) KillUpgraded(d time.Duration) {
	h.addUntilHealed(Upgrade, func(w http.ResponseWriter, r *http.Request, healed <-chan struct{}) {
		var death *time.Timer // nil if there is no upgrade
		h.forwards.ServeHTTP(hijacker{w, func(conn net.Conn) net.Conn {
			death = time.AfterFunc(d, func() {
				select {
				case <-healed:
				default:
					reset(conn.(*net.TCPConn))
				}
			})
			return conn
		}}, r)
		if death != nil {
			death.Stop()
		}
	})
}

// MuteUpgraded lets WebSocket handshakes through, and then n bytes of what the server sends, and all that the client
// sends until those have passed. From then on nothing passes: both ends may write, and hear nothing, not even the
// server's end of the connection. The client's does end it. With 0 nothing follows the 101.
func (h *HTTP) MuteUpgraded(n int64) {
	h.add(Upgrade, func(w http.ResponseWriter, r *http.Request) {
		h.forwards.ServeHTTP(hijacker{w, func(conn net.Conn) net.Conn {
			return newMuted(h.over, conn.(*net.TCPConn), n)
		}}, r)
	})
}

// hijacker is a ResponseWriter whose connection somebody else sees first.
type hijacker struct {
	http.ResponseWriter
	wrap func(net.Conn) net.Conn
}

func (h hijacker) Unwrap() http.ResponseWriter { return h.ResponseWriter }

func (h hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	return h.wrap(conn), buffered, nil
}
