package kmskit

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	_ "crypto/sha256" // for crypto.SHA256
	"crypto/sha3"
	_ "crypto/sha512" // for crypto.SHA384 and crypto.SHA512
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// SigningKey is one KMS key in the place of a private key: a [crypto.Signer] for
// [crypto/x509], [crypto/tls] and whatever else takes one. [Signer.SigningKey]
// makes it.
//
// It knows its public key, so that only Sign and SignMessage call KMS. They hash
// locally and send the digest, as KMS takes messages of at most 4,096 bytes.
//
// A TLS server with a P-384 or P-521 key has to say what the key signs, or clients
// of TLS 1.2 fail: see [SigningKey.Algorithm].
//
// A SigningKey never changes and is safe for concurrent use.
type SigningKey struct {
	ctx    context.Context //nolint:containedctx // crypto.Signer has no room for one
	signer *Signer
	keyARN string
	spec   types.KeySpec
	public crypto.PublicKey
	// mldsaPrefix is what precedes a message in the hash that ML-DSA signs.
	mldsaPrefix []byte
}

var _ crypto.MessageSigner = (*SigningKey)(nil)

// SigningKey returns a key of the usage SIGN_VERIFY as a [crypto.Signer]. It gets
// the public key, for which the caller needs kms:GetPublicKey as well as
// kms:Sign.
//
// The context is kept, as [crypto.Signer] takes none: it is that of this call and
// of all calls to come, so signing fails once it has ended. Give one that lives
// as long as the key is in use; [SigningKey.WithContext] gives single calls
// another. The same goes for the grant tokens of s.
//
// An alias is followed once, here: signatures go on to match the public key when
// it moves. From then on the key is named by its ARN, so a policy must not allow
// it by its alias alone.
//
// Keys of all specs but SM2 are supported; see [SigningKey.Algorithm].
func (s *Signer) SigningKey(ctx context.Context, keyID string) (*SigningKey, error) {
	out, err := s.publicKeyFor(ctx, "SigningKey", keyID, types.KeyUsageTypeSignVerify)
	if err != nil {
		return nil, err
	}
	k := &SigningKey{ctx: ctx, signer: s, keyARN: *out.KeyId, spec: out.KeySpec}
	switch {
	case signingAlgorithms[k.spec] == nil:
		return nil, fmt.Errorf("kmskit: SigningKey (key %q): %w: Go has no name for what keys of the spec %s sign; use Signer.Sign", k.keyARN, errors.ErrUnsupported, k.spec)
	case isMLDSA(k.spec):
		k.public = PKIXPublicKey(out.PublicKey)
		k.mldsaPrefix, err = mldsaPrefix(out.PublicKey)
	case k.spec == types.KeySpecEccSecgP256k1:
		k.public = PKIXPublicKey(out.PublicKey)
	default:
		k.public, err = x509.ParsePKIXPublicKey(out.PublicKey)
	}
	if err != nil {
		return nil, fmt.Errorf("kmskit: SigningKey (key %q): the public key cannot be read: %w", k.keyARN, err)
	}
	return k, nil
}

// WithContext returns a SigningKey that calls KMS with ctx, to give one
// signature a deadline or the values of a request. It does not get the public
// key again.
func (k *SigningKey) WithContext(ctx context.Context) *SigningKey {
	derived := *k
	derived.ctx = ctx
	return &derived
}

// KeyARN returns the ARN of the key.
func (k *SigningKey) KeyARN() string { return k.keyARN }

// Spec returns the spec of the key, such as types.KeySpecEccNistP256.
func (k *SigningKey) Spec() types.KeySpec { return k.spec }

// Public returns the public key: a [*rsa.PublicKey], [*ecdsa.PublicKey] or
// [ed25519.PublicKey], and for secp256k1 and ML-DSA, which Go's standard library
// lacks, a [PKIXPublicKey].
func (k *SigningKey) Public() crypto.PublicKey { return k.public }

