package material

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha512"
	gox509 "crypto/x509"
	"fmt"

	"filippo.io/mldsa/x509"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// agreer is a secret that agrees on a shared secret with a peer's public key.
type agreer interface {
	sharedSecret(peer []byte) ([]byte, error)
}

// nistKey is the material of ECC_NIST_P256, ECC_NIST_P384 and ECC_NIST_P521.
type nistKey struct{ private *ecdsa.PrivateKey }

func nistTraits(curve elliptic.Curve, algorithm types.SigningAlgorithmSpec) *traits {
	return &traits{
		bits:   curve.Params().BitSize,
		usages: []types.KeyUsageType{types.KeyUsageTypeSignVerify, types.KeyUsageTypeKeyAgreement},
		Algorithms: Algorithms{
			Signing:      []types.SigningAlgorithmSpec{algorithm},
			KeyAgreement: []types.KeyAgreementAlgorithmSpec{types.KeyAgreementAlgorithmSpecEcdh},
		},
		parse: func(b []byte) (secret, error) { return parseNIST(b, curve) },
		generate: func() (secret, error) {
			private, err := ecdsa.GenerateKey(curve, rand.Reader)
			if err != nil {
				return nil, err
			}
			return &nistKey{private}, nil
		},
	}
}

func parseNIST(b []byte, curve elliptic.Curve) (secret, error) {
	private, err := parsePrivateKey[*ecdsa.PrivateKey](b)
	if err != nil {
		return nil, err
	}
	if private.Curve != curve {
		return nil, fmt.Errorf("a key on %s is wanted, not on %s", curve.Params().Name, private.Params().Name)
	}
	return &nistKey{private}, nil
}

// bytes names the curve inside of the private key as well, as KMS does and Go does
// not.
func (n *nistKey) bytes() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(n.private)
	if err != nil {
		return nil, err
	}
	var info privateKeyInfo
	if err := unmarshal(der, &info, ""); err != nil {
		return nil, err
	}
	inner, err := gox509.MarshalECPrivateKey(n.private)
	if err != nil {
		return nil, err
	}
	return marshalPrivateKeyInfo(info.Algorithm, inner)
}

func (n *nistKey) publicKey() ([]byte, error) { return x509.MarshalPKIXPublicKey(n.private.Public()) }

func (n *nistKey) sign(algorithm types.SigningAlgorithmSpec, messageType types.MessageType, message []byte) ([]byte, error) {
	d, err := digest(algorithm, messageType, message)
	if err != nil {
		return nil, err
	}
	return ecdsa.SignASN1(rand.Reader, n.private, d)
}

func (n *nistKey) verify(algorithm types.SigningAlgorithmSpec, messageType types.MessageType, message, signature []byte) error {
	d, err := digest(algorithm, messageType, message)
	if err != nil {
		return err
	}
	if !ecdsa.VerifyASN1(&n.private.PublicKey, d, signature) {
		return ErrSignature
	}
	return nil
}

func (n *nistKey) sharedSecret(peer []byte) ([]byte, error) {
	key, err := x509.ParsePKIXPublicKey(peer)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPublicKey, err)
	}
	public, ok := key.(*ecdsa.PublicKey)
	if !ok || public.Curve != n.private.Curve {
		return nil, fmt.Errorf("%w: not a key on %s", ErrPublicKey, n.private.Params().Name)
	}
	theirs, err := public.ECDH()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPublicKey, err)
	}
	ours, err := n.private.ECDH()
	if err != nil {
		return nil, err
	}
	return ours.ECDH(theirs)
}

// SharedSecret returns the raw ECDH secret, the x coordinate, of a key on a NIST
// curve with a peer's public key, which is a DER-encoded SubjectPublicKeyInfo of
// the same curve. Otherwise it returns [ErrPublicKey].
func (k *Key) SharedSecret(peer []byte) ([]byte, error) {
	a, err := as[agreer](k, "has no key agreement")
	if err != nil {
		return nil, err
	}
	return a.sharedSecret(peer)
}

// edwardsKey is the material of ECC_NIST_EDWARDS25519.
type edwardsKey struct{ private ed25519.PrivateKey }

func generateEdwards() (secret, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	return &edwardsKey{private}, nil
}

func parseEdwards(b []byte) (secret, error) {
	private, err := parsePrivateKey[ed25519.PrivateKey](b)
	if err != nil {
		return nil, err
	}
	return &edwardsKey{private}, nil
}

func (e *edwardsKey) bytes() ([]byte, error) { return x509.MarshalPKCS8PrivateKey(e.private) }
func (e *edwardsKey) publicKey() ([]byte, error) {
	return x509.MarshalPKIXPublicKey(e.private.Public())
}

func (e *edwardsKey) sign(algorithm types.SigningAlgorithmSpec, messageType types.MessageType, message []byte) ([]byte, error) {
	m, o, err := edwardsMessage(algorithm, messageType, message)
	if err != nil {
		return nil, err
	}
	return e.private.Sign(rand.Reader, m, o)
}

func (e *edwardsKey) verify(algorithm types.SigningAlgorithmSpec, messageType types.MessageType, message, signature []byte) error {
	m, o, err := edwardsMessage(algorithm, messageType, message)
	if err != nil {
		return err
	}
	public := e.private.Public().(ed25519.PublicKey)
	if ed25519.VerifyWithOptions(public, m, signature, o) != nil {
		return ErrSignature
	}
	return nil
}

// edwardsMessage returns message as crypto/ed25519 wants it. Unlike all other
// algorithms with DIGEST, ED25519_PH_SHA_512 takes the digest for the message
// and hashes it again.
func edwardsMessage(algorithm types.SigningAlgorithmSpec, messageType types.MessageType, message []byte) ([]byte, *ed25519.Options, error) {
	prehashed := algorithm == types.SigningAlgorithmSpecEd25519PhSha512
	switch {
	case !prehashed && messageType == types.MessageTypeRaw:
		return message, &ed25519.Options{}, nil
	case prehashed && messageType == types.MessageTypeDigest:
		if err := wantLength(algorithm, message, sha512.Size); err != nil {
			return nil, nil, err
		}
		again := sha512.Sum512(message)
		return again[:], &ed25519.Options{Hash: crypto.SHA512}, nil
	default:
		return nil, nil, wrongMessageType(algorithm, messageType)
	}
}
