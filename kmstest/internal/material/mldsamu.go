package material

import (
	"bytes"
	"crypto/sha3"
	"encoding/binary"
	"math/bits"

	"filippo.io/mldsa"
)

// This file verifies an ML-DSA signature of an external mu, which is all of
// FIPS 204 that package mldsa does not offer: it signs one, but verifies
// signatures of whole messages only. Nothing here is secret, so nothing here is
// constant-time.

const (
	mldsaMuSize = 64

	mldsaQ      = 8380417
	mldsaZeta   = 1753 // a 512th root of unity modulo mldsaQ
	mldsaInv256 = 8347681
	mldsaD      = 13 // bits that the public key leaves out of t
	mldsaT1Bits = 10
)

// mldsaParameters are the columns of table 1 of FIPS 204.
type mldsaParameters struct {
	k, l    int // rows and columns of the matrix
	beta    int32
	gamma1  int32
	zBits   int // 1 + log2(gamma1)
	gamma2  int32
	w1Bits  int // bits that hold (q - 1)/(2*gamma2) - 1
	tau     int
	omega   int
	cLength int // bytes in the challenge
}

func mldsaParametersOf(p mldsa.Parameters) mldsaParameters {
	switch p {
	case mldsa.MLDSA44():
		return mldsaParameters{k: 4, l: 4, beta: 78, gamma1: 1 << 17, zBits: 18, gamma2: (mldsaQ - 1) / 88, w1Bits: 6, tau: 39, omega: 80, cLength: 32}
	case mldsa.MLDSA65():
		return mldsaParameters{k: 6, l: 5, beta: 196, gamma1: 1 << 19, zBits: 20, gamma2: (mldsaQ - 1) / 32, w1Bits: 4, tau: 49, omega: 55, cLength: 48}
	default:
		return mldsaParameters{k: 8, l: 7, beta: 120, gamma1: 1 << 19, zBits: 20, gamma2: (mldsaQ - 1) / 32, w1Bits: 4, tau: 60, omega: 75, cLength: 64}
	}
}

// verifyMu is ML-DSA.Verify_internal, algorithm 8, from its line 8 on.
func verifyMu(public *mldsa.PublicKey, mu, signature []byte) bool {
	p := mldsaParametersOf(public.Parameters())
	if len(signature) != public.Parameters().SignatureSize() {
		return false
	}
	challenge, rest := signature[:p.cLength], signature[p.cLength:]
	packedZ, packedHint := rest[:p.l*p.zBits*32], rest[p.l*p.zBits*32:]

	z := make([]mldsaPoly, p.l)
	for i := range z {
		z[i] = unpackPoly(packedZ[i*p.zBits*32:], p.zBits)
		for j, c := range z[i] {
			c = p.gamma1 - c
			if max(c, -c) >= p.gamma1-p.beta {
				return false
			}
			z[i][j] = modQ(c)
		}
		z[i].ntt()
	}
	hint, ok := unpackHint(packedHint, p)
	if !ok {
		return false
	}
	c := sampleInBall(challenge, p.tau)
	c.ntt()

	key := public.Bytes()
	rho, packedT1 := key[:32], key[32:]
	commitment := bytes.Clone(mu)
	for i := range p.k {
		// w is row i of A*z - c*t1*2^d.
		var w mldsaPoly
		for j := range z {
			a := expandPoly(rho, byte(j), byte(i))
			w.addProduct(&a, &z[j])
		}
		t1 := unpackPoly(packedT1[i*mldsaT1Bits*32:], mldsaT1Bits)
		for j := range t1 {
			t1[j] = modQ(-t1[j] << mldsaD)
		}
		t1.ntt()
		w.addProduct(&c, &t1)
		w.inverseNTT()
		for j := range w {
			w[j] = useHint(hint[i][j], w[j], p.gamma2)
		}
		commitment = append(commitment, packPoly(&w, p.w1Bits)...)
	}
	return bytes.Equal(challenge, sha3.SumSHAKE256(commitment, p.cLength))
}

// mldsaPoly is a polynomial of degree 255. Its coefficients are from 0 to
// mldsaQ - 1 wherever there is arithmetic.
type mldsaPoly [256]int32

func modQ[T int32 | int64](x T) int32 {
	x %= mldsaQ
	if x < 0 {
		x += mldsaQ
	}
	return int32(x)
}

func mulQ(a, b int32) int32 { return modQ(int64(a) * int64(b)) }

// addProduct adds a*b, all three being in NTT form.
func (p *mldsaPoly) addProduct(a, b *mldsaPoly) {
	for i := range p {
		p[i] = modQ(p[i] + mulQ(a[i], b[i]))
	}
}