// Algorithm returns the signing algorithm of KMS that Sign and SignMessage use
// for opts: what [Signer.Verify] takes, and what to store beside a signature.
//
//   - RSA: SHA-256, SHA-384 and SHA-512; PKCS #1 v1.5, or PSS for
//     [*rsa.PSSOptions]. The salt is as long as the hash: PSSSaltLengthEqualsHash
//     says so, PSSSaltLengthAuto and that number of bytes are taken for it.
//   - ECDSA: SHA-256 on P-256 and secp256k1, SHA-384 on P-384, SHA-512 on P-521.
//     TLS 1.2 pairs any curve with any hash, so for it the [crypto/tls.Certificate]
//     of a P-384 or P-521 key needs its SupportedSignatureAlgorithms set.
//   - Ed25519: crypto.Hash(0), without a context. Sign takes the message itself,
//     of at most 4,096 bytes. Ed25519ph is refused: KMS hashes the digest once
//     more, so that nobody who verifies by the standard accepts the signature.
//   - ML-DSA: crypto.Hash(0), without a context. Sign takes the message itself, of
//     any length.
//
// For all but RSA, nil is what the key takes, as there is nothing to choose. Other
// options are an [ErrInvalidInput] whose text says what the key can do.
func (k *SigningKey) Algorithm(opts crypto.SignerOpts) (types.SigningAlgorithmSpec, error) {
	algorithm, _, err := signingAlgorithm(k.spec, opts)
	return algorithm, err
}

// Sign has KMS sign a digest that was made with opts.HashFunc, or where that is 0
// the message itself, and returns the signature: for ECDSA in DER, otherwise as
// the algorithm has it. [SigningKey.Algorithm] tells which opts the key takes.
// The reader is not used: KMS has randomness of its own.
func (k *SigningKey) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	algorithm, hash, err := signingAlgorithm(k.spec, opts)
	if err != nil {
		return nil, err
	}
	if err := requireDigest(hash, digest); err != nil {
		return nil, err
	}
	return k.sign(algorithm, hash, digest)
}

// SignMessage hashes a message with opts.HashFunc, unless that is 0, and signs it
// as Sign does. For [crypto.MessageSigner].
func (k *SigningKey) SignMessage(_ io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	algorithm, hash, err := signingAlgorithm(k.spec, opts)
	if err != nil {
		return nil, err
	}
	return k.sign(algorithm, hash, digestOf(hash, message))
}

// sign signs what the hash made of a message; if it is 0, the message.
func (k *SigningKey) sign(algorithm types.SigningAlgorithmSpec, hash crypto.Hash, digest []byte) ([]byte, error) {
	switch {
	case hash != 0:
		return k.signer.Sign(k.ctx, k.keyARN, digest, algorithm, ofDigest)
	case k.mldsaPrefix != nil:
		return k.signer.Sign(k.ctx, k.keyARN, mldsaMu(k.mldsaPrefix, digest), algorithm, ofExternalMu)
	}
	if err := requireLength("SigningKey", "message", digest, 0, 4096, ", as Ed25519 signs the message itself; a key of another spec signs larger ones"); err != nil {
		return nil, err
	}
	return k.signer.Sign(k.ctx, k.keyARN, digest, algorithm)
}

// Verify checks a signature of a digest, as Sign made it with the same opts,
// without a call of KMS. nil means that the signature is good. One that is not is
// a [*types.KMSInvalidSignatureException], as with [Signer.Verify].
//
// KMS is not asked whether the key is still enabled. Signatures of secp256k1 and
// ML-DSA keys need [Signer.Verify], or a library that takes a [PKIXPublicKey]:
// for them the error matches [errors.ErrUnsupported].
func (k *SigningKey) Verify(digest, signature []byte, opts crypto.SignerOpts) error {
	algorithm, hash, err := signingAlgorithm(k.spec, opts)
	if err != nil {
		return err
	}
	if err := requireDigest(hash, digest); err != nil {
		return err
	}
	return k.verify(algorithm, hash, digest, signature)
}

// VerifyMessage checks a signature of a message, as SignMessage made it with the
// same opts. Otherwise it is like Verify.
func (k *SigningKey) VerifyMessage(message, signature []byte, opts crypto.SignerOpts) error {
	algorithm, hash, err := signingAlgorithm(k.spec, opts)
	if err != nil {
		return err
	}
	return k.verify(algorithm, hash, digestOf(hash, message), signature)
}

