package material

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sync"
)

const (
	aesKeySize = 32
	nonceSize  = 12
	tagSize    = 16

	// These are how every ciphertext of KMS starts, which is how people recognise
	// one in their logs: "AQICAH" in base64, and "AQIDAH" if it is that of a data
	// key.
	ciphertextPrefix = "\x01\x02\x02\x00\x78"
	dataKeyPrefix    = "\x01\x02\x03\x00\x78"
	headerSize       = len(ciphertextPrefix) + len(ID{})
)

// aesKey is the material of SYMMETRIC_DEFAULT.
type aesKey struct {
	raw []byte
	// aead is made at the first use: it is many times larger than the key.
	aead func() cipher.AEAD
}

func parseAES(b []byte) (secret, error) {
	raw, err := parseRaw(b, aesKeySize, aesKeySize)
	if err != nil {
		return nil, err
	}
	return &aesKey{raw: raw, aead: sync.OnceValue(func() cipher.AEAD { return newAEAD(raw) })}, nil
}

// newAEAD returns an AEAD that puts a random nonce before its ciphertexts.
func newAEAD(raw []byte) cipher.AEAD {
	block, err := aes.NewCipher(raw)
	if err != nil {
		panic("material: " + err.Error()) // parseAES has checked the length.
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("material: " + err.Error()) // AES has the block size of GCM.
	}
	return aead
}

func (a *aesKey) bytes() ([]byte, error) { return slices.Clone(a.raw), nil }

// id derives the ID of the material in the KMS key keyID. It tells nothing
// about the material to those who do not have it.
func (a *aesKey) id(keyID string) ID {
	h := hmac.New(sha256.New, a.raw)
	h.Write([]byte("key material ID\x00"))
	h.Write([]byte(keyID))
	return ID(h.Sum(nil))
}

// Seal encrypts plaintext and authenticates it together with aad, which
// [AssociatedData] makes of an encryption context. The ciphertext is 65 bytes
// longer than the plaintext and names the material: see [ParseCiphertext].
func (k *Key) Seal(plaintext, aad []byte) ([]byte, error) {
	return k.seal(ciphertextPrefix, plaintext, aad)
}

// SealDataKey is Seal for a data key, of which the ciphertext tells.
func (k *Key) SealDataKey(plaintext, aad []byte) ([]byte, error) {
	return k.seal(dataKeyPrefix, plaintext, aad)
}

func (k *Key) seal(prefix string, plaintext, aad []byte) ([]byte, error) {
	a, err := as[*aesKey](k, "has no symmetric encryption")
	if err != nil {
		return nil, err
	}
	// All of the associated data has to lie in one piece, and its end is the
	// start of the ciphertext: one buffer serves both.
	buf := make([]byte, 0, len(aad)+headerSize+nonceSize+len(plaintext)+tagSize)
	buf = append(buf, aad...)
	buf = append(buf, prefix...)
	buf = append(buf, k.id[:]...)
	//nolint:gosec // The nonce is nil because this AEAD makes its own.
	return a.aead().Seal(buf, nil, plaintext, buf)[len(aad):], nil
}

// Open returns the plaintext of a ciphertext that [Key.Seal] or [Key.SealDataKey]
// made with the same material, bound to the same KMS key, and with the same aad. All else is
// [ErrCiphertext].
func (k *Key) Open(ciphertext, aad []byte) ([]byte, error) {
	a, err := as[*aesKey](k, "has no symmetric encryption")
	if err != nil {
		return nil, err
	}
	if id, ok := ParseCiphertext(ciphertext); !ok || id != k.id {
		return nil, ErrCiphertext
	}
	header, sealed := ciphertext[:headerSize], ciphertext[headerSize:]
	plaintext, err := a.aead().Open(nil, nil, sealed, slices.Concat(aad, header))
	if err != nil {
		return nil, ErrCiphertext
	}
	return plaintext, nil
}

// ParseCiphertext returns the ID of the material that sealed a symmetric
// ciphertext. It does not authenticate anything; ok only says that ciphertext
// has the form of one.
func ParseCiphertext(ciphertext []byte) (id ID, ok bool) {
	if len(ciphertext) < headerSize+nonceSize+tagSize {
		return ID{}, false
	}
	prefix := string(ciphertext[:len(ciphertextPrefix)])
	if prefix != ciphertextPrefix && prefix != dataKeyPrefix {
		return ID{}, false
	}
	return ID(ciphertext[len(prefix):headerSize]), true
}

// AssociatedData returns an encryption context as associated data. Two contexts
// have the same associated data only if they have the same pairs; a nil and an
// empty context are equal.
func AssociatedData(context map[string]string) []byte {
	if len(context) == 0 {
		return nil
	}
	size := 0
	keys := make([]string, 0, len(context))
	for key, value := range context {
		size += 2*lengthSize + len(key) + len(value)
		keys = append(keys, key)
	}
	slices.Sort(keys)
	b := make([]byte, 0, size)
	for _, key := range keys {
		b = appendPrefixed(b, key)
		b = appendPrefixed(b, context[key])
	}
	return b
}

const lengthSize = 8

// appendPrefixed appends s behind its length, without which {"ab": "c"} and
// {"a": "bc"} would look the same.
func appendPrefixed(b []byte, s string) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(len(s)))
	return append(b, s...)
}
