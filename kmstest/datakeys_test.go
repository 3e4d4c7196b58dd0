package kmstest_test

import (
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGenerateDataKeyPair(t *testing.T) {
	t.Parallel()
	t.Run("returns a pair whose private key Decrypt opens", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
			k := newKey(t, c)
			context := map[string]string{"tenant": "blue"}
			out, err := c.(cryptographer).GenerateDataKeyPair(t.Context(), &kms.GenerateDataKeyPairInput{
				KeyId: k.KeyId, KeyPairSpec: types.DataKeyPairSpecEccNistP256, EncryptionContext: context,
			})
			require.NoError(t, err)
			assert.Equal(t, *k.Arn, *out.KeyId)
			assert.Equal(t, *k.CurrentKeyMaterialId, *out.KeyMaterialId)
			assert.Equal(t, types.DataKeyPairSpecEccNistP256, out.KeyPairSpec)
			assert.Nil(t, out.CiphertextForRecipient)
			assertPair(t, out.PrivateKeyPlaintext, out.PublicKey)

			opened, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: out.PrivateKeyCiphertextBlob, EncryptionContext: context})
			require.NoError(t, err)
			assert.Equal(t, out.PrivateKeyPlaintext, opened.Plaintext)
			_, err = c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: out.PrivateKeyCiphertextBlob})
			refused(t, err, "InvalidCiphertextException", "")
		})
	})
	t.Run("makes every kind of pair but SM2", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		k := newKey(t, c)
		sizes := map[int]bool{}
		for _, spec := range types.DataKeyPairSpec("").Values() {
			if spec == types.DataKeyPairSpecRsa3072 || spec == types.DataKeyPairSpecRsa4096 {
				continue // which take seconds
			}
			out, err := c.GenerateDataKeyPair(t.Context(), &kms.GenerateDataKeyPairInput{KeyId: k.KeyId, KeyPairSpec: spec})
			if spec == types.DataKeyPairSpecSm2 {
				refused(t, err, "UnsupportedOperationException", "KeyPairSpec SM2 is not supported in this Region")
				continue
			}
			require.NoError(t, err, spec)
			assert.Equal(t, spec, out.KeyPairSpec)
			assert.NotEmpty(t, out.PublicKey)
			switch spec {
			case types.DataKeyPairSpecMlKem512, types.DataKeyPairSpecMlKem768, types.DataKeyPairSpecMlKem1024:
				sizes[len(out.PrivateKeyPlaintext)] = true // a seed, whatever the spec
			case types.DataKeyPairSpecEccSecgP256k1: // unknown to crypto/x509
			default:
				assertPair(t, out.PrivateKeyPlaintext, out.PublicKey)
			}
		}
		assert.Len(t, sizes, 1)
	})
	t.Run("makes no ML-KEM pair in China", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New(kmstest.WithRegion("cn-northwest-1")).API()
		in := &kms.GenerateDataKeyPairInput{KeyId: newKey(t, c).KeyId, KeyPairSpec: types.DataKeyPairSpecMlKem768}
		_, err := c.GenerateDataKeyPair(t.Context(), in)
		refused(t, err, "UnsupportedOperationException", "KeyPairSpec ML_KEM_768 is not supported in this Region")
		in.KeyPairSpec = types.DataKeyPairSpecEccNistP256
		_, err = c.GenerateDataKeyPair(t.Context(), in)
		assert.NoError(t, err)
	})
	t.Run("makes another one each time", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		in := &kms.GenerateDataKeyPairInput{KeyId: newKey(t, c).KeyId, KeyPairSpec: types.DataKeyPairSpecEccNistEdwards25519}
		a, err := c.GenerateDataKeyPair(t.Context(), in)
		require.NoError(t, err)
		b, err := c.GenerateDataKeyPair(t.Context(), in)
		require.NoError(t, err)
		assert.NotEqual(t, a.PublicKey, b.PublicKey)
	})
}

