// Package prng is a small random number generator that Go and TypeScript share, so that a seed means the same faults in
// both: sfc32 of PractRand, which needs nothing but 32-bit additions, shifts and exclusive or (in JavaScript: |0 and
// >>>). It is no source of secrets.
package prng

import "math/bits"

// Rand is a generator. It is not safe for concurrent use.
type Rand struct{ a, b, c, counter uint32 }

// warmUp rounds make even seeds that differ in one bit unlike each other.
const warmUp = 15

// New returns the generator of a seed. Each stream of a seed is a sequence of its own.
func New(seed uint64, stream uint32) *Rand {
	r := &Rand{a: uint32(seed), b: uint32(seed >> 32), c: stream, counter: 1}
	for range warmUp {
		r.Uint32()
	}
	return r
}

// Uint32 returns the next 32 bits.
func (r *Rand) Uint32() uint32 {
	v := r.a + r.b + r.counter
	r.counter++
	r.a = r.b ^ r.b>>9
	r.b = r.c + r.c<<3
	r.c = bits.RotateLeft32(r.c, 21) + v
	return v
}

// N returns a number from 0 to n-1, and 0 if n < 1. n must be below 2^21, so that JavaScript can compute the same with
// Math.floor(x * n / 2**32). The bias is below n/2^32.
func (r *Rand) N(n int) int {
	if n < 1 {
		return 0
	}
	return int(uint64(r.Uint32()) * uint64(n) >> 32)
}

// Between returns a number from low to high, both included.
func (r *Rand) Between(low, high int) int { return low + r.N(high-low+1) }

// OneIn is true once in n times.
func (r *Rand) OneIn(n int) bool { return r.N(n) == 0 }

// Bytes fills b.
func (r *Rand) Bytes(b []byte) {
	for i := range b {
		b[i] = byte(r.Uint32())
	}
}

// Pick returns one of the values.
func Pick[T any](r *Rand, values ...T) T { return values[r.N(len(values))] }
