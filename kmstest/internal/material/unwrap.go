package material

import (
	"crypto/aes"
	"crypto/subtle"
	"encoding/binary"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// Unwrap returns the key material that was wrapped for import under the public
// key of k, an RSA key. With an RSA_AES algorithm, wrapped is an AES key under
// OAEP and behind it the material under that AES key (RFC 5649), which leaves
// room for material of any length. It returns [ErrAlgorithm] or [ErrCiphertext].
func (k *Key) Unwrap(algorithm types.AlgorithmSpec, wrapped []byte) ([]byte, error) {
	switch algorithm {
	case types.AlgorithmSpecRsaesOaepSha1, types.AlgorithmSpecRsaesOaepSha256:
		return k.Decrypt(types.EncryptionAlgorithmSpec(algorithm), wrapped)
	case types.AlgorithmSpecRsaAesKeyWrapSha1:
		return k.unwrapHybrid(types.EncryptionAlgorithmSpecRsaesOaepSha1, wrapped)
	case types.AlgorithmSpecRsaAesKeyWrapSha256:
		return k.unwrapHybrid(types.EncryptionAlgorithmSpecRsaesOaepSha256, wrapped)
	default:
		return nil, fmt.Errorf("%w: %s, %s", ErrAlgorithm, algorithm, k.spec)
	}
}

func (k *Key) unwrapHybrid(oaep types.EncryptionAlgorithmSpec, wrapped []byte) ([]byte, error) {
	split := min(Bits(k.spec)/8, len(wrapped))
	kek, err := k.Decrypt(oaep, wrapped[:split])
	if err != nil {
		return nil, err
	}
	return unwrapPadded(kek, wrapped[split:])
}

// unwrapPadded undoes AES key wrap with padding (RFC 5649).
func unwrapPadded(kek, wrapped []byte) ([]byte, error) {
	const half = aes.BlockSize / 2
	block, err := aes.NewCipher(kek)
	if err != nil || len(wrapped) < aes.BlockSize || len(wrapped)%half != 0 {
		return nil, ErrCiphertext
	}
	// b holds the integrity check value in its first half block, and the padded
	// material behind it.
	b := make([]byte, len(wrapped))
	n := len(wrapped)/half - 1
	if n == 1 {
		block.Decrypt(b, wrapped)
	} else {
		copy(b, wrapped)
		var buf [aes.BlockSize]byte
		for t := 6 * n; t > 0; t-- {
			r := b[half*((t-1)%n+1):][:half]
			binary.BigEndian.PutUint64(buf[:], binary.BigEndian.Uint64(b)^uint64(t))
			copy(buf[half:], r)
			block.Decrypt(buf[:], buf[:])
			copy(b, buf[:half])
			copy(r, buf[half:])
		}
	}
	padded := b[half:]
	length := int(binary.BigEndian.Uint32(b[4:]))
	if binary.BigEndian.Uint32(b) != 0xa65959a6 || length > len(padded) || length <= len(padded)-half ||
		subtle.ConstantTimeCompare(padded[length:], make([]byte, len(padded)-length)) != 1 {
		return nil, ErrCiphertext
	}
	return padded[:length], nil
}