// assertPair asserts that a private key in PKCS #8 and a public key belong together.
func assertPair(t *testing.T, private, public []byte) {
	t.Helper()
	key, err := x509.ParsePKCS8PrivateKey(private)
	require.NoError(t, err)
	der, err := x509.MarshalPKIXPublicKey(key.(interface{ Public() crypto.PublicKey }).Public())
	require.NoError(t, err)
	assert.Equal(t, der, public)
}

func TestGenerateDataKeyPairWithoutPlaintext(t *testing.T) {
	t.Parallel()
	everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
		k := newKey(t, c)
		out, err := c.(cryptographer).GenerateDataKeyPairWithoutPlaintext(t.Context(), &kms.GenerateDataKeyPairWithoutPlaintextInput{
			KeyId: k.KeyId, KeyPairSpec: types.DataKeyPairSpecEccNistP384,
		})
		require.NoError(t, err)
		assert.Equal(t, *k.Arn, *out.KeyId)
		assert.Equal(t, *k.CurrentKeyMaterialId, *out.KeyMaterialId)
		assert.Equal(t, types.DataKeyPairSpecEccNistP384, out.KeyPairSpec)
		opened, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: out.PrivateKeyCiphertextBlob})
		require.NoError(t, err)
		assertPair(t, opened.Plaintext, out.PublicKey)
	})
}

// TestDataKeys_ciphertext: a ciphertext tells whether it is that of a data key.
func TestDataKeys_ciphertext(t *testing.T) {
	t.Parallel()
	c := kmstest.New().API()
	k := newKey(t, c)
	start := func(ciphertext []byte) string { return base64.StdEncoding.EncodeToString(ciphertext)[:6] }
	d, err := c.GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{KeyId: k.KeyId, KeySpec: types.DataKeySpecAes256})
	require.NoError(t, err)
	assert.Equal(t, "AQIDAH", start(d.CiphertextBlob))
	p, err := c.GenerateDataKeyPair(t.Context(), &kms.GenerateDataKeyPairInput{KeyId: k.KeyId, KeyPairSpec: types.DataKeyPairSpecEccNistP256})
	require.NoError(t, err)
	assert.Equal(t, "AQIDAH", start(p.PrivateKeyCiphertextBlob))
	assert.Equal(t, "AQICAH", start(encrypt(t, c, k, "x", nil)))
	again, err := c.ReEncrypt(t.Context(), &kms.ReEncryptInput{CiphertextBlob: d.CiphertextBlob, DestinationKeyId: k.KeyId})
	require.NoError(t, err)
	assert.Equal(t, "AQICAH", start(again.CiphertextBlob))
	opened, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: again.CiphertextBlob})
	require.NoError(t, err)
	assert.Equal(t, d.Plaintext, opened.Plaintext)
}

// TestGenerateDataKey_Asymmetric: only symmetric keys encrypt data keys.
func TestGenerateDataKey_Asymmetric(t *testing.T) {
	t.Parallel()
	c := kmstest.New().API()
	k := newKey(t, c, ofSpec(types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt)).KeyId
	const (
		text = "You cannot generate a data key with an asymmetric CMK"
		pair = "You cannot generate a data key pair with an asymmetric CMK"
	)
	_, err := c.GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{KeyId: k, KeySpec: types.DataKeySpecAes256})
	refused(t, err, "InvalidKeyUsageException", text)
	_, err = c.GenerateDataKeyWithoutPlaintext(t.Context(), &kms.GenerateDataKeyWithoutPlaintextInput{KeyId: k, KeySpec: types.DataKeySpecAes256})
	refused(t, err, "InvalidKeyUsageException", text)
	_, err = c.GenerateDataKeyPair(t.Context(), &kms.GenerateDataKeyPairInput{KeyId: k, KeyPairSpec: types.DataKeyPairSpecEccNistP256})
	refused(t, err, "InvalidKeyUsageException", pair)
	_, err = c.GenerateDataKeyPairWithoutPlaintext(t.Context(), &kms.GenerateDataKeyPairWithoutPlaintextInput{KeyId: k, KeyPairSpec: types.DataKeyPairSpecEccNistP256})
	refused(t, err, "InvalidKeyUsageException", pair)
}

