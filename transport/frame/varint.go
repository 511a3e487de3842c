package frame

import "encoding/binary"

// Varints are those of QUIC (RFC 9000 section 16): the two high bits of the first byte give the length 1, 2, 4 or 8.

// varintSize is the length of v's minimal form in bytes. v must not be greater than MaxInt.
func varintSize(v uint64) int {
	switch {
	case v < 1<<6:
		return 1
	case v < 1<<14:
		return 2
	case v < 1<<30:
		return 4
	}
	return 8
}

// appendVarint appends the minimal form of v, which must not be greater than MaxInt.
func appendVarint(buf []byte, v uint64) []byte {
	switch varintSize(v) {
	case 1:
		return append(buf, byte(v))
	case 2:
		return binary.BigEndian.AppendUint16(buf, uint16(v)|0x4000)
	case 4:
		return binary.BigEndian.AppendUint32(buf, uint32(v)|0x8000_0000)
	}
	return binary.BigEndian.AppendUint64(buf, v|0xc000_0000_0000_0000)
}

// varint takes a varint off p and returns it with its length, which is 0 if p is too short. It may be greater than
// MaxInt or longer than it needs to be.
func varint(p []byte) (v uint64, n int) {
	if len(p) == 0 {
		return 0, 0
	}
	n = 1 << (p[0] >> 6)
	if len(p) < n {
		return 0, 0
	}
	v = uint64(p[0] & 0x3f)
	for _, b := range p[1:n] {
		v = v<<8 | uint64(b)
	}
	return v, n
}
