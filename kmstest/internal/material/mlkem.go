package material

import (
	"crypto"
	"crypto/mlkem"
	"crypto/rand"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/cloudflare/circl/kem"
	"github.com/cloudflare/circl/kem/mlkem/mlkem512"
)

// encapsulator is a secret that makes and recovers shared secrets.
type encapsulator interface {
	encapsulate() (shared, ciphertext []byte)
	decapsulate(ciphertext []byte) ([]byte, error)
}

// mlkemSeedSize is the length of an ML-KEM private key in seed form, in bytes.
const mlkemSeedSize = 64

// OIDs from RFC 9935.
var (
	mlkem512OID  = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 4, 1}
	mlkem768OID  = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 4, 2}
	mlkem1024OID = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 4, 3}
)

// mlkemKey is the material of ML_KEM_512, ML_KEM_768 and ML_KEM_1024.
type mlkemKey struct {
	algorithm pkix.AlgorithmIdentifier
	seed      []byte
	private   crypto.Decapsulator
}

func mlkemTraits(oid asn1.ObjectIdentifier, expand func(seed []byte) (crypto.Decapsulator, error)) *traits {
	algorithm := pkix.AlgorithmIdentifier{Algorithm: oid}
	fromSeed := func(seed []byte) (secret, error) {
		private, err := expand(seed)
		if err != nil {
			return nil, err
		}
		return &mlkemKey{algorithm, seed, private}, nil
	}
	return &traits{
		usages:        []types.KeyUsageType{types.KeyUsageTypeEncapsulateDecapsulate},
		Algorithms:    Algorithms{Encapsulation: []types.EncapsulationAlgorithmSpec{types.EncapsulationAlgorithmSpecMlKem}},
		generatedOnly: true,
		parse: func(b []byte) (secret, error) {
			seed, err := parseMLKEMSeed(b, algorithm)
			if err != nil {
				return nil, err
			}
			return fromSeed(seed)
		},
		generate: func() (secret, error) {
			seed := make([]byte, mlkemSeedSize)
			rand.Read(seed)
			return fromSeed(seed)
		},
	}
}

// parseMLKEMSeed reads the seed alternative of ML-KEM-PrivateKey in RFC 9935.
func parseMLKEMSeed(b []byte, algorithm pkix.AlgorithmIdentifier) ([]byte, error) {
	inner, err := parsePrivateKeyInfo(b, algorithm)
	if err != nil {
		return nil, err
	}
	var seed []byte
	if err := unmarshal(inner, &seed, "tag:0"); err != nil {
		return nil, fmt.Errorf("a private key in seed form is wanted: %w", err)
	}
	return parseRaw(seed, mlkemSeedSize, mlkemSeedSize)
}

func (m *mlkemKey) bytes() ([]byte, error) {
	inner, err := asn1.MarshalWithParams(m.seed, "tag:0")
	if err != nil {
		return nil, err
	}
	return marshalPrivateKeyInfo(m.algorithm, inner)
}

func (m *mlkemKey) publicKey() ([]byte, error) {
	return marshalPublicKeyInfo(m.algorithm, m.private.Encapsulator().Bytes())
}

func (m *mlkemKey) encapsulate() (shared, ciphertext []byte) {
	return m.private.Encapsulator().Encapsulate()
}

func (m *mlkemKey) decapsulate(ciphertext []byte) ([]byte, error) {
	shared, err := m.private.Decapsulate(ciphertext)
	if err != nil {
		return nil, ErrCiphertext
	}
	return shared, nil
}

// Encapsulate returns a new shared secret of 32 bytes and the ciphertext from
// which the holder of the ML-KEM private key recovers it: 768, 1088 or 1568
// bytes, as the key spec says.
func (k *Key) Encapsulate() (shared, ciphertext []byte, err error) {
	e, err := as[encapsulator](k, "has no key encapsulation")
	if err != nil {
		return nil, nil, err
	}
	shared, ciphertext = e.encapsulate()
	return shared, ciphertext, nil
}

// Decapsulate returns the shared secret of 32 bytes in ciphertext, or
// [ErrCiphertext] if that does not have the length of one. A ciphertext that was
// altered, or made for another key, gives another secret and no error, which
// ML-KEM calls implicit rejection.
func (k *Key) Decapsulate(ciphertext []byte) ([]byte, error) {
	e, err := as[encapsulator](k, "has no key encapsulation")
	if err != nil {
		return nil, err
	}
	return e.decapsulate(ciphertext)
}

func newMLKEM768(seed []byte) (crypto.Decapsulator, error) { return mlkem.NewDecapsulationKey768(seed) }

func newMLKEM1024(seed []byte) (crypto.Decapsulator, error) {
	return mlkem.NewDecapsulationKey1024(seed)
}

// newMLKEM512 uses another library: crypto/mlkem leaves this size out.
func newMLKEM512(seed []byte) (crypto.Decapsulator, error) {
	public, private := mlkem512.Scheme().DeriveKeyPair(seed)
	return mlkem512Private{private, mlkem512Public{public}}, nil
}

// mlkem512Private has the methods of [mlkem.DecapsulationKey768].
type mlkem512Private struct {
	key    kem.PrivateKey
	public mlkem512Public
}

func (m mlkem512Private) Encapsulator() crypto.Encapsulator { return m.public }

func (m mlkem512Private) Decapsulate(ciphertext []byte) ([]byte, error) {
	return mlkem512.Scheme().Decapsulate(m.key, ciphertext)
}

// mlkem512Public has the methods of [mlkem.EncapsulationKey768].
type mlkem512Public struct{ key kem.PublicKey }

func (m mlkem512Public) Bytes() []byte {
	b, err := m.key.MarshalBinary()
	if err != nil {
		panic("material: " + err.Error()) // The key came from a seed.
	}
	return b
}

func (m mlkem512Public) Encapsulate() (shared, ciphertext []byte) {
	ciphertext, shared, err := mlkem512.Scheme().Encapsulate(m.key)
	if err != nil {
		panic("material: " + err.Error()) // The key is of this scheme.
	}
	return shared, ciphertext
}
