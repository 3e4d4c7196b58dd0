package kmskit_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"filippo.io/mldsa"
	mldsax509 "filippo.io/mldsa/x509"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	dcrd "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

// countingKMS is a kmstest that remembers what signing keys ask of it.
type countingKMS struct {
	*kmstest.API

	mu         sync.Mutex
	publicKeys []string // the key of each GetPublicKey
	signed     []kms.SignInput
	verified   int
}

func newCountingKMS() *countingKMS { return &countingKMS{API: kmstest.New().API()} }

func (c *countingKMS) GetPublicKey(ctx context.Context, in *kms.GetPublicKeyInput, optFns ...func(*kms.Options)) (*kms.GetPublicKeyOutput, error) {
	c.mu.Lock()
	c.publicKeys = append(c.publicKeys, *in.KeyId)
	c.mu.Unlock()
	return c.API.GetPublicKey(ctx, in, optFns...)
}

func (c *countingKMS) Sign(ctx context.Context, in *kms.SignInput, optFns ...func(*kms.Options)) (*kms.SignOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.signed = append(c.signed, *in)
	c.mu.Unlock()
	return c.API.Sign(ctx, in, optFns...)
}

func (c *countingKMS) Verify(ctx context.Context, in *kms.VerifyInput, optFns ...func(*kms.Options)) (*kms.VerifyOutput, error) {
	c.mu.Lock()
	c.verified++
	c.mu.Unlock()
	return c.API.Verify(ctx, in, optFns...)
}

// newKey creates a key and returns its ARN.
func newKey(tb testing.TB, api kmskit.KeyAPI, spec types.KeySpec, usage types.KeyUsageType) string {
	tb.Helper()
	key, err := kmskit.NewKeyManager(api).CreateKey(tb.Context(), "", func(in *kms.CreateKeyInput) {
		in.KeySpec, in.KeyUsage = spec, usage
	})
	require.NoError(tb, err)
	return *key.Arn
}

// newSigningKey makes a key of the spec in a KMS of its own.
func newSigningKey(tb testing.TB, spec types.KeySpec) (*kmskit.SigningKey, *countingKMS) {
	tb.Helper()
	api := newCountingKMS()
	key, err := kmskit.NewSigner(api).SigningKey(tb.Context(), newKey(tb, api, spec, types.KeyUsageTypeSignVerify))
	require.NoError(tb, err)
	return key, api
}

// p256PublicKey returns the public key of a P-256 key in DER.
var p256PublicKey = sync.OnceValue(func() []byte {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		panic(err)
	}
	return der
})

// rsaPublicKey returns the public key of an RSA_2048 key in DER.
var rsaPublicKey = sync.OnceValue(func() []byte {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		panic(err)
	}
	return der
})

// publicKeyOf returns the public key of a new signing key, as GetPublicKey does.
func publicKeyOf(t *testing.T, spec types.KeySpec) []byte {
	t.Helper()
	api := kmstest.New().API()
	out, err := kmskit.NewSigner(api).GetPublicKey(t.Context(), newKey(t, api, spec, types.KeyUsageTypeSignVerify))
	require.NoError(t, err)
	return out.PublicKey
}

// telling returns a fake that tells a public key.
func telling(spec types.KeySpec, usage types.KeyUsageType, publicKey []byte) *fakeKMS {
	f := newFake()
	whenAsked[kms.GetPublicKeyInput](f, &kms.GetPublicKeyOutput{
		KeyId: aws.String(fakeKeyARN), KeySpec: spec, KeyUsage: usage, PublicKey: publicKey,
	})
	return f
}

// holdingLocally returns a fake whose one key is a private key of this process.
func holdingLocally(t *testing.T, spec types.KeySpec, private crypto.Signer, sign func(*kms.SignInput) ([]byte, error)) *fakeKMS {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(private.Public())
	require.NoError(t, err)
	f := telling(spec, types.KeyUsageTypeSignVerify, der)
	answer(f, func(in *kms.SignInput) (*kms.SignOutput, error) {
		signature, err := sign(in)
		return &kms.SignOutput{Signature: signature}, err
	})
	return f
}

