package material

import (
	"crypto"
	_ "crypto/sha256" // for crypto.SHA224 and crypto.SHA256
	_ "crypto/sha512" // for crypto.SHA384 and crypto.SHA512
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// signer is a secret that makes signatures.
type signer interface {
	// sign returns the signature of message in the form that KMS gives it.
	sign(algorithm types.SigningAlgorithmSpec, messageType types.MessageType, message []byte) ([]byte, error)
	// verify returns ErrSignature where the signature is not valid.
	verify(algorithm types.SigningAlgorithmSpec, messageType types.MessageType, message, signature []byte) error
}

// Sign returns a signature of message: for ECDSA in DER, for other algorithms
// the bytes that their standards name. An empty messageType is RAW.
//
// It returns [ErrAlgorithm], [ErrMessageType] or [ErrDigestLength] where the
// arguments do not fit the key or one another. The digest that
// ED25519_PH_SHA_512 signs is hashed once more, as KMS does.
func (k *Key) Sign(algorithm types.SigningAlgorithmSpec, messageType types.MessageType, message []byte) ([]byte, error) {
	s, err := k.signer(algorithm)
	if err != nil {
		return nil, err
	}
	return s.sign(algorithm, orRaw(messageType), message)
}

// Verify returns nil if signature is a valid signature of message, and
// [ErrSignature] if it is not. The message type need not be the one with which
// the message was signed, but says what message is. Errors for arguments that
// do not fit are those of [Key.Sign].
func (k *Key) Verify(algorithm types.SigningAlgorithmSpec, messageType types.MessageType, message, signature []byte) error {
	s, err := k.signer(algorithm)
	if err != nil {
		return err
	}
	return s.verify(algorithm, orRaw(messageType), message, signature)
}

func (k *Key) signer(algorithm types.SigningAlgorithmSpec) (signer, error) {
	if !slices.Contains(traitsOf(k.spec).Signing, algorithm) {
		return nil, fmt.Errorf("%w: %s, %s", ErrAlgorithm, algorithm, k.spec)
	}
	return as[signer](k, "makes no signatures")
}

func orRaw(t types.MessageType) types.MessageType {
	if t == "" {
		return types.MessageTypeRaw
	}
	return t
}

// digest returns the digest of message, or message where that is the digest.
func digest(algorithm types.SigningAlgorithmSpec, messageType types.MessageType, message []byte) ([]byte, error) {
	hash := signatureHash(algorithm)
	switch messageType {
	case types.MessageTypeRaw:
		h := hash.New()
		h.Write(message)
		return h.Sum(nil), nil
	case types.MessageTypeDigest:
		return message, wantLength(algorithm, message, hash.Size())
	default:
		return nil, wrongMessageType(algorithm, messageType)
	}
}

// signatureHash returns the hash of an algorithm that signs digests.
func signatureHash(algorithm types.SigningAlgorithmSpec) crypto.Hash {
	switch algorithm {
	case types.SigningAlgorithmSpecRsassaPssSha384,
		types.SigningAlgorithmSpecRsassaPkcs1V15Sha384,
		types.SigningAlgorithmSpecEcdsaSha384:
		return crypto.SHA384
	case types.SigningAlgorithmSpecRsassaPssSha512,
		types.SigningAlgorithmSpecRsassaPkcs1V15Sha512,
		types.SigningAlgorithmSpecEcdsaSha512:
		return crypto.SHA512
	default:
		return crypto.SHA256
	}
}

func wantLength(algorithm types.SigningAlgorithmSpec, message []byte, want int) error {
	if len(message) != want {
		return fmt.Errorf("%w: %s wants %d bytes, not %d", ErrDigestLength, algorithm, want, len(message))
	}
	return nil
}

func wrongMessageType(algorithm types.SigningAlgorithmSpec, messageType types.MessageType) error {
	return fmt.Errorf("%w: %s, %s", ErrMessageType, messageType, algorithm)
}
