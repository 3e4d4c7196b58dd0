package material

import (
	"crypto"
	"crypto/hmac"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// longestHMACKey is 1024 bits, in bytes: KMS asks that longer keys be hashed
// before they are imported.
const longestHMACKey = 128

// authenticator is a secret that makes MACs.
type authenticator interface {
	mac(message []byte) []byte
}

// hmacKey is the material of HMAC_224 to HMAC_512.
type hmacKey struct {
	raw  []byte
	hash crypto.Hash
}

func hmacTraits(h crypto.Hash, algorithm types.MacAlgorithmSpec) *traits {
	return &traits{
		bits:       8 * h.Size(),
		usages:     []types.KeyUsageType{types.KeyUsageTypeGenerateVerifyMac},
		Algorithms: Algorithms{MAC: []types.MacAlgorithmSpec{algorithm}},
		parse: func(b []byte) (secret, error) {
			raw, err := parseRaw(b, h.Size(), longestHMACKey)
			if err != nil {
				return nil, err
			}
			return &hmacKey{raw: raw, hash: h}, nil
		},
	}
}

func (h *hmacKey) bytes() ([]byte, error) { return slices.Clone(h.raw), nil }

func (h *hmacKey) mac(message []byte) []byte {
	m := hmac.New(h.hash.New, h.raw)
	m.Write(message)
	return m.Sum(nil)
}

// MAC returns the MAC of message, 28, 32, 48 or 64 bytes as the algorithm says.
// An HMAC key has one algorithm; others are [ErrAlgorithm].
func (k *Key) MAC(algorithm types.MacAlgorithmSpec, message []byte) ([]byte, error) {
	if !slices.Contains(traitsOf(k.spec).MAC, algorithm) {
		return nil, fmt.Errorf("%w: %s, %s", ErrAlgorithm, algorithm, k.spec)
	}
	a, err := as[authenticator](k, "makes no MACs")
	if err != nil {
		return nil, err
	}
	return a.mac(message), nil
}

// VerifyMAC returns nil if mac is what [Key.MAC] makes of message, and
// [ErrMAC] if it is not. A truncated MAC is not.
func (k *Key) VerifyMAC(algorithm types.MacAlgorithmSpec, message, mac []byte) error {
	want, err := k.MAC(algorithm, message)
	if err != nil {
		return err
	}
	if !hmac.Equal(mac, want) {
		return ErrMAC
	}
	return nil
}