// signingSpecs are the specs of the keys that sign, each with options that it takes.
var signingSpecs = []struct {
	spec types.KeySpec
	opts []crypto.SignerOpts
}{
	{types.KeySpecRsa2048, []crypto.SignerOpts{
		crypto.SHA256, crypto.SHA384, crypto.SHA512,
		&rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: rsa.PSSSaltLengthEqualsHash},
		&rsa.PSSOptions{Hash: crypto.SHA384, SaltLength: rsa.PSSSaltLengthAuto},
		&rsa.PSSOptions{Hash: crypto.SHA512, SaltLength: 64},
	}},
	{types.KeySpecEccNistP256, []crypto.SignerOpts{crypto.SHA256}},
	{types.KeySpecEccNistP384, []crypto.SignerOpts{crypto.SHA384}},
	{types.KeySpecEccNistP521, []crypto.SignerOpts{crypto.SHA512}},
	{types.KeySpecEccSecgP256k1, []crypto.SignerOpts{crypto.SHA256}},
	{types.KeySpecEccNistEdwards25519, []crypto.SignerOpts{crypto.Hash(0), &ed25519.Options{}, nil}},
	{types.KeySpecMlDsa44, []crypto.SignerOpts{crypto.Hash(0), &mldsa.Options{}, (*mldsa.Options)(nil), nil}},
	{types.KeySpecMlDsa65, []crypto.SignerOpts{crypto.Hash(0)}},
	{types.KeySpecMlDsa87, []crypto.SignerOpts{crypto.Hash(0)}},
}

// hashOf is what opts hash with, and the digest that it makes of a message.
func hashOf(opts crypto.SignerOpts, message []byte) (crypto.Hash, []byte) {
	if opts == nil || opts.HashFunc() == 0 {
		return 0, message
	}
	h := opts.HashFunc().New()
	h.Write(message)
	return opts.HashFunc(), h.Sum(nil)
}

// good reports, without help of the package, whether a signature is good.
func good(public crypto.PublicKey, message, signature []byte, opts crypto.SignerOpts) error {
	hash, digest := hashOf(opts, message)
	valid := false
	switch public := public.(type) {
	case *rsa.PublicKey:
		if pss, ok := opts.(*rsa.PSSOptions); ok {
			return rsa.VerifyPSS(public, hash, digest, signature, pss)
		}
		return rsa.VerifyPKCS1v15(public, hash, digest, signature)
	case *ecdsa.PublicKey:
		valid = ecdsa.VerifyASN1(public, digest, signature)
	case ed25519.PublicKey:
		valid = ed25519.Verify(public, message, signature)
	case kmskit.PKIXPublicKey:
		if key, err := mldsax509.ParsePKIXPublicKey(public); err == nil {
			return mldsa.Verify(key.(*mldsa.PublicKey), message, signature, nil)
		}
		point, err := secp256k1.ParsePubKey(public[len(public)-65:])
		if err != nil {
			return err
		}
		parsed, err := dcrd.ParseDERSignature(lowS(signature))
		if err != nil {
			return err
		}
		valid = parsed.Verify(digest, point)
	}
	if !valid {
		return fmt.Errorf("the signature does not verify with the %T", public)
	}
	return nil
}

// lowS returns the twin of an ECDSA signature on secp256k1 that dcrd parses: it
// takes s only below half of the order of the curve.
func lowS(signature []byte) []byte {
	fixed, err := kmskit.ECDSAToFixed(types.KeySpecEccSecgP256k1, signature)
	if err != nil {
		return nil
	}
	var s secp256k1.ModNScalar
	s.SetByteSlice(fixed[32:])
	if s.IsOverHalfOrder() {
		s.Negate()
	}
	low := s.Bytes()
	der, err := kmskit.ECDSAFromFixed(types.KeySpecEccSecgP256k1, slices.Concat(fixed[:32], low[:]))
	if err != nil {
		return nil
	}
	return der
}

