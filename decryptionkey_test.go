package kmskit_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1" // for crypto.SHA1
	"fmt"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
)

// newDecryptionKey makes an RSA key in a KMS of its own.
func newDecryptionKey(t *testing.T) (*kmskit.DecryptionKey, *kmstest.API) {
	t.Helper()
	api := kmstest.New().API()
	key, err := kmskit.NewDecryptionKey(t.Context(), api, newKey(t, api, types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt))
	require.NoError(t, err)
	return key, api
}

// encryptOAEP encrypts to a key without KMS.
func encryptOAEP(t *testing.T, key crypto.Decrypter, hash crypto.Hash, plaintext []byte) []byte {
	t.Helper()
	ciphertext, err := rsa.EncryptOAEP(hash.New(), rand.Reader, key.Public().(*rsa.PublicKey), plaintext, nil)
	require.NoError(t, err)
	return ciphertext
}

func TestNewDecryptionKey(t *testing.T) {
	t.Parallel()

	t.Run("tells the key and its public key", func(t *testing.T) {
		t.Parallel()
		api := kmstest.New().API()
		arn := newKey(t, api, types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt)
		key, err := kmskit.NewDecryptionKey(t.Context(), api, arn)
		require.NoError(t, err)
		assert.Equal(t, arn, key.KeyARN())
		assert.Equal(t, 2048, key.Public().(*rsa.PublicKey).N.BitLen())
	})

	t.Run("follows an alias once and sends the grant tokens with each call", func(t *testing.T) {
		t.Parallel()
		f := telling(types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt, rsaPublicKey())
		key, err := kmskit.NewDecryptionKey(t.Context(), f, fakeAlias, "token", "second")
		require.NoError(t, err)
		_, err = key.Decrypt(nil, []byte("ciphertext"), &rsa.OAEPOptions{Hash: crypto.SHA256})
		require.NoError(t, err)
		tokens := []string{"token", "second"}
		assert.Equal(t, []any{
			&kms.GetPublicKeyInput{KeyId: aws.String(fakeAlias), GrantTokens: tokens},
			&kms.DecryptInput{
				KeyId: aws.String(fakeKeyARN), GrantTokens: tokens, CiphertextBlob: []byte("ciphertext"),
				EncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha256,
			},
		}, f.inputs)
	})

	t.Run("panics on a nil API", func(t *testing.T) {
		t.Parallel()
		assert.PanicsWithValue(t, "kmskit: NewDecryptionKey was given a nil API: pass a *kms.Client or a fake", func() {
			_, _ = kmskit.NewDecryptionKey(t.Context(), (*kms.Client)(nil), fakeKeyID)
		})
	})

	t.Run("refuses an empty key ID", func(t *testing.T) {
		t.Parallel()
		f := newFake()
		key, err := kmskit.NewDecryptionKey(t.Context(), f, "")
		assertRefused(t, f, err, "kmskit: GetPublicKey: "+noAnyKeyID)
		assert.Nil(t, key)
	})

	for _, usage := range []types.KeyUsageType{types.KeyUsageTypeSignVerify, types.KeyUsageTypeKeyAgreement} {
		t.Run("refuses a key of the usage "+string(usage), func(t *testing.T) {
			t.Parallel()
			key, err := kmskit.NewDecryptionKey(t.Context(), telling(types.KeySpecRsa2048, usage, rsaPublicKey()), fakeAlias)
			require.ErrorIs(t, err, kmskit.ErrInvalidInput)
			require.EqualError(t, err, `kmskit: NewDecryptionKey: the key "`+fakeKeyARN+`" has the usage `+string(usage)+`; give one that has ENCRYPT_DECRYPT`)
			assert.Nil(t, key)
		})
	}

	t.Run("refuses a key that is not RSA", func(t *testing.T) {
		t.Parallel()
		f := telling(types.KeySpecSm2, types.KeyUsageTypeEncryptDecrypt, p256PublicKey())
		key, err := kmskit.NewDecryptionKey(t.Context(), f, fakeAlias)
		require.ErrorIs(t, err, kmskit.ErrInvalidInput)
		require.EqualError(t, err, `kmskit: NewDecryptionKey: the key "`+fakeKeyARN+`" has the spec SM2; give one that is RSA`)
		assert.Nil(t, key)
	})

	t.Run("reports a public key that is none", func(t *testing.T) {
		t.Parallel()
		f := telling(types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt, []byte("public key"))
		_, err := kmskit.NewDecryptionKey(t.Context(), f, fakeAlias)
		require.ErrorContains(t, err, `kmskit: NewDecryptionKey (key "`+fakeKeyARN+`"): the public key cannot be read: asn1: `)
	})

	t.Run("has no place for a symmetric key", func(t *testing.T) {
		t.Parallel()
		api := kmstest.New().API()
		_, err := kmskit.NewDecryptionKey(t.Context(), api, newKey(t, api, types.KeySpecSymmetricDefault, types.KeyUsageTypeEncryptDecrypt))
		var unsupported *types.UnsupportedOperationException
		require.ErrorAs(t, err, &unsupported)
	})
}