func (k *SigningKey) verify(algorithm types.SigningAlgorithmSpec, hash crypto.Hash, digest, signature []byte) error {
	var valid bool
	switch public := k.public.(type) {
	case *rsa.PublicKey:
		if algorithm == pssAlgorithms[hash] {
			valid = rsa.VerifyPSS(public, hash, digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
		} else {
			valid = rsa.VerifyPKCS1v15(public, hash, digest, signature) == nil
		}
	case *ecdsa.PublicKey:
		valid = ecdsa.VerifyASN1(public, digest, signature)
	case ed25519.PublicKey:
		valid = ed25519.Verify(public, digest, signature)
	default:
		return fmt.Errorf("kmskit: SigningKey (key %q): %w: Go cannot verify signatures of %s keys; use Signer.Verify, or a library that takes the public key", k.keyARN, errors.ErrUnsupported, k.spec)
	}
	if !valid {
		return callFailed("Verify", &types.KMSInvalidSignatureException{Message: aws.String("it does not verify with the public key")}, "key", &k.keyARN)
	}
	return nil
}

// PKIXPublicKey is a public key that Go's standard library has no type for: a
// SubjectPublicKeyInfo in DER, for the parser of a library that has one.
type PKIXPublicKey []byte

// Equal reports whether x is the same public key, as the public keys of the
// standard library do.
func (p PKIXPublicKey) Equal(x crypto.PublicKey) bool {
	other, ok := x.(PKIXPublicKey)
	return ok && bytes.Equal(p, other)
}

// publicKeyFor gets the public key of a key that must have the usage; maker is
// who needs it.
func (s *Signer) publicKeyFor(ctx context.Context, maker, keyID string, usage types.KeyUsageType) (*kms.GetPublicKeyOutput, error) {
	out, err := s.GetPublicKey(ctx, keyID)
	if err != nil {
		return nil, err
	}
	if out.KeyId == nil || out.KeySpec == "" || out.KeyUsage == "" {
		return nil, callFailed("GetPublicKey", incompleteOutput("KeyId, KeySpec or KeyUsage"), "key", &keyID)
	}
	if out.KeyUsage != usage {
		return nil, invalidInput(maker, "the key %q has the usage %s; give one that has %s", *out.KeyId, out.KeyUsage, usage)
	}
	return out, nil
}

// signingAlgorithms holds, for each spec, what a key signs: the digests of a hash
// or, where that is 0, messages. RSA keys can do pssAlgorithms too.
var signingAlgorithms = map[types.KeySpec]map[crypto.Hash]types.SigningAlgorithmSpec{
	types.KeySpecRsa2048:             pkcs1v15Algorithms,
	types.KeySpecRsa3072:             pkcs1v15Algorithms,
	types.KeySpecRsa4096:             pkcs1v15Algorithms,
	types.KeySpecEccNistP256:         {crypto.SHA256: types.SigningAlgorithmSpecEcdsaSha256},
	types.KeySpecEccNistP384:         {crypto.SHA384: types.SigningAlgorithmSpecEcdsaSha384},
	types.KeySpecEccNistP521:         {crypto.SHA512: types.SigningAlgorithmSpecEcdsaSha512},
	types.KeySpecEccSecgP256k1:       {crypto.SHA256: types.SigningAlgorithmSpecEcdsaSha256},
	types.KeySpecEccNistEdwards25519: {0: types.SigningAlgorithmSpecEd25519Sha512},
	types.KeySpecMlDsa44:             {0: types.SigningAlgorithmSpecMlDsaShake256},
	types.KeySpecMlDsa65:             {0: types.SigningAlgorithmSpecMlDsaShake256},
	types.KeySpecMlDsa87:             {0: types.SigningAlgorithmSpecMlDsaShake256},
}

var pkcs1v15Algorithms = map[crypto.Hash]types.SigningAlgorithmSpec{
	crypto.SHA256: types.SigningAlgorithmSpecRsassaPkcs1V15Sha256,
	crypto.SHA384: types.SigningAlgorithmSpecRsassaPkcs1V15Sha384,
	crypto.SHA512: types.SigningAlgorithmSpecRsassaPkcs1V15Sha512,
}

var pssAlgorithms = map[crypto.Hash]types.SigningAlgorithmSpec{
	crypto.SHA256: types.SigningAlgorithmSpecRsassaPssSha256,
	crypto.SHA384: types.SigningAlgorithmSpecRsassaPssSha384,
	crypto.SHA512: types.SigningAlgorithmSpecRsassaPssSha512,
}

// signingAlgorithm chooses for a key of the spec the algorithm that opts ask for,
// and returns its hash, or 0 if it signs messages themselves.
func signingAlgorithm(spec types.KeySpec, opts crypto.SignerOpts) (types.SigningAlgorithmSpec, crypto.Hash, error) {
	algorithms := signingAlgorithms[spec]
	var hash crypto.Hash
	switch {
	case opts != nil:
		hash = opts.HashFunc()
	case len(algorithms) == 1: // some libraries rely on it: a key of crypto/ecdsa does not look at opts
		for hash = range algorithms {
		}
	}
	algorithm, ok := algorithms[hash]
	pss, isPSS := opts.(*rsa.PSSOptions)
	switch {
	case isPSS && !isRSA(spec):
		return "", 0, invalidInput("SigningKey", "keys of the spec %s do not sign with RSA-PSS; give a hash alone", spec)
	case algorithms[0] != "" && !isZero(opts):
		return "", 0, invalidInput("SigningKey", "keys of the spec %s sign messages themselves, with neither a hash nor a context; give crypto.Hash(0)", spec)
	case !ok:
		return "", 0, invalidInput("SigningKey", "keys of the spec %s sign digests of %s, not of %s", spec, hashNames(slices.Sorted(maps.Keys(algorithms))...), hashNames(hash))
	case !isPSS:
		return algorithm, hash, nil
	case pss.SaltLength != rsa.PSSSaltLengthEqualsHash && pss.SaltLength != rsa.PSSSaltLengthAuto && pss.SaltLength != hash.Size():
		return "", 0, invalidInput("SigningKey", "KMS signs digests of %s with a salt of %d bytes, not %d; give rsa.PSSSaltLengthEqualsHash", hash, hash.Size(), pss.SaltLength)
	}
	return pssAlgorithms[hash], hash, nil
}

// isZero reports whether opts ask for nothing: no hash, and nothing that an
// option type which this package does not know may have, such as a context.
func isZero(opts crypto.SignerOpts) bool {
	v := reflect.ValueOf(opts)
	return opts == nil || v.IsZero() || reflect.Indirect(v).IsZero()
}

func isRSA(spec types.KeySpec) bool   { return strings.HasPrefix(string(spec), "RSA_") }
func isMLDSA(spec types.KeySpec) bool { return strings.HasPrefix(string(spec), "ML_DSA_") }

// hashNames lists hashes for people.
func hashNames(hashes ...crypto.Hash) string {
	names := make([]string, len(hashes))
	for i, hash := range hashes {
		names[i] = hash.String()
		if hash == 0 {
			names[i] = "crypto.Hash(0)"
		}
	}
	return strings.Join(names, ", ")
}

// requireDigest refuses what cannot be a digest of the hash.
func requireDigest(hash crypto.Hash, digest []byte) error {
	if hash != 0 && len(digest) != hash.Size() {
		return invalidInput("SigningKey", "a digest of %s has %d bytes, not %d; SignMessage and VerifyMessage take the message and hash it", hash, hash.Size(), len(digest))
	}
	return nil
}

// digestOf hashes a message, or returns it if the hash is 0.
func digestOf(hash crypto.Hash, message []byte) []byte {
	if hash == 0 {
		return message
	}
	h := hash.New()
	h.Write(message)
	return h.Sum(nil)
}

func ofDigest(in *kms.SignInput)     { in.MessageType = types.MessageTypeDigest }
func ofExternalMu(in *kms.SignInput) { in.MessageType = types.MessageTypeExternalMu }

// mldsaPrefix returns what the hash of a message begins with, where the context
// is empty: the hash of the public key, that the message is not hashed before,
// and the length of the context. FIPS 204, algorithms 2 and 7.
func mldsaPrefix(publicKey []byte) ([]byte, error) {
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		PublicKey asn1.BitString
	}
	if _, err := asn1.Unmarshal(publicKey, &info); err != nil {
		return nil, err
	}
	return append(sha3.SumSHAKE256(info.PublicKey.Bytes, 64), 0, 0), nil
}

// mldsaMu returns the hash of a message that ML-DSA signs, 64 bytes.
func mldsaMu(prefix, message []byte) []byte {
	h := sha3.NewSHAKE256()
	_, _ = h.Write(prefix)
	_, _ = h.Write(message)
	mu := make([]byte, 64)
	_, _ = h.Read(mu)
	return mu
}