func TestSigner_SigningKey(t *testing.T) {
	t.Parallel()

	t.Run("tells what it got with the public key, which it gets once", func(t *testing.T) {
		t.Parallel()
		api := newCountingKMS()
		arn := newKey(t, api, types.KeySpecEccNistP384, types.KeyUsageTypeSignVerify)
		key, err := kmskit.NewSigner(api).SigningKey(t.Context(), arn)
		require.NoError(t, err)
		for range 3 {
			assert.Equal(t, elliptic.P384(), key.Public().(*ecdsa.PublicKey).Curve)
		}
		assert.Equal(t, arn, key.KeyARN())
		assert.Equal(t, types.KeySpecEccNistP384, key.Spec())
		assert.Equal(t, []string{arn}, api.publicKeys)
	})

	t.Run("follows an alias once", func(t *testing.T) {
		t.Parallel()
		api := newCountingKMS()
		aliases := kmskit.NewAliasManager(api)
		arn := newKey(t, api, types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)
		require.NoError(t, aliases.CreateAlias(t.Context(), "alias/releases", arn))
		key, err := kmskit.NewSigner(api).SigningKey(t.Context(), "alias/releases")
		require.NoError(t, err)
		require.NoError(t, aliases.UpdateAlias(t.Context(), "alias/releases",
			newKey(t, api, types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)))

		signature, err := key.SignMessage(nil, []byte("message"), crypto.SHA256)
		require.NoError(t, err)
		require.NoError(t, good(key.Public(), []byte("message"), signature, crypto.SHA256))
		assert.Equal(t, arn, *api.signed[0].KeyId)
	})

	t.Run("sends the grant tokens with each call", func(t *testing.T) {
		t.Parallel()
		f := telling(types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify, p256PublicKey())
		key, err := kmskit.NewSigner(f).WithGrantTokens("token").SigningKey(t.Context(), fakeAlias)
		require.NoError(t, err)
		_, err = key.Sign(nil, make([]byte, 32), crypto.SHA256)
		require.NoError(t, err)
		assert.Equal(t, []any{
			&kms.GetPublicKeyInput{KeyId: aws.String(fakeAlias), GrantTokens: []string{"token"}},
			&kms.SignInput{
				KeyId: aws.String(fakeKeyARN), GrantTokens: []string{"token"}, Message: make([]byte, 32),
				MessageType: types.MessageTypeDigest, SigningAlgorithm: ecdsa256,
			},
		}, f.inputs)
	})

	t.Run("refuses an empty key ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		key, err := kmskit.NewSigner(f).SigningKey(t.Context(), "")
		assertRefused(t, f, err, "kmskit: GetPublicKey: "+noAnyKeyID)
		assert.Nil(t, key)
	})

	for _, usage := range []types.KeyUsageType{types.KeyUsageTypeEncryptDecrypt, types.KeyUsageTypeKeyAgreement} {
		t.Run("refuses a key of the usage "+string(usage), func(t *testing.T) {
			t.Parallel()
			f := telling(types.KeySpecRsa2048, usage, []byte("public key"))
			key, err := kmskit.NewSigner(f).SigningKey(t.Context(), fakeAlias)
			require.ErrorIs(t, err, kmskit.ErrInvalidInput)
			require.EqualError(t, err, `kmskit: SigningKey: the key "`+fakeKeyARN+`" has the usage `+string(usage)+`; give one that has SIGN_VERIFY`)
			assert.Nil(t, key)
		})
	}

	t.Run("does not support SM2", func(t *testing.T) {
		t.Parallel()
		f := telling(types.KeySpecSm2, types.KeyUsageTypeSignVerify, []byte("public key"))
		key, err := kmskit.NewSigner(f).SigningKey(t.Context(), fakeAlias)
		require.ErrorIs(t, err, errors.ErrUnsupported)
		require.EqualError(t, err, `kmskit: SigningKey (key "`+fakeKeyARN+`"): unsupported operation: Go has no name for what keys of the spec SM2 sign; use Signer.Sign`)
		assert.Nil(t, key)
	})

	for _, spec := range []types.KeySpec{types.KeySpecRsa2048, types.KeySpecEccNistP256, types.KeySpecEccNistEdwards25519, types.KeySpecMlDsa65} {
		t.Run("reports a public key that is none of "+string(spec), func(t *testing.T) {
			t.Parallel()
			key, err := kmskit.NewSigner(telling(spec, types.KeyUsageTypeSignVerify, []byte("public key"))).SigningKey(t.Context(), fakeAlias)
			require.ErrorContains(t, err, `kmskit: SigningKey (key "`+fakeKeyARN+`"): the public key cannot be read: asn1: `)
			assert.Nil(t, key)
		})
	}

	incomplete := map[string]func(*kms.GetPublicKeyOutput){
		"KeyId":    func(out *kms.GetPublicKeyOutput) { out.KeyId = nil },
		"KeySpec":  func(out *kms.GetPublicKeyOutput) { out.KeySpec = "" },
		"KeyUsage": func(out *kms.GetPublicKeyOutput) { out.KeyUsage = "" },
	}
	for member, without := range incomplete {
		t.Run("reports an answer without "+member, func(t *testing.T) {
			t.Parallel()
			out := &kms.GetPublicKeyOutput{
				KeyId: aws.String(fakeKeyARN), KeySpec: types.KeySpecRsa2048, KeyUsage: types.KeyUsageTypeSignVerify, PublicKey: []byte("public key"),
			}
			without(out)
			f := newFake()
			whenAsked[kms.GetPublicKeyInput](f, out)
			_, err := kmskit.NewSigner(f).SigningKey(t.Context(), fakeAlias)
			require.ErrorIs(t, err, kmskit.ErrIncompleteOutput)
			assert.EqualError(t, err, `kmskit: GetPublicKey (key "alias/orders"): incomplete output: the answer lacks KeyId, KeySpec or KeyUsage`)
		})
	}

	t.Run("keeps KMS's type", func(t *testing.T) {
		t.Parallel()
		_, err := kmskit.NewSigner(failing(&types.DisabledException{})).SigningKey(t.Context(), fakeAlias)
		var disabled *types.DisabledException
		require.ErrorAs(t, err, &disabled)
	})
}

