package attest

import (
	"encoding/binary"
	"errors"
	"maps"
	"math"
	"slices"
)

// The major types of CBOR (RFC 8949) that documents consist of.
const (
	kindUint  = 0
	kindBytes = 2
	kindText  = 3
	kindArray = 4
	kindMap   = 5
	kindTag   = 6
)

// Items that are one byte.
const (
	null    = 0xf6
	stop    = 0xff // the end of an array or a map of no stated length
	noCount = 31   // in the head of one
)

var (
	errCBOR = errors.New("the CBOR is cut off or malformed")
	errKind = errors.New("the CBOR is of another type")

	errLimits = errors.New("the value is not within its limits")
)

// A reader takes items of CBOR from the start of rest. What it returns lies in
// the memory that it reads.
type reader struct{ rest []byte }

// take skips the next byte if it is b.
func (r *reader) take(b byte) bool {
	if len(r.rest) == 0 || r.rest[0] != b {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

// head reads the head of an item of that kind and returns what is in it: the
// number itself, or the length or count of what follows.
func (r *reader) head(kind byte) (uint64, error) {
	if len(r.rest) == 0 {
		return 0, errCBOR
	}
	first := r.rest[0]
	if first>>5 != kind {
		return 0, errKind
	}
	info := first & 0x1f
	if info < 24 {
		r.rest = r.rest[1:]
		return uint64(info), nil
	}
	size := 1 << (info - 24)
	if info > 27 || len(r.rest) < 1+size {
		return 0, errCBOR
	}
	var argument [8]byte
	copy(argument[len(argument)-size:], r.rest[1:])
	r.rest = r.rest[1+size:]
	return binary.BigEndian.Uint64(argument[:]), nil
}

// number reads a number below a limit.
func (r *reader) number(limit uint64) (int64, error) {
	n, err := r.head(kindUint)
	if err != nil {
		return 0, err
	}
	if n >= min(limit, math.MaxInt64) {
		return 0, errLimits
	}
	return int64(n), nil //nolint:gosec // It is below the limit.
}

// bytes reads a string of that kind, in one piece.
func (r *reader) bytes(kind byte) ([]byte, error) {
	n, err := r.head(kind)
	if err != nil {
		return nil, err
	}
	if n > uint64(len(r.rest)) {
		return nil, errCBOR
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b, nil
}

func (r *reader) text() (string, error) {
	b, err := r.bytes(kindText)
	return string(b), err
}

// each calls read for every item of an array, or for every key of a map. It is
// for read to take the item, or the key and its value.
func (r *reader) each(kind byte, read func() error) error {
	if r.take(kind<<5 | noCount) {
		for !r.take(stop) {
			if err := read(); err != nil {
				return err
			}
		}
		return nil
	}
	n, err := r.head(kind)
	for ; err == nil && n > 0; n-- {
		err = read()
	}
	return err
}

func appendHead(b []byte, kind byte, n uint64) []byte {
	kind <<= 5
	switch {
	case n < 24:
		return append(b, kind|byte(n))
	case n < 1<<8:
		return append(b, kind|24, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, kind|25), uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(b, kind|26), uint32(n))
	default:
		return binary.BigEndian.AppendUint64(append(b, kind|27), n)
	}
}

func appendBytes[T []byte | string](b []byte, kind byte, s T) []byte {
	return append(appendHead(b, kind, uint64(len(s))), s...)
}

// marshal writes the fields in the order in which Nitro does.
func (p *payload) marshal() []byte {
	b := appendHead(nil, kindMap, 9)
	b = appendBytes(appendName(b, "module_id"), kindText, p.ModuleID)
	b = appendBytes(appendName(b, "digest"), kindText, digestName)
	b = appendHead(appendName(b, "timestamp"), kindUint, uint64(p.Time.UnixMilli()))
	if p.TPMPCRs != nil {
		b = appendRegisters(appendName(b, "nitrotpm_pcrs"), p.TPMPCRs)
	} else {
		b = appendRegisters(appendName(b, "pcrs"), p.PCRs)
	}
	b = appendBytes(appendName(b, "certificate"), kindBytes, p.certificate)
	b = appendHead(appendName(b, "cabundle"), kindArray, uint64(len(p.bundle)))
	for _, der := range p.bundle {
		b = appendBytes(b, kindBytes, der)
	}
	b = appendData(appendName(b, "public_key"), p.PublicKey)
	b = appendData(appendName(b, "user_data"), p.UserData)
	return appendData(appendName(b, "nonce"), p.Nonce)
}

func appendName(b []byte, name string) []byte { return appendBytes(b, kindText, name) }

func appendData(b, data []byte) []byte {
	if data == nil {
		return append(b, null)
	}
	return appendBytes(b, kindBytes, data)
}

func appendRegisters(b []byte, registers map[int][]byte) []byte {
	b = appendHead(b, kindMap, uint64(len(registers)))
	for _, i := range slices.Sorted(maps.Keys(registers)) {
		b = appendHead(b, kindUint, uint64(i)) //nolint:gosec // An index is not negative.
		b = appendBytes(b, kindBytes, registers[i])
	}
	return b
}
