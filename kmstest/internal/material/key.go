// Package material holds key material and does all the cryptography that KMS
// does with it, for every key spec that KMS offers outside China.
//
// It knows nothing of key states, policies, names or the wire: a caller decides
// whether an operation is allowed, and turns the errors of this package into
// those of KMS.
package material

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// Key is one piece of key material: a symmetric key, an HMAC key or a key pair.
//
// A Key never changes and is safe for concurrent use. Printing it shows no
// secret.
type Key struct {
	spec types.KeySpec
	id   ID
	// secret is a function, so that a key pair is made when it is first needed,
	// and so that no formatter reaches the secret.
	secret func() (secret, error)
}

// ID names symmetric key material: it is the KeyMaterialId of KMS, and every
// symmetric ciphertext starts with that of the material that sealed it.
type ID [32]byte

// String returns the ID as KMS shows it: 64 lower-case hexadecimal characters.
func (i ID) String() string { return hex.EncodeToString(i[:]) }

// secret is the material itself, in the form that its algorithms need. What
// else it can do depends on the key spec: see [encrypter], [signer],
// [authenticator], [agreer], [encapsulator] and [pair].
type secret interface {
	// bytes returns what the key spec's parser reads.
	bytes() ([]byte, error)
}

// pair is a secret with a public half.
type pair interface {
	// publicKey returns a DER-encoded SubjectPublicKeyInfo.
	publicKey() ([]byte, error)
}

// Generate returns new random material for spec, or [ErrSpec]. A key pair is
// made at its first use, since that can take seconds for RSA.
func Generate(spec types.KeySpec) (*Key, error) {
	t, ok := table[spec]
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrSpec, spec)
	}
	if t.generate != nil {
		return &Key{spec: spec, secret: sync.OnceValues(t.generate)}, nil
	}
	b := make([]byte, t.bits/8)
	rand.Read(b)
	return Import(spec, b)
}

// Import returns the material in b for spec: raw bytes for symmetric and HMAC
// keys, PKCS #8 in DER for key pairs (ML-DSA and ML-KEM in seed form). It
// returns [ErrSpec], or [ErrMaterial] where b does not fit spec. It keeps no
// reference to b.
//
// Import reads material of every spec, also of those for which KMS has no
// import: see [Importable].
func Import(spec types.KeySpec, b []byte) (*Key, error) {
	t, ok := table[spec]
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrSpec, spec)
	}
	s, err := t.parse(b)
	if err != nil {
		return nil, fmt.Errorf("%w %s: %w", ErrMaterial, spec, err)
	}
	return &Key{spec: spec, secret: func() (secret, error) { return s, nil }}, nil
}

// Bind returns k as the material of the KMS key keyID, which gives symmetric
// material its ID. For other specs Bind returns k itself.
//
// KMS names material by the material and the key ID together. So material that
// is imported again has the same ID, but in another KMS key it has another ID,
// and neither key opens what the other sealed. Replicas of a multi-Region key
// share their key ID and open each other's ciphertexts.
func (k *Key) Bind(keyID string) *Key {
	if k.spec != types.KeySpecSymmetricDefault {
		return k
	}
	a, err := as[*aesKey](k, "has no ID")
	if err != nil {
		return k
	}
	return &Key{spec: k.spec, id: a.id(keyID), secret: k.secret}
}

// Spec returns the key spec.
func (k *Key) Spec() types.KeySpec { return k.spec }

// ID returns the ID of symmetric material in the KMS key to which [Key.Bind]
// bound it. It is zero before that, and for other specs, whose material KMS does
// not name.
func (k *Key) ID() ID { return k.id }

// IdentifyIn returns an ID of the material in the KMS key keyID. Symmetric material
// has it as its own when it is bound to the key. Other material KMS names only when
// it refuses something else in its place.
func (k *Key) IdentifyIn(keyID string) (ID, error) {
	if k.spec == types.KeySpecSymmetricDefault {
		return k.Bind(keyID).ID(), nil
	}
	b, err := k.identity()
	if err != nil {
		return ID{}, err
	}
	return sha256.Sum256(append([]byte(keyID+"\x00"), b...)), nil
}

// Bytes returns a copy of the material in the form that [Import] reads. For a
// key pair that is the private key as KMS hands it out in a data key pair.
func (k *Key) Bytes() ([]byte, error) {
	s, err := k.secret()
	if err != nil {
		return nil, err
	}
	return s.bytes()
}

// PublicKey returns the public key of a key pair as a DER-encoded
// SubjectPublicKeyInfo, or [ErrSpec].
func (k *Key) PublicKey() ([]byte, error) {
	p, err := as[pair](k, "has no public key")
	if err != nil {
		return nil, err
	}
	return p.publicKey()
}

// Equal reports whether k and x are the same material of the same spec,
// whatever they are bound to. Two encodings of one private key are equal.
func (k *Key) Equal(x *Key) bool {
	if k.spec != x.spec {
		return false
	}
	a, err := k.identity()
	if err != nil {
		return false
	}
	b, err := x.identity()
	return err == nil && subtle.ConstantTimeCompare(a, b) == 1
}

// identity returns bytes that are the same for the same material only.
func (k *Key) identity() ([]byte, error) {
	s, err := k.secret()
	if err != nil {
		return nil, err
	}
	// One RSA private key has many encodings, but one public key.
	if p, ok := s.(pair); ok {
		return p.publicKey()
	}
	return s.bytes()
}

// as returns the secret of k as a T, or an ErrSpec that says what k lacks.
func as[T any](k *Key, lacks string) (T, error) {
	var none T
	s, err := k.secret()
	if err != nil {
		return none, err
	}
	t, ok := s.(T)
	if !ok {
		return none, fmt.Errorf("%w: %s %s", ErrSpec, k.spec, lacks)
	}
	return t, nil
}

// parseRaw returns a copy of b if its length is within the bounds, in bytes.
func parseRaw(b []byte, shortest, longest int) ([]byte, error) {
	if len(b) < shortest || len(b) > longest {
		if shortest == longest {
			return nil, fmt.Errorf("%d bytes are wanted, not %d", shortest, len(b))
		}
		return nil, fmt.Errorf("%d to %d bytes are wanted, not %d", shortest, longest, len(b))
	}
	return bytes.Clone(b), nil
}