func TestSigningKey_Algorithm(t *testing.T) {
	t.Parallel()
	pss := func(hash crypto.Hash, salt int) crypto.SignerOpts {
		return &rsa.PSSOptions{Hash: hash, SaltLength: salt}
	}
	const (
		rsa2048, rsa3072, rsa4096 = types.KeySpecRsa2048, types.KeySpecRsa3072, types.KeySpecRsa4096
		p256, p384, p521          = types.KeySpecEccNistP256, types.KeySpecEccNistP384, types.KeySpecEccNistP521
		koblitz, edwards          = types.KeySpecEccSecgP256k1, types.KeySpecEccNistEdwards25519
		mldsa44, mldsa87          = types.KeySpecMlDsa44, types.KeySpecMlDsa87
		auto, equal               = rsa.PSSSaltLengthAuto, rsa.PSSSaltLengthEqualsHash
		threeHashes               = " sign digests of SHA-256, SHA-384, SHA-512, not of "
		themselves                = " sign messages themselves, with neither a hash nor a context; give crypto.Hash(0)"
	)
	rows := []struct {
		name    string
		spec    types.KeySpec
		opts    crypto.SignerOpts
		want    types.SigningAlgorithmSpec
		refusal string
	}{
		{"RSA signs SHA-256 by PKCS #1 v1.5", rsa2048, crypto.SHA256, types.SigningAlgorithmSpecRsassaPkcs1V15Sha256, ""},
		{"RSA signs SHA-384 by PKCS #1 v1.5", rsa3072, crypto.SHA384, types.SigningAlgorithmSpecRsassaPkcs1V15Sha384, ""},
		{"RSA signs SHA-512 by PKCS #1 v1.5", rsa4096, crypto.SHA512, types.SigningAlgorithmSpecRsassaPkcs1V15Sha512, ""},
		{"RSA signs no SHA-1", rsa2048, crypto.SHA1, "", "RSA_2048" + threeHashes + "SHA-1"},
		{"RSA signs no SHA-224", rsa4096, crypto.SHA224, "", "RSA_4096" + threeHashes + "SHA-224"},
		{"RSA signs no SHA3-256", rsa4096, crypto.SHA3_256, "", "RSA_4096" + threeHashes + "SHA3-256"},
		{"RSA signs no unhashed messages", rsa3072, crypto.Hash(0), "", "RSA_3072" + threeHashes + "crypto.Hash(0)"},
		{"RSA needs options", rsa3072, nil, "", "RSA_3072" + threeHashes + "crypto.Hash(0)"},

		{"PSS with SHA-256", rsa2048, pss(crypto.SHA256, equal), types.SigningAlgorithmSpecRsassaPssSha256, ""},
		{"PSS with SHA-384", rsa3072, pss(crypto.SHA384, equal), types.SigningAlgorithmSpecRsassaPssSha384, ""},
		{"PSS with SHA-512", rsa4096, pss(crypto.SHA512, equal), types.SigningAlgorithmSpecRsassaPssSha512, ""},
		{"PSS with any salt", rsa2048, pss(crypto.SHA384, auto), types.SigningAlgorithmSpecRsassaPssSha384, ""},
		{"PSS with a salt as long as the hash", rsa2048, pss(crypto.SHA384, 48), types.SigningAlgorithmSpecRsassaPssSha384, ""},
		{
			"PSS with a shorter salt", rsa2048, pss(crypto.SHA256, 20), "",
			"KMS signs digests of SHA-256 with a salt of 32 bytes, not 20; give rsa.PSSSaltLengthEqualsHash",
		},
		{
			"PSS with a longer salt", rsa2048, pss(crypto.SHA512, 65), "",
			"KMS signs digests of SHA-512 with a salt of 64 bytes, not 65; give rsa.PSSSaltLengthEqualsHash",
		},
		{
			"PSS with a salt length that means nothing", rsa2048, pss(crypto.SHA256, -2), "",
			"KMS signs digests of SHA-256 with a salt of 32 bytes, not -2; give rsa.PSSSaltLengthEqualsHash",
		},
		{"PSS with SHA-1", rsa2048, pss(crypto.SHA1, equal), "", "RSA_2048" + threeHashes + "SHA-1"},
		{"PSS without a hash", rsa2048, pss(0, equal), "", "RSA_2048" + threeHashes + "crypto.Hash(0)"},

		{"P-256 signs SHA-256", p256, crypto.SHA256, types.SigningAlgorithmSpecEcdsaSha256, ""},
		{"P-384 signs SHA-384", p384, crypto.SHA384, types.SigningAlgorithmSpecEcdsaSha384, ""},
		{"P-521 signs SHA-512", p521, crypto.SHA512, types.SigningAlgorithmSpecEcdsaSha512, ""},
		{"secp256k1 signs SHA-256", koblitz, crypto.SHA256, types.SigningAlgorithmSpecEcdsaSha256, ""},
		{"P-256 signs no SHA-384", p256, crypto.SHA384, "", "ECC_NIST_P256 sign digests of SHA-256, not of SHA-384"},
		{"P-384 signs no SHA-256", p384, crypto.SHA256, "", "ECC_NIST_P384 sign digests of SHA-384, not of SHA-256"},
		{"P-521 signs no SHA-384", p521, crypto.SHA384, "", "ECC_NIST_P521 sign digests of SHA-512, not of SHA-384"},
		{"P-256 signs no unhashed messages", p256, crypto.Hash(0), "", "ECC_NIST_P256 sign digests of SHA-256, not of crypto.Hash(0)"},
		{"P-256 needs no options", p256, nil, types.SigningAlgorithmSpecEcdsaSha256, ""},
		{"P-384 needs no options", p384, nil, types.SigningAlgorithmSpecEcdsaSha384, ""},
		{"P-521 needs no options", p521, nil, types.SigningAlgorithmSpecEcdsaSha512, ""},
		{"secp256k1 needs no options", koblitz, nil, types.SigningAlgorithmSpecEcdsaSha256, ""},
		{"ECDSA is not PSS", p256, pss(crypto.SHA256, equal), "", "ECC_NIST_P256 do not sign with RSA-PSS; give a hash alone"},

		{"Ed25519 signs messages", edwards, crypto.Hash(0), types.SigningAlgorithmSpecEd25519Sha512, ""},
		{"Ed25519 needs no options", edwards, nil, types.SigningAlgorithmSpecEd25519Sha512, ""},
		{"Ed25519 takes its own options", edwards, &ed25519.Options{}, types.SigningAlgorithmSpecEd25519Sha512, ""},
		{"Ed25519 takes no context", edwards, &ed25519.Options{Context: "context"}, "", "ECC_NIST_EDWARDS25519" + themselves},
		{"Ed25519 is not Ed25519ph", edwards, &ed25519.Options{Hash: crypto.SHA512}, "", "ECC_NIST_EDWARDS25519" + themselves},
		{"Ed25519 takes no digest", edwards, crypto.SHA512, "", "ECC_NIST_EDWARDS25519" + themselves},
		{"Ed25519 is not PSS", edwards, pss(0, auto), "", "ECC_NIST_EDWARDS25519 do not sign with RSA-PSS; give a hash alone"},

		{"ML-DSA signs messages", mldsa44, crypto.Hash(0), types.SigningAlgorithmSpecMlDsaShake256, ""},
		{"ML-DSA needs no options", mldsa87, nil, types.SigningAlgorithmSpecMlDsaShake256, ""},
		{"ML-DSA takes options of another library", mldsa87, &mldsa.Options{}, types.SigningAlgorithmSpecMlDsaShake256, ""},
		{"ML-DSA takes no context of another library", mldsa87, &mldsa.Options{Context: "context"}, "", "ML_DSA_87" + themselves},
		{"ML-DSA takes no digest", mldsa44, crypto.SHA256, "", "ML_DSA_44" + themselves},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			key := keyToldOf(t, r.spec)
			got, err := key.Algorithm(r.opts)
			assert.Equal(t, r.want, got)
			if r.refusal == "" {
				require.NoError(t, err)
				return
			}
			text := "kmskit: SigningKey: " + r.refusal
			if r.refusal[:3] != "KMS" {
				text = "kmskit: SigningKey: keys of the spec " + r.refusal
			}
			require.ErrorIs(t, err, kmskit.ErrInvalidInput)
			require.EqualError(t, err, text)

			// The others refuse it in the same words.
			_, err = key.Sign(nil, make([]byte, 32), r.opts)
			require.EqualError(t, err, text)
			_, err = key.SignMessage(nil, []byte("message"), r.opts)
			require.EqualError(t, err, text)
			require.EqualError(t, key.Verify(make([]byte, 32), []byte("signature"), r.opts), text)
			require.EqualError(t, key.VerifyMessage([]byte("message"), []byte("signature"), r.opts), text)
		})
	}
}

