package material

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1" //nolint:gosec // For RSAES_OAEP_SHA_1, which KMS has.
	"errors"
	"fmt"
	"slices"

	"filippo.io/mldsa/x509"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// encrypter is a secret that encrypts for its public key.
type encrypter interface {
	encrypt(h crypto.Hash, plaintext []byte) ([]byte, error)
	decrypt(h crypto.Hash, ciphertext []byte) ([]byte, error)
}

// rsaKey is the material of RSA_2048 to RSA_4096.
type rsaKey struct{ private *rsa.PrivateKey }

func rsaTraits(bits int) *traits {
	return &traits{
		bits:   bits,
		usages: []types.KeyUsageType{types.KeyUsageTypeEncryptDecrypt, types.KeyUsageTypeSignVerify},
		Algorithms: Algorithms{
			Encryption: []types.EncryptionAlgorithmSpec{
				types.EncryptionAlgorithmSpecRsaesOaepSha1,
				types.EncryptionAlgorithmSpecRsaesOaepSha256,
			},
			Signing: []types.SigningAlgorithmSpec{
				types.SigningAlgorithmSpecRsassaPkcs1V15Sha256,
				types.SigningAlgorithmSpecRsassaPkcs1V15Sha384,
				types.SigningAlgorithmSpecRsassaPkcs1V15Sha512,
				types.SigningAlgorithmSpecRsassaPssSha256,
				types.SigningAlgorithmSpecRsassaPssSha384,
				types.SigningAlgorithmSpecRsassaPssSha512,
			},
		},
		parse: func(b []byte) (secret, error) { return parseRSA(b, bits) },
		generate: func() (secret, error) {
			private, err := rsa.GenerateKey(rand.Reader, bits)
			if err != nil {
				return nil, err
			}
			return &rsaKey{private}, nil
		},
	}
}

func parseRSA(b []byte, bits int) (secret, error) {
	private, err := parsePrivateKey[*rsa.PrivateKey](b)
	switch {
	case err != nil:
		return nil, err
	case private.N.BitLen() != bits:
		return nil, fmt.Errorf("a modulus of %d bits is wanted, not %d", bits, private.N.BitLen())
	case len(private.Primes) != 2:
		return nil, fmt.Errorf("two primes are wanted, not %d", len(private.Primes))
	}
	return &rsaKey{private}, nil
}

func (r *rsaKey) bytes() ([]byte, error)     { return x509.MarshalPKCS8PrivateKey(r.private) }
func (r *rsaKey) publicKey() ([]byte, error) { return x509.MarshalPKIXPublicKey(r.private.Public()) }

func (r *rsaKey) encrypt(h crypto.Hash, plaintext []byte) ([]byte, error) {
	ciphertext, err := rsa.EncryptOAEP(h.New(), rand.Reader, &r.private.PublicKey, plaintext, nil)
	if errors.Is(err, rsa.ErrMessageTooLong) {
		return nil, ErrPlaintextLength
	}
	return ciphertext, err
}

func (r *rsaKey) decrypt(h crypto.Hash, ciphertext []byte) ([]byte, error) {
	if len(ciphertext) != r.private.Size() { // Go would take one without its leading zeros
		return nil, ErrCiphertext
	}
	plaintext, err := rsa.DecryptOAEP(h.New(), nil, r.private, ciphertext, nil)
	if err != nil {
		return nil, ErrCiphertext
	}
	return plaintext, nil
}

func (r *rsaKey) sign(algorithm types.SigningAlgorithmSpec, messageType types.MessageType, message []byte) ([]byte, error) {
	d, err := digest(algorithm, messageType, message)
	if err != nil {
		return nil, err
	}
	return r.private.Sign(rand.Reader, d, rsaOptions(algorithm))
}

func (r *rsaKey) verify(algorithm types.SigningAlgorithmSpec, messageType types.MessageType, message, signature []byte) error {
	d, err := digest(algorithm, messageType, message)
	if err != nil {
		return err
	}
	switch o := rsaOptions(algorithm).(type) {
	case *rsa.PSSOptions:
		err = rsa.VerifyPSS(&r.private.PublicKey, o.Hash, d, signature, o)
	default:
		err = rsa.VerifyPKCS1v15(&r.private.PublicKey, o.HashFunc(), d, signature)
	}
	if err != nil {
		return ErrSignature
	}
	return nil
}

// rsaOptions tells PSS, whose salt is as long as the hash, from PKCS #1 v1.5.
func rsaOptions(algorithm types.SigningAlgorithmSpec) crypto.SignerOpts {
	h := signatureHash(algorithm)
	switch algorithm {
	case types.SigningAlgorithmSpecRsassaPssSha256,
		types.SigningAlgorithmSpecRsassaPssSha384,
		types.SigningAlgorithmSpecRsassaPssSha512:
		return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: h}
	default:
		return h
	}
}

// Encrypt encrypts plaintext with RSA. It returns [ErrAlgorithm], or
// [ErrPlaintextLength] where plaintext is longer than [MaxPlaintext].
func (k *Key) Encrypt(algorithm types.EncryptionAlgorithmSpec, plaintext []byte) ([]byte, error) {
	e, err := k.encrypter(algorithm)
	if err != nil {
		return nil, err
	}
	return e.encrypt(oaepHash(algorithm), plaintext)
}

// Decrypt returns the plaintext of what [Key.Encrypt] made with the same
// algorithm. All else is [ErrCiphertext].
func (k *Key) Decrypt(algorithm types.EncryptionAlgorithmSpec, ciphertext []byte) ([]byte, error) {
	e, err := k.encrypter(algorithm)
	if err != nil {
		return nil, err
	}
	return e.decrypt(oaepHash(algorithm), ciphertext)
}

func (k *Key) encrypter(algorithm types.EncryptionAlgorithmSpec) (encrypter, error) {
	if !slices.Contains(traitsOf(k.spec).Encryption, algorithm) {
		return nil, fmt.Errorf("%w: %s, %s", ErrAlgorithm, algorithm, k.spec)
	}
	return as[encrypter](k, "has no asymmetric encryption")
}

// oaepHash returns the hash of an OAEP algorithm, and 0 for others.
func oaepHash(algorithm types.EncryptionAlgorithmSpec) crypto.Hash {
	switch algorithm {
	case types.EncryptionAlgorithmSpecRsaesOaepSha1:
		return crypto.SHA1
	case types.EncryptionAlgorithmSpecRsaesOaepSha256:
		return crypto.SHA256
	default:
		return 0
	}
}