func TestGenerateDataKeyPair_ConditionKeys(t *testing.T) {
	t.Parallel()
	srv := kmstest.New()
	k := newKey(t, srv.API())
	for key, value := range map[string]string{
		"kms:DataKeyPairSpec": "ECC_NIST_P256", "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT", "kms:EncryptionContext:tenant": "blue",
	} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			srv := kmstest.New()
			k := newKey(t, srv.API())
			underCondition(t, srv, "kms:GenerateDataKeyPair", key, value, func(c *kmstest.API) error {
				_, err := c.GenerateDataKeyPair(t.Context(), &kms.GenerateDataKeyPairInput{
					KeyId: k.KeyId, KeyPairSpec: types.DataKeyPairSpecEccNistP256, EncryptionContext: map[string]string{"tenant": "blue"},
				})
				return err
			})
			underCondition(t, srv, "kms:GenerateDataKeyPairWithoutPlaintext", key, value, func(c *kmstest.API) error {
				_, err := c.GenerateDataKeyPairWithoutPlaintext(t.Context(), &kms.GenerateDataKeyPairWithoutPlaintextInput{
					KeyId: k.KeyId, KeyPairSpec: types.DataKeyPairSpecEccNistP256, EncryptionContext: map[string]string{"tenant": "blue"},
				})
				return err
			})
		})
	}
	t.Run("kms:DataKeyPairSpec is not there for a data key", func(t *testing.T) {
		t.Parallel()
		p := srv.Principal(role(account, "absent"), withCondition("kms:GenerateDataKey", "Null", "kms:DataKeyPairSpec", "true"))
		_, err := p.API().GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{KeyId: k.KeyId, KeySpec: types.DataKeySpecAes256})
		assert.NoError(t, err)
	})
}

func TestGenerateRandom(t *testing.T) {
	t.Parallel()
	t.Run("returns that many random bytes", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
			seen := map[string]bool{}
			for _, n := range []int32{16, 16, 1024} {
				out, err := c.(cryptographer).GenerateRandom(t.Context(), &kms.GenerateRandomInput{NumberOfBytes: &n})
				require.NoError(t, err)
				assert.Len(t, out.Plaintext, int(n))
				assert.Nil(t, out.CiphertextForRecipient)
				seen[string(out.Plaintext)] = true
			}
			assert.Len(t, seen, 3)
		})
	})
	srv := kmstest.New()
	for name, tc := range map[string]struct {
		in   kms.GenerateRandomInput
		text string
	}{
		"without a number": {kms.GenerateRandomInput{}, "NumberOfBytes is required."},
		"of no bytes":      {kms.GenerateRandomInput{NumberOfBytes: aws.Int32(0)}, "1 validation error detected: Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		"of 1025 bytes":    {kms.GenerateRandomInput{NumberOfBytes: aws.Int32(1025)}, "1 validation error detected: Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or equal to 1024"},
	} {
		t.Run("refused "+name, func(t *testing.T) {
			t.Parallel()
			_, err := srv.API().GenerateRandom(t.Context(), &tc.in)
			refused(t, err, "ValidationException", tc.text)
		})
	}
	t.Run("takes a permission of its own", func(t *testing.T) {
		t.Parallel()
		in := &kms.GenerateRandomInput{NumberOfBytes: aws.Int32(1)}
		_, err := srv.Principal(role(account, "allowed"), allow("kms:GenerateRandom")).API().GenerateRandom(t.Context(), in)
		assert.NoError(t, err)
		_, err = srv.Principal(role(account, "nobody")).API().GenerateRandom(t.Context(), in)
		refused(t, err, "AccessDeniedException", "User: "+role(account, "nobody")+" is not authorized to perform: kms:GenerateRandom"+
			" on resource: * because no identity-based policy allows the kms:GenerateRandom action")
	})
}