// keyToldOf returns a key that a fake without a Sign tells to be of a spec; what
// the public key is does not matter to who asks for the algorithm.
func keyToldOf(t *testing.T, spec types.KeySpec) *kmskit.SigningKey {
	t.Helper()
	public := p256PublicKey()
	if spec == types.KeySpecMlDsa44 || spec == types.KeySpecMlDsa87 {
		public = publicKeyOf(t, spec)
	}
	f := telling(spec, types.KeyUsageTypeSignVerify, public)
	answer(f, func(*kms.SignInput) (*kms.SignOutput, error) {
		return nil, errors.New("it should not be asked to sign")
	})
	key, err := kmskit.NewSigner(f).SigningKey(t.Context(), fakeAlias)
	require.NoError(t, err)
	return key
}

func TestSigningKey_Sign(t *testing.T) {
	t.Parallel()
	short, long := []byte("message"), bytes.Repeat([]byte("message"), 10_000)

	for _, s := range signingSpecs {
		t.Run(string(s.spec), func(t *testing.T) {
			t.Parallel()
			key, api := newSigningKey(t, s.spec)

			t.Run("signs digests and messages so that others verify them", func(t *testing.T) {
				t.Parallel()
				for _, opts := range s.opts {
					_, digest := hashOf(opts, short)
					signature, err := key.Sign(nil, digest, opts)
					require.NoError(t, err, "%T %v", opts, opts)
					require.NoError(t, good(key.Public(), short, signature, opts), "%T %v", opts, opts)

					signature, err = key.SignMessage(nil, short, opts)
					require.NoError(t, err, "%T %v", opts, opts)
					require.NoError(t, good(key.Public(), short, signature, opts), "%T %v", opts, opts)
				}
			})

			t.Run("signs what KMS verifies by the algorithm that it names", func(t *testing.T) {
				t.Parallel()
				for _, opts := range s.opts {
					signature, err := crypto.SignMessage(key, nil, short, opts)
					require.NoError(t, err)
					algorithm, err := key.Algorithm(opts)
					require.NoError(t, err)
					require.NoError(t, kmskit.NewSigner(api).Verify(t.Context(), key.KeyARN(), short, algorithm, signature))
				}
			})

			t.Run("signs an empty message", func(t *testing.T) {
				t.Parallel()
				signature, err := key.SignMessage(nil, nil, s.opts[0])
				require.NoError(t, err)
				require.NoError(t, good(key.Public(), nil, signature, s.opts[0]))
			})

			if s.spec != types.KeySpecEccNistEdwards25519 {
				t.Run("signs a message that KMS does not take", func(t *testing.T) {
					t.Parallel()
					signature, err := key.SignMessage(nil, long, s.opts[0])
					require.NoError(t, err)
					require.NoError(t, good(key.Public(), long, signature, s.opts[0]))
				})
			}
		})
	}

	t.Run("sends the digest as a digest", func(t *testing.T) {
		t.Parallel()
		key, api := newSigningKey(t, types.KeySpecEccNistP256)
		digest := sha256.Sum256(short)
		_, err := key.Sign(nil, digest[:], crypto.SHA256)
		require.NoError(t, err)
		_, err = key.SignMessage(nil, short, crypto.SHA256)
		require.NoError(t, err)
		want := kms.SignInput{
			KeyId: aws.String(key.KeyARN()), Message: digest[:], MessageType: types.MessageTypeDigest, SigningAlgorithm: ecdsa256,
		}
		assert.Equal(t, []kms.SignInput{want, want}, api.signed)
	})

	t.Run("hashes without options as the key signs", func(t *testing.T) {
		t.Parallel()
		key, _ := newSigningKey(t, types.KeySpecEccNistP384)
		digest := sha512.Sum384(short)
		signature, err := key.Sign(nil, digest[:], nil)
		require.NoError(t, err)
		require.NoError(t, good(key.Public(), short, signature, crypto.SHA384))
		signature, err = key.SignMessage(nil, short, nil)
		require.NoError(t, err)
		require.NoError(t, good(key.Public(), short, signature, crypto.SHA384))
		require.NoError(t, key.VerifyMessage(short, signature, nil))
		_, err = key.Sign(nil, digest[:32], nil)
		require.ErrorIs(t, err, kmskit.ErrInvalidInput, "a digest of another hash")
	})

	t.Run("sends the message to an Ed25519 key", func(t *testing.T) {
		t.Parallel()
		key, api := newSigningKey(t, types.KeySpecEccNistEdwards25519)
		_, err := key.Sign(nil, short, crypto.Hash(0))
		require.NoError(t, err)
		assert.Equal(t, []kms.SignInput{{
			KeyId: aws.String(key.KeyARN()), Message: short, SigningAlgorithm: types.SigningAlgorithmSpecEd25519Sha512,
		}}, api.signed)
	})

	t.Run("sends 64 bytes to an ML-DSA key", func(t *testing.T) {
		t.Parallel()
		key, api := newSigningKey(t, types.KeySpecMlDsa44)
		_, err := key.Sign(nil, long, crypto.Hash(0))
		require.NoError(t, err)
		require.Len(t, api.signed, 1)
		assert.Equal(t, types.MessageTypeExternalMu, api.signed[0].MessageType)
		assert.Len(t, api.signed[0].Message, 64)
	})

	t.Run("takes the longest message of Ed25519 and no longer one", func(t *testing.T) {
		t.Parallel()
		key, api := newSigningKey(t, types.KeySpecEccNistEdwards25519)
		signature, err := key.Sign(nil, long[:4096], crypto.Hash(0))
		require.NoError(t, err)
		require.NoError(t, good(key.Public(), long[:4096], signature, crypto.Hash(0)))

		_, err = key.Sign(nil, long[:4097], crypto.Hash(0))
		require.ErrorIs(t, err, kmskit.ErrInvalidInput)
		require.EqualError(t, err, "kmskit: SigningKey: the message has 4097 bytes; it must have 0 to 4096 bytes, "+
			"as Ed25519 signs the message itself; a key of another spec signs larger ones")
		assert.Len(t, api.signed, 1)
	})

	t.Run("refuses a digest that is none of the hash", func(t *testing.T) {
		t.Parallel()
		key, api := newSigningKey(t, types.KeySpecEccNistP256)
		for _, n := range []int{0, 7, 31, 33, 48} {
			_, err := key.Sign(nil, make([]byte, n), crypto.SHA256)
			require.ErrorIs(t, err, kmskit.ErrInvalidInput)
			text := fmt.Sprintf("kmskit: SigningKey: a digest of SHA-256 has 32 bytes, not %d; SignMessage and VerifyMessage take the message and hash it", n)
			require.EqualError(t, err, text)
			require.EqualError(t, key.Verify(make([]byte, n), []byte("signature"), crypto.SHA256), text)
		}
		assert.Empty(t, api.signed)
	})

	t.Run("does not change what it signs", func(t *testing.T) {
		t.Parallel()
		for _, spec := range []types.KeySpec{types.KeySpecEccNistP256, types.KeySpecMlDsa44} {
			key, _ := newSigningKey(t, spec)
			message := bytes.Clone(long)
			_, err := key.SignMessage(nil, message, signingOpts(spec))
			require.NoError(t, err)
			assert.Equal(t, long, message)
		}
	})

	t.Run("keeps KMS's type and says what to check", func(t *testing.T) {
		t.Parallel()
		key, api := newSigningKey(t, types.KeySpecEccNistP256)
		require.NoError(t, kmskit.NewKeyManager(api).DisableKey(t.Context(), key.KeyARN()))
		_, err := key.SignMessage(nil, short, crypto.SHA256)
		var disabled *types.DisabledException
		require.ErrorAs(t, err, &disabled)
		assert.ErrorContains(t, err, `kmskit: Sign (key "`+key.KeyARN()+`"): DisabledException: `)
	})

	t.Run("is safe for concurrent use", func(t *testing.T) {
		t.Parallel()
		for _, spec := range []types.KeySpec{types.KeySpecEccNistP256, types.KeySpecMlDsa44} {
			key, _ := newSigningKey(t, spec)
			var wg sync.WaitGroup
			for i := range 16 {
				wg.Go(func() {
					message := fmt.Appendf(nil, "message %d", i)
					signature, err := key.SignMessage(nil, message, signingOpts(spec))
					if assert.NoError(t, err) {
						assert.NoError(t, good(key.Public(), message, signature, signingOpts(spec)))
					}
				})
			}
			wg.Wait()
		}
	})
}

