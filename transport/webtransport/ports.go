package webtransport

import (
	"fmt"
	"net"
)

// open opens the same port twice.
func (s *Server) open() (err error) {
	for range 10 { // port 0: the UDP port of a free TCP port's number may be taken
		if s.tcp, err = net.Listen("tcp", s.Addr); err != nil {
			return fmt.Errorf("weft: %w", err)
		}
		udp, udpErr := net.ListenPacket("udp", s.tcp.Addr().String())
		if err = udpErr; err == nil {
			s.udp = append(s.udp, udp)
			s.openTwin()
			return nil
		}
		s.tcp.Close()
		if _, port, _ := net.SplitHostPort(s.Addr); port != "0" {
			break
		}
	}
	return fmt.Errorf("weft: the UDP port beside %s: %w", s.Addr, err)
}

// openTwin opens the UDP port of [::1] beside that of 127.0.0.1 under development, if it can: to reach localhost a browser
// sends its datagrams there, and does not try the other address as it does with TCP.
func (s *Server) openTwin() {
	addr, ok := s.tcp.Addr().(*net.TCPAddr)
	if s.TLS != nil || !ok || !addr.IP.Equal(net.IPv4(127, 0, 0, 1)) {
		return
	}
	if udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv6loopback, Port: addr.Port}); err == nil {
		s.udp = append(s.udp, udp)
	}
}

// close closes the ports.
func (s *Server) close() {
	s.tcp.Close()
	for _, l := range s.quic {
		l.Close()
	}
	for _, udp := range s.udp {
		udp.Close()
	}
}
