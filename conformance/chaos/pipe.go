package chaos

import (
	"io"
	"net"
	"time"
)

const (
	chunkSize  = 16 << 10
	queueDepth = 1024 // chunks under way in a pipe: with a delay, what bounds memory and not in practice the throughput
)

// chunk is what one read returned, and when it may arrive: bytes, or how the stream ended.
type chunk struct {
	due  time.Time
	data []byte
	end  error // io.EOF, another error, or nil
}

// pump is one direction of a link, joined by link.run: a reader on this goroutine, and a writer that it joins.
func (l *link) pump(way *lane, src, dst *net.TCPConn) {
	defer l.pipes.Done()
	queue := make(chan chunk, queueDepth)
	written := make(chan struct{})
	go l.drain(way, dst, queue, written)
	l.fill(way, src, queue)
	close(queue)
	<-written
}

// fill reads until the stream ends. Chunks are due in the order they came in, whatever happens to the delay.
func (l *link) fill(way *lane, src *net.TCPConn, queue chan<- chunk) {
	var last time.Time
	for l.open(way) {
		buf := make([]byte, chunkSize)
		n, err := src.Read(buf)
		due := time.Now().Add(time.Duration(way.delay.Load()))
		if due.Before(last) {
			due = last
		}
		last = due
		select {
		case queue <- chunk{due, buf[:n], err}:
		case <-l.over.Done():
		}
		if err != nil {
			return
		}
	}
	io.Copy(io.Discard, src) // cut: after finish, unread bytes would turn the FIN into a reset
}

// drain writes until the stream ends or the link is cut; pump joins it.
func (l *link) drain(way *lane, dst *net.TCPConn, queue <-chan chunk, written chan<- struct{}) {
	defer close(written)
	for c := range queue {
		if !l.sleep(time.Until(c.due)) || !l.open(way) {
			return
		}
		l.forward(way, dst, c)
	}
}

// open waits until nothing is held in this direction. It returns false if the link is cut.
func (l *link) open(way *lane) bool {
	over := l.over.Done()
	return way.gate.pass(over) && l.proxy.hole.pass(over) && l.over.Err() == nil
}

// sleep returns false if the link is cut.
func (l *link) sleep(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.over.Done():
		return false
	}
}

// forward passes on what one side did: bytes, its FIN, its reset.
func (l *link) forward(way *lane, dst *net.TCPConn, c chunk) {
	if l.orphaned.Load() {
		return
	}
	data, sprung := way.trap.take(c.data)
	err := l.write(way, dst, data)
	switch {
	case l.orphaned.Load(): // since: the error, if any, is of HalfOpen's making
	case sprung:
		l.finish()
	case err != nil, c.end != nil && c.end != io.EOF:
		l.reset()
	case c.end == io.EOF:
		dst.CloseWrite()
	}
}

// write passes data on, as fast as the drip lets it, and drops what is left when the link is cut or orphaned.
func (l *link) write(way *lane, dst *net.TCPConn, data []byte) error {
	for len(data) > 0 {
		part := way.drip.take(len(data), l.over.Done())
		if part == 0 || !l.open(way) || l.orphaned.Load() {
			return nil
		}
		n, err := dst.Write(data[:part])
		l.last.Store(int64(time.Since(l.born)))
		way.passed.add(int64(n))
		if err != nil {
			return err
		}
		data = data[part:]
	}
	return nil
}