// signingOpts returns the first options that keys of a spec take.
func signingOpts(spec types.KeySpec) crypto.SignerOpts {
	for _, s := range signingSpecs {
		if s.spec == spec {
			return s.opts[0]
		}
	}
	return nil
}

func TestSigningKey_WithContext(t *testing.T) {
	t.Parallel()
	api := newCountingKMS()
	arn := newKey(t, api, types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)
	ctx, cancel := context.WithCancel(t.Context())
	key, err := kmskit.NewSigner(api).SigningKey(ctx, arn)
	require.NoError(t, err)
	cancel()

	_, err = key.SignMessage(nil, []byte("message"), crypto.SHA256)
	require.ErrorIs(t, err, context.Canceled)

	signature, err := key.WithContext(t.Context()).SignMessage(nil, []byte("message"), crypto.SHA256)
	require.NoError(t, err)
	require.NoError(t, key.VerifyMessage([]byte("message"), signature, crypto.SHA256), "verifying needs no context")
	assert.Len(t, api.publicKeys, 1, "the public key is not got again")

	_, err = key.SignMessage(nil, []byte("message"), crypto.SHA256)
	require.ErrorIs(t, err, context.Canceled, "the key itself has not changed")
}

func TestSigningKey_Verify(t *testing.T) {
	t.Parallel()
	message, other := []byte("message"), []byte("another message")

	for _, s := range signingSpecs {
		t.Run(string(s.spec), func(t *testing.T) {
			t.Parallel()
			key, api := newSigningKey(t, s.spec)
			stranger, _ := newSigningKey(t, s.spec)
			for _, opts := range s.opts {
				signature, err := key.SignMessage(nil, message, opts)
				require.NoError(t, err)
				_, digest := hashOf(opts, message)
				_, otherDigest := hashOf(opts, other)

				if _, ok := key.Public().(kmskit.PKIXPublicKey); ok {
					for _, err := range []error{key.Verify(digest, signature, opts), key.VerifyMessage(message, signature, opts)} {
						require.ErrorIs(t, err, errors.ErrUnsupported)
						require.EqualError(t, err, `kmskit: SigningKey (key "`+key.KeyARN()+`"): unsupported operation: Go cannot verify signatures of `+
							string(s.spec)+` keys; use Signer.Verify, or a library that takes the public key`)
					}
					continue
				}
				require.NoError(t, key.Verify(digest, signature, opts))
				require.NoError(t, key.VerifyMessage(message, signature, opts))
				assertInvalidSignature(t, key.Verify(otherDigest, signature, opts))
				assertInvalidSignature(t, key.VerifyMessage(other, signature, opts))
				assertInvalidSignature(t, stranger.VerifyMessage(message, signature, opts))
				assertInvalidSignature(t, key.VerifyMessage(message, signature[1:], opts))
				assertInvalidSignature(t, key.VerifyMessage(message, append(bytes.Clone(signature), 0), opts))
				assertInvalidSignature(t, key.VerifyMessage(message, nil, opts))
				for _, i := range []int{0, len(signature) / 2, len(signature) - 1} {
					altered := bytes.Clone(signature)
					altered[i] ^= 1
					assertInvalidSignature(t, key.VerifyMessage(message, altered, opts))
				}
			}
			assert.Zero(t, api.verified, "calls of Verify")
			assert.Len(t, api.signed, len(s.opts))
			assert.Len(t, api.publicKeys, 1)
		})
	}

	t.Run("tells PKCS #1 v1.5 from PSS", func(t *testing.T) {
		t.Parallel()
		key, _ := newSigningKey(t, types.KeySpecRsa2048)
		pss := &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: rsa.PSSSaltLengthAuto}
		signature, err := key.SignMessage(nil, message, pss)
		require.NoError(t, err)
		assertInvalidSignature(t, key.VerifyMessage(message, signature, crypto.SHA256))
		signature, err = key.SignMessage(nil, message, crypto.SHA256)
		require.NoError(t, err)
		assertInvalidSignature(t, key.VerifyMessage(message, signature, pss))
	})

	t.Run("takes no salt that KMS does not make", func(t *testing.T) {
		t.Parallel()
		private, err := rsa.GenerateKey(rand.Reader, 2048)
		require.NoError(t, err)
		salt := 0
		f := holdingLocally(t, types.KeySpecRsa2048, private, func(in *kms.SignInput) ([]byte, error) {
			return private.Sign(rand.Reader, in.Message, &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: salt})
		})
		key, err := kmskit.NewSigner(f).SigningKey(t.Context(), fakeAlias)
		require.NoError(t, err)
		opts := &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: rsa.PSSSaltLengthAuto}
		for _, salt = range []int{20, 31, 33} {
			signature, err := key.SignMessage(nil, message, opts)
			require.NoError(t, err)
			assertInvalidSignature(t, key.VerifyMessage(message, signature, opts))
		}
		salt = 32
		signature, err := key.SignMessage(nil, message, opts)
		require.NoError(t, err)
		require.NoError(t, key.VerifyMessage(message, signature, opts))
	})

	t.Run("says what to check", func(t *testing.T) {
		t.Parallel()
		key := keyToldOf(t, types.KeySpecEccNistP256)
		assert.EqualError(t, key.VerifyMessage(message, []byte("signature"), crypto.SHA256),
			`kmskit: Verify (key "`+fakeKeyARN+`"): KMSInvalidSignatureException: it does not verify with the public key (`+
				`check that key, algorithm and message are those of the signing, that MessageType tells a digest from a message, and that an ECDSA signature is in DER)`)
	})
}

func assertInvalidSignature(t *testing.T, err error) {
	t.Helper()
	var invalid *types.KMSInvalidSignatureException
	assert.ErrorAs(t, err, &invalid)
}

func TestPKIXPublicKey(t *testing.T) {
	t.Parallel()
	for _, spec := range []types.KeySpec{types.KeySpecEccSecgP256k1, types.KeySpecMlDsa44} {
		t.Run(string(spec), func(t *testing.T) {
			t.Parallel()
			key, api := newSigningKey(t, spec)
			stranger, _ := newSigningKey(t, spec)
			out, err := kmskit.NewSigner(api).GetPublicKey(t.Context(), key.KeyARN())
			require.NoError(t, err)

			public := key.Public().(kmskit.PKIXPublicKey)
			assert.Equal(t, out.PublicKey, []byte(public))
			assert.True(t, public.Equal(kmskit.PKIXPublicKey(out.PublicKey)))
			assert.False(t, public.Equal(stranger.Public()))
			assert.False(t, public.Equal(out.PublicKey), "another type")
			assert.False(t, public.Equal(nil))
		})
	}
}