func TestDecryptionKey_Decrypt(t *testing.T) {
	t.Parallel()

	t.Run("decrypts what was encrypted to the public key", func(t *testing.T) {
		t.Parallel()
		key, _ := newDecryptionKey(t)
		for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA256} {
			largest := key.Public().(*rsa.PublicKey).Size() - 2*hash.Size() - 2
			for _, n := range []int{1, 32, largest} {
				plaintext := bytes.Repeat([]byte{17}, n)
				ciphertext := encryptOAEP(t, key, hash, plaintext)
				for _, opts := range []*rsa.OAEPOptions{{Hash: hash}, {Hash: hash, MGFHash: hash}, {Hash: hash, Label: []byte{}}} {
					opened, err := key.Decrypt(nil, ciphertext, opts)
					require.NoError(t, err)
					assert.Equal(t, plaintext, opened)
				}
			}
		}
	})

	t.Run("decrypts what KMS encrypted", func(t *testing.T) {
		t.Parallel()
		key, api := newDecryptionKey(t)
		ciphertext, err := kmskit.NewEncryptor(api).Encrypt(t.Context(), key.KeyARN(), []byte("attack at dawn"), func(in *kms.EncryptInput) {
			in.EncryptionAlgorithm = types.EncryptionAlgorithmSpecRsaesOaepSha256
		})
		require.NoError(t, err)
		opened, err := key.Decrypt(rand.Reader, ciphertext, &rsa.OAEPOptions{Hash: crypto.SHA256})
		require.NoError(t, err)
		assert.Equal(t, []byte("attack at dawn"), opened)
	})

	const form = "; encrypt with rsa.EncryptOAEP, and give &rsa.OAEPOptions{Hash: crypto.SHA256}"
	refused := []struct {
		name string
		opts crypto.DecrypterOpts
		text string
	}{
		{"refuses no options", nil, "KMS decrypts RSA-OAEP only, not what <nil> stands for"},
		{
			"refuses PKCS #1 v1.5", &rsa.PKCS1v15DecryptOptions{}, //nolint:staticcheck // whoever still gives it must be told
			"KMS decrypts RSA-OAEP only, not what *rsa.PKCS1v15DecryptOptions stands for",
		},
		{"refuses a hash in place of options", crypto.SHA256, "KMS decrypts RSA-OAEP only, not what crypto.Hash stands for"},
		{"refuses OAEP options that are nil", (*rsa.OAEPOptions)(nil), "KMS decrypts RSA-OAEP only, not what *rsa.OAEPOptions stands for"},
		{"refuses a label", &rsa.OAEPOptions{Hash: crypto.SHA256, Label: []byte("label")}, "KMS decrypts RSA-OAEP without a label only"},
		{
			"refuses another hash for the mask", &rsa.OAEPOptions{Hash: crypto.SHA256, MGFHash: crypto.SHA1},
			"KMS decrypts RSA-OAEP with one hash for both only, not with MGF1 of SHA-1 beside SHA-256",
		},
		{"refuses SHA-512", &rsa.OAEPOptions{Hash: crypto.SHA512}, "KMS decrypts RSA-OAEP of SHA-256 and SHA-1 only, not of SHA-512"},
		{"refuses no hash", &rsa.OAEPOptions{}, "KMS decrypts RSA-OAEP of SHA-256 and SHA-1 only, not of unknown hash value 0"},
	}
	for _, r := range refused {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			f := telling(types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt, rsaPublicKey())
			key, err := kmskit.NewDecryptionKey(t.Context(), f, fakeAlias)
			require.NoError(t, err)
			plaintext, err := key.Decrypt(nil, []byte("ciphertext"), r.opts)
			require.ErrorIs(t, err, kmskit.ErrInvalidInput)
			require.EqualError(t, err, "kmskit: DecryptionKey: "+r.text+form)
			assert.Nil(t, plaintext)
			assert.Equal(t, 1, f.calls(), "calls: that of GetPublicKey")
		})
	}

	t.Run("keeps KMS's type for what it cannot decrypt", func(t *testing.T) {
		t.Parallel()
		key, _ := newDecryptionKey(t)
		ciphertext := encryptOAEP(t, key, crypto.SHA256, []byte("attack at dawn"))
		altered := bytes.Clone(ciphertext)
		altered[100] ^= 1
		for _, c := range []struct {
			ciphertext []byte
			hash       crypto.Hash
		}{{altered, crypto.SHA256}, {ciphertext, crypto.SHA1}, {ciphertext[:len(ciphertext)-1], crypto.SHA256}} {
			_, err := key.Decrypt(nil, c.ciphertext, &rsa.OAEPOptions{Hash: c.hash})
			var invalid *types.InvalidCiphertextException
			require.ErrorAs(t, err, &invalid)
		}
	})

	t.Run("is safe for concurrent use", func(t *testing.T) {
		t.Parallel()
		key, _ := newDecryptionKey(t)
		var wg sync.WaitGroup
		for i := range 16 {
			plaintext := fmt.Appendf(nil, "message %d", i)
			ciphertext := encryptOAEP(t, key, crypto.SHA256, plaintext)
			wg.Go(func() {
				opened, err := key.Decrypt(nil, ciphertext, &rsa.OAEPOptions{Hash: crypto.SHA256})
				if assert.NoError(t, err) {
					assert.Equal(t, plaintext, opened)
				}
			})
		}
		wg.Wait()
	})
}

func TestDecryptionKey_WithContext(t *testing.T) {
	t.Parallel()
	f := telling(types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt, rsaPublicKey())
	f.fail = func(ctx context.Context) error { return ctx.Err() }
	ctx, cancel := context.WithCancel(t.Context())
	key, err := kmskit.NewDecryptionKey(ctx, f, fakeAlias)
	require.NoError(t, err)
	cancel()

	opts := &rsa.OAEPOptions{Hash: crypto.SHA256}
	_, err = key.Decrypt(nil, []byte("ciphertext"), opts)
	require.ErrorIs(t, err, context.Canceled)
	_, err = key.WithContext(t.Context()).Decrypt(nil, []byte("ciphertext"), opts)
	require.NoError(t, err)
	_, err = key.Decrypt(nil, []byte("ciphertext"), opts)
	require.ErrorIs(t, err, context.Canceled, "the key itself has not changed")
	assert.Equal(t, []string{"*kms.GetPublicKeyInput", "*kms.DecryptInput", "*kms.DecryptInput", "*kms.DecryptInput"}, f.operations())
}
