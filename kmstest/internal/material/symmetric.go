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

const aesKeySize = 32

// aesKey is the material of SYMMETRIC_DEFAULT. There may be very many of them, so
// each is one piece of memory, and a small one.
type aesKey struct {
	raw    [aesKeySize]byte
	opened sync.Once
	cipher cipher.AEAD // nil until the first use: it is many times larger than the key
}

func parseAES(b []byte) (secret, error) {
	raw, err := parseRaw(b, aesKeySize, aesKeySize)
	if err != nil {
		return nil, err
	}
	return &aesKey{raw: [aesKeySize]byte(raw)}, nil
}

// aead returns what encrypts and decrypts with the key.
func (a *aesKey) aead() cipher.AEAD {
	a.opened.Do(func() { a.cipher = newAEAD(a.raw[:]) })
	return a.cipher
}

func newAEAD(raw []byte) cipher.AEAD {
	block, err := aes.NewCipher(raw)
	if err != nil {
		panic("material: " + err.Error()) // parseAES has checked the length.
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic("material: " + err.Error()) // AES has the block size of GCM.
	}
	return aead
}

func (a *aesKey) bytes() ([]byte, error) { return slices.Clone(a.raw[:]), nil }

// id derives the ID of the material in the KMS key keyID. It tells nothing
// about the material to those who do not have it.
func (a *aesKey) id(keyID string) ID {
	h := hmac.New(sha256.New, a.raw[:])
	h.Write([]byte("key material ID\x00"))
	h.Write([]byte(keyID))
	return ID(h.Sum(nil))
}

// Seal encrypts plaintext and authenticates it together with aad, which
// [AssociatedData] makes of an encryption context. The ciphertext is 152 to 162
// bytes longer than the plaintext, as those of KMS are, and names the material: see
// [ParseCiphertext].
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
	// All of the associated data has to lie in one piece, and its end is the start
	// of the ciphertext: one buffer serves both, and what is encrypted is in its
	// place already.
	buf := make([]byte, 0, len(aad)+blobSize(len(plaintext)))
	buf = append(buf, aad...)
	buf, nonce := appendBlobHeader(buf, prefix, k.id, len(plaintext))
	at := len(buf)
	buf = append(buf, frame[:]...)
	buf = append(buf, plaintext...)
	return a.aead().Seal(buf[:at], nonce, buf[at:], buf[:at])[len(aad):], nil
}

var frame [frameSize]byte

// Open returns the plaintext of a ciphertext that [Key.Seal] or [Key.SealDataKey]
// made with the same material, bound to the same KMS key, and with the same aad. All
// else is [ErrCiphertext].
func (k *Key) Open(ciphertext, aad []byte) ([]byte, error) {
	a, err := as[*aesKey](k, "has no symmetric encryption")
	if err != nil {
		return nil, err
	}
	if id, ok := ParseCiphertext(ciphertext); !ok || id != k.id {
		return nil, ErrCiphertext
	}
	header, nonce, sealed, ok := splitBlob(ciphertext)
	if !ok {
		return nil, ErrCiphertext
	}
	framed, err := a.aead().Open(nil, nonce, sealed, slices.Concat(aad, header))
	if err != nil {
		return nil, ErrCiphertext
	}
	return framed[frameSize:], nil
}

// ParseCiphertext returns the ID of the material that sealed a symmetric
// ciphertext. It does not authenticate anything; ok only says that ciphertext
// has the form of one.
func ParseCiphertext(ciphertext []byte) (id ID, ok bool) {
	if len(ciphertext) < smallestBlob {
		return ID{}, false
	}
	prefix := string(ciphertext[:len(ciphertextPrefix)])
	if prefix != ciphertextPrefix && prefix != dataKeyPrefix {
		return ID{}, false
	}
	return ID(ciphertext[len(prefix):idEnd]), true
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