// ntt is algorithm 41.
func (p *mldsaPoly) ntt() {
	m := 0
	for length := 128; length >= 1; length /= 2 {
		for start := 0; start < len(p); start += 2 * length {
			m++
			for j := start; j < start+length; j++ {
				t := mulQ(mldsaZetas[m], p[j+length])
				p[j], p[j+length] = modQ(p[j]+t), modQ(p[j]-t)
			}
		}
	}
}

// inverseNTT is algorithm 42.
func (p *mldsaPoly) inverseNTT() {
	m := len(p)
	for length := 1; length < len(p); length *= 2 {
		for start := 0; start < len(p); start += 2 * length {
			m--
			for j := start; j < start+length; j++ {
				a, b := p[j], p[j+length]
				p[j], p[j+length] = modQ(a+b), mulQ(mldsaZetas[m], modQ(b-a))
			}
		}
	}
	for i := range p {
		p[i] = mulQ(mldsaInv256, p[i])
	}
}

// mldsaZetas are the powers of mldsaZeta in bit-reversed order.
var mldsaZetas = func() (zetas [256]int32) {
	power := int32(1)
	for i := range zetas {
		zetas[bits.Reverse8(uint8(i))] = power
		power = mulQ(power, mldsaZeta)
	}
	return zetas
}()

// unpackPoly reads 256 numbers of the given size in bits, lowest bit first.
func unpackPoly(b []byte, size int) (p mldsaPoly) {
	for i := range 256 * size {
		bit := int32(b[i/8]>>(i%8)) & 1
		p[i/size] |= bit << (i % size)
	}
	return p
}

// packPoly is the inverse of unpackPoly.
func packPoly(p *mldsaPoly, size int) []byte {
	b := make([]byte, 32*size)
	for i := range 256 * size {
		bit := byte(p[i/size] >> (i % size) & 1)
		b[i/8] |= bit << (i % 8)
	}
	return b
}

// unpackHint is algorithm 21. It refuses all but one encoding of a hint.
func unpackHint(b []byte, p mldsaParameters) (hint [][256]bool, ok bool) {
	hint = make([][256]bool, p.k)
	next := 0
	for i := range hint {
		first, end := next, int(b[p.omega+i])
		if end < next || end > p.omega {
			return nil, false
		}
		for ; next < end; next++ {
			if next > first && b[next-1] >= b[next] {
				return nil, false
			}
			hint[i][b[next]] = true
		}
	}
	for _, unused := range b[next:p.omega] {
		if unused != 0 {
			return nil, false
		}
	}
	return hint, true
}

// useHint is algorithm 40 on top of algorithm 36.
func useHint(hint bool, r, gamma2 int32) int32 {
	m := (mldsaQ - 1) / (2 * gamma2)
	r0 := r % (2 * gamma2)
	if r0 > gamma2 {
		r0 -= 2 * gamma2
	}
	r1 := (r - r0) / (2 * gamma2)
	if r-r0 == mldsaQ-1 {
		r1, r0 = 0, r0-1
	}
	switch {
	case !hint:
		return r1
	case r0 > 0:
		return (r1 + 1) % m
	default:
		return (r1 - 1 + m) % m
	}
}

// expandPoly is algorithm 30: an entry of the matrix A, in NTT form.
func expandPoly(rho []byte, column, row byte) (p mldsaPoly) {
	h := sha3.NewSHAKE128()
	_, _ = h.Write(rho)
	_, _ = h.Write([]byte{column, row})
	var b [3]byte
	for i := 0; i < len(p); {
		_, _ = h.Read(b[:])
		if c := int32(b[0]) | int32(b[1])<<8 | int32(b[2]&0x7f)<<16; c < mldsaQ {
			p[i] = c
			i++
		}
	}
	return p
}

// sampleInBall is algorithm 29: a polynomial with tau coefficients that are 1 or
// -1.
func sampleInBall(seed []byte, tau int) (p mldsaPoly) {
	h := sha3.NewSHAKE256()
	_, _ = h.Write(seed)
	var b [8]byte
	_, _ = h.Read(b[:])
	signs := binary.LittleEndian.Uint64(b[:])
	for i := len(p) - tau; i < len(p); i++ {
		for {
			_, _ = h.Read(b[:1])
			if int(b[0]) <= i {
				break
			}
		}
		j := b[0]
		p[i] = p[j]
		p[j] = 1
		if signs&1 == 1 {
			p[j] = mldsaQ - 1
		}
		signs >>= 1
	}
	return p
}
