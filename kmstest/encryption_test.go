package kmstest_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const notThisKey = "The key ID in the request does not identify a CMK that can perform this operation."

func TestEncrypt(t *testing.T) {
	t.Parallel()
	t.Run("comes back from Decrypt", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
			symmetric := newKey(t, c)
			rsa := newKey(t, c, ofSpec(types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt))
			for _, k := range []*types.KeyMetadata{symmetric, rsa} {
				for _, algorithm := range k.EncryptionAlgorithms {
					e, err := c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: k.KeyId, Plaintext: []byte("secret"), EncryptionAlgorithm: algorithm})
					require.NoError(t, err)
					assert.Equal(t, *k.Arn, *e.KeyId)
					assert.Equal(t, algorithm, e.EncryptionAlgorithm)
					d, err := c.Decrypt(t.Context(), &kms.DecryptInput{KeyId: k.KeyId, CiphertextBlob: e.CiphertextBlob, EncryptionAlgorithm: algorithm})
					require.NoError(t, err)
					assert.Equal(t, "secret", string(d.Plaintext))
					assert.Equal(t, *k.Arn, *d.KeyId)
					assert.Equal(t, algorithm, d.EncryptionAlgorithm)
					assert.Equal(t, k.CurrentKeyMaterialId, d.KeyMaterialId)
				}
			}
		})
	})

	t.Run("needs the algorithm of an RSA key", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		k := newKey(t, c, ofSpec(types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt))
		_, err := c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: k.KeyId, Plaintext: []byte("x")})
		refused(t, err, "InvalidKeyUsageException", "Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.")
	})

	t.Run("refuses an algorithm that the key has not", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		_, err := c.Encrypt(t.Context(), &kms.EncryptInput{
			KeyId: newKey(t, c).KeyId, Plaintext: []byte("x"), EncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha256,
		})
		refused(t, err, "InvalidKeyUsageException", "Algorithm RSAES_OAEP_SHA_256 is incompatible with key spec SYMMETRIC_DEFAULT.")
	})

	t.Run("refuses what RSA cannot hold", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		k := newKey(t, c, ofSpec(types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt))
		in := &kms.EncryptInput{KeyId: k.KeyId, Plaintext: make([]byte, 190), EncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha256}
		_, err := c.Encrypt(t.Context(), in)
		require.NoError(t, err)
		in.Plaintext = make([]byte, 191)
		const text = "Algorithm RSAES_OAEP_SHA_256 and key spec RSA_2048 cannot encrypt data larger than 190 bytes."
		_, err = c.Encrypt(t.Context(), in)
		refused(t, err, "ValidationException", text)

		_, err = c.ReEncrypt(t.Context(), &kms.ReEncryptInput{
			CiphertextBlob:   encrypt(t, c, newKey(t, c), strings.Repeat("x", 191), nil),
			DestinationKeyId: k.KeyId, DestinationEncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha256,
		})
		refused(t, err, "ValidationException", text)
	})

	t.Run("binds no context with RSA", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		k := newKey(t, c, ofSpec(types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt))
		_, err := c.Encrypt(t.Context(), &kms.EncryptInput{
			KeyId: k.KeyId, Plaintext: []byte("x"), EncryptionContext: map[string]string{"a": "b"},
			EncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha1,
		})
		refused(t, err, "ValidationException", "EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs.")
	})

	t.Run("refuses a key of another usage", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
			k := newKey(t, c, ofSpec(types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify))
			_, err := c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: k.KeyId, Plaintext: []byte("x")})
			refused(t, err, "InvalidKeyUsageException", *k.Arn+" key usage is SIGN_VERIFY which is not valid for Encrypt.")
			_, err = c.GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{KeyId: k.KeyId, KeySpec: types.DataKeySpecAes128})
			refused(t, err, "InvalidKeyUsageException", *k.Arn+" key usage is SIGN_VERIFY which is not valid for GenerateDataKey.")
		})
	})

	t.Run("refuses 4097 bytes before anything else", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
			_, err := c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: str("no key"), Plaintext: make([]byte, 4097)})
			refused(t, err, "ValidationException", "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: "+
				"Member must have length less than or equal to 4096")
		})
	})

	t.Run("neither keeps nor changes its input", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		context := map[string]string{"tenant": "blue"}
		in := &kms.EncryptInput{KeyId: newKey(t, c).KeyId, Plaintext: []byte("secret"), EncryptionContext: context}
		e, err := c.Encrypt(t.Context(), in)
		require.NoError(t, err)
		assert.Equal(t, "secret", string(in.Plaintext))
		assert.Equal(t, map[string]string{"tenant": "blue"}, context)
		clear(in.Plaintext)
		context["tenant"] = "red"
		d, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: e.CiphertextBlob, EncryptionContext: map[string]string{"tenant": "blue"}})
		require.NoError(t, err)
		assert.Equal(t, "secret", string(d.Plaintext))
	})
}

func TestDecrypt(t *testing.T) {
	t.Parallel()
	t.Run("needs the encryption context, pair by pair", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
			k := newKey(t, c)
			ciphertext := encrypt(t, c, k, "secret", map[string]string{"a": "bc", "d": ""})
			for _, context := range []map[string]string{
				nil,
				{"a": "bc"},
				{"ab": "c", "d": ""},
				{"a": "bcd", "": ""},
				{"A": "bc", "d": ""},
				{"a": "bc", "d": "", "e": ""},
			} {
				_, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext, EncryptionContext: context})
				refused(t, err, "InvalidCiphertextException", "")
			}
			_, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext, EncryptionContext: map[string]string{"d": "", "a": "bc"}})
			require.NoError(t, err)
		})
	})

	t.Run("refuses a ciphertext with any byte changed, and any piece of one", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		k := newKey(t, c)
		ciphertext := encrypt(t, c, k, "secret", nil)
		for i := range ciphertext {
			changed := bytes.Clone(ciphertext)
			changed[i] ^= 1
			for _, in := range []*kms.DecryptInput{
				{CiphertextBlob: changed},
				{CiphertextBlob: changed, KeyId: k.KeyId},
				{CiphertextBlob: ciphertext[:max(i, 1)]},
				{CiphertextBlob: ciphertext[:max(i, 1)], KeyId: k.KeyId},
			} {
				_, err := c.Decrypt(t.Context(), in)
				refused(t, err, "InvalidCiphertextException", "")
			}
		}
	})

	t.Run("refuses the ciphertext of another key", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
			k, another := newKey(t, c), newKey(t, c)
			ciphertext := encrypt(t, c, k, "secret", nil)
			for _, id := range []string{*another.KeyId, *another.Arn} {
				_, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext, KeyId: &id})
				refused(t, err, "IncorrectKeyException", notThisKey)
			}
			mac := newKey(t, c, ofSpec(types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac))
			_, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext, KeyId: mac.KeyId})
			refused(t, err, "IncorrectKeyException", notThisKey)
			rsa := newKey(t, c, ofSpec(types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt))
			_, err = c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext, KeyId: rsa.KeyId})
			refused(t, err, "IncorrectKeyException", notThisKey)
			_, err = c.ReEncrypt(t.Context(), &kms.ReEncryptInput{CiphertextBlob: ciphertext, SourceKeyId: another.KeyId, DestinationKeyId: k.KeyId})
			refused(t, err, "IncorrectKeyException", notThisKey)

			own := encrypt(t, c, another, "secret", nil)
			pending := newKey(t, c, external)
			_, err = c.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: another.KeyId})
			require.NoError(t, err)
			for _, in := range []*kms.DecryptInput{
				{CiphertextBlob: ciphertext, KeyId: another.KeyId},
				{CiphertextBlob: ciphertext, KeyId: pending.KeyId},
			} {
				_, err = c.Decrypt(t.Context(), in)
				refused(t, err, "IncorrectKeyException", notThisKey)
				_, err = c.ReEncrypt(t.Context(), &kms.ReEncryptInput{CiphertextBlob: ciphertext, SourceKeyId: in.KeyId, DestinationKeyId: k.KeyId})
				refused(t, err, "IncorrectKeyException", notThisKey)
			}
			for _, in := range []*kms.DecryptInput{
				{CiphertextBlob: own, KeyId: another.KeyId},
				{CiphertextBlob: []byte("forged"), KeyId: another.KeyId},
				{CiphertextBlob: ciphertext, KeyId: another.KeyId, EncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha256},
				{
					CiphertextBlob: ciphertext, KeyId: another.KeyId,
					DryRun: aws.Bool(true), DryRunModifiers: []types.DryRunModifierType{types.DryRunModifierTypeIgnoreCiphertext},
				},
			} {
				_, err = c.Decrypt(t.Context(), in)
				refused(t, err, "DisabledException", *another.Arn+" is disabled.")
			}
			_, err = c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: []byte("forged"), KeyId: pending.KeyId})
			refused(t, err, "KMSInvalidStateException", *pending.Arn+" is pending import.")
		})
	})

	t.Run("does not follow an alias that has moved", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		k, another := newKey(t, c), newKey(t, c)
		newAlias(t, c, "alias/orders", k)
		ciphertext := encrypt(t, c, k, "secret", nil)
		_, err := c.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: str("alias/orders"), TargetKeyId: another.KeyId})
		require.NoError(t, err)
		_, err = c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext, KeyId: str("alias/orders")})
		refused(t, err, "IncorrectKeyException", notThisKey)
	})

	t.Run("finds the key by the ciphertext, in this Region only", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		c := srv.Client()
		ciphertext := encrypt(t, c, newKey(t, c), "secret", nil)
		d, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext})
		require.NoError(t, err)
		assert.Equal(t, "secret", string(d.Plaintext))

		abroad := srv.Client(func(o *kms.Options) { o.Region = "eu-west-1" })
		_, err = abroad.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext})
		refused(t, err, "AccessDeniedException",
			"User: arn:aws:iam::111122223333:user/kmstest is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext "+
				"because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access")
		k := newKey(t, abroad)
		_, err = abroad.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext, KeyId: k.KeyId})
		refused(t, err, "IncorrectKeyException", notThisKey)
	})

	t.Run("needs the key of an RSA ciphertext", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		k := newKey(t, c, ofSpec(types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt))
		ciphertext := encrypt(t, c, k, "secret", nil)
		_, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext, EncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha256})
		refused(t, err, "ValidationException", "KeyId must not be null")
		_, err = c.Decrypt(t.Context(), &kms.DecryptInput{
			CiphertextBlob: ciphertext, KeyId: k.KeyId, EncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha1,
		})
		refused(t, err, "InvalidCiphertextException", "")
		for _, id := range []*string{nil, k.KeyId} {
			_, err = c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext, KeyId: id})
			refused(t, err, "InvalidCiphertextException", "")
		}
		_, err = c.Decrypt(t.Context(), &kms.DecryptInput{
			KeyId: k.KeyId, DryRun: aws.Bool(true), DryRunModifiers: []types.DryRunModifierType{types.DryRunModifierTypeIgnoreCiphertext},
		})
		refused(t, err, "InvalidKeyUsageException", "Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.")
	})

	t.Run("refuses a recipient rather than ignore it", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
			k := newKey(t, c)
			recipient := &types.RecipientInfo{AttestationDocument: []byte("x"), KeyEncryptionAlgorithm: types.KeyEncryptionMechanismRsaesOaepSha256}
			_, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: encrypt(t, c, k, "x", nil), Recipient: recipient})
			refused(t, err, "UnsupportedOperationException", "Recipient is not supported by kmstest without an attestation root.")
			_, err = c.GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{KeyId: k.KeyId, KeySpec: types.DataKeySpecAes256, Recipient: recipient})
			refused(t, err, "UnsupportedOperationException", "Recipient is not supported by kmstest without an attestation root.")
		})
	})
}

func TestReEncrypt(t *testing.T) {
	t.Parallel()
	everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
		source, destination := newKey(t, c), newKey(t, c)
		rsa := newKey(t, c, ofSpec(types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt))
		before, after := map[string]string{"at": "before"}, map[string]string{"at": "after"}
		ciphertext := encrypt(t, c, source, "secret", before)

		out, err := c.ReEncrypt(t.Context(), &kms.ReEncryptInput{
			CiphertextBlob: ciphertext, SourceKeyId: source.KeyId, SourceEncryptionContext: before,
			DestinationKeyId: destination.KeyId, DestinationEncryptionContext: after,
		})
		require.NoError(t, err)
		assert.Equal(t, *source.Arn, *out.SourceKeyId)
		assert.Equal(t, *destination.Arn, *out.KeyId)
		assert.Equal(t, source.CurrentKeyMaterialId, out.SourceKeyMaterialId)
		assert.Equal(t, destination.CurrentKeyMaterialId, out.DestinationKeyMaterialId)
		assert.Equal(t, types.EncryptionAlgorithmSpecSymmetricDefault, out.SourceEncryptionAlgorithm)
		assert.Equal(t, types.EncryptionAlgorithmSpecSymmetricDefault, out.DestinationEncryptionAlgorithm)
		d, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: out.CiphertextBlob, KeyId: destination.KeyId, EncryptionContext: after})
		require.NoError(t, err)
		assert.Equal(t, "secret", string(d.Plaintext))

		_, err = c.ReEncrypt(t.Context(), &kms.ReEncryptInput{CiphertextBlob: ciphertext, SourceEncryptionContext: after, DestinationKeyId: destination.KeyId})
		refused(t, err, "InvalidCiphertextException", "")

		out, err = c.ReEncrypt(t.Context(), &kms.ReEncryptInput{
			CiphertextBlob: ciphertext, SourceEncryptionContext: before,
			DestinationKeyId: rsa.KeyId, DestinationEncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha256,
		})
		require.NoError(t, err)
		assert.Nil(t, out.DestinationKeyMaterialId)
		out, err = c.ReEncrypt(t.Context(), &kms.ReEncryptInput{
			CiphertextBlob: out.CiphertextBlob, SourceKeyId: rsa.KeyId, SourceEncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha256,
			DestinationKeyId: source.KeyId,
		})
		require.NoError(t, err)
		assert.Nil(t, out.SourceKeyMaterialId)
		d, err = c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: out.CiphertextBlob})
		require.NoError(t, err)
		assert.Equal(t, "secret", string(d.Plaintext))
	})
}

func TestGenerateDataKey(t *testing.T) {
	t.Parallel()
	everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
		k := newKey(t, c)
		context := map[string]string{"tenant": "blue"}
		for _, in := range []struct {
			spec  types.DataKeySpec
			bytes *int32
			size  int
		}{
			{types.DataKeySpecAes128, nil, 16},
			{types.DataKeySpecAes256, nil, 32},
			{"", aws.Int32(1), 1},
			{"", aws.Int32(1024), 1024},
		} {
			out, err := c.GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{
				KeyId: k.KeyId, KeySpec: in.spec, NumberOfBytes: in.bytes, EncryptionContext: context,
			})
			require.NoError(t, err)
			assert.Len(t, out.Plaintext, in.size)
			assert.Equal(t, *k.Arn, *out.KeyId)
			assert.Equal(t, k.CurrentKeyMaterialId, out.KeyMaterialId)
			d, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: out.CiphertextBlob, EncryptionContext: context})
			require.NoError(t, err)
			assert.Equal(t, out.Plaintext, d.Plaintext)

			sealed, err := c.GenerateDataKeyWithoutPlaintext(t.Context(), &kms.GenerateDataKeyWithoutPlaintextInput{
				KeyId: k.KeyId, KeySpec: in.spec, NumberOfBytes: in.bytes,
			})
			require.NoError(t, err)
			assert.Equal(t, *k.Arn, *sealed.KeyId)
			assert.Equal(t, k.CurrentKeyMaterialId, sealed.KeyMaterialId)
			d, err = c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob})
			require.NoError(t, err)
			assert.Len(t, d.Plaintext, in.size)
		}
		for _, in := range []*kms.GenerateDataKeyInput{
			{KeyId: k.KeyId},
			{KeyId: k.KeyId, KeySpec: types.DataKeySpecAes128, NumberOfBytes: aws.Int32(16)},
		} {
			_, err := c.GenerateDataKey(t.Context(), in)
			refused(t, err, "ValidationException", "Please specify either number of bytes or key spec.")
		}
	})
}

func TestDryRun(t *testing.T) {
	t.Parallel()
	const text = "The request would have succeeded, but the DryRun option is set."

	t.Run("of cryptographic operations ends in its own error", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
			k := newKey(t, c)
			ciphertext, dry := encrypt(t, c, k, "x", nil), aws.Bool(true)
			_, err := c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: k.KeyId, Plaintext: []byte("x"), DryRun: dry})
			refused(t, err, "DryRunOperationException", text)
			_, err = c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext, DryRun: dry})
			refused(t, err, "DryRunOperationException", text)
			_, err = c.ReEncrypt(t.Context(), &kms.ReEncryptInput{CiphertextBlob: ciphertext, DestinationKeyId: k.KeyId, DryRun: dry})
			refused(t, err, "DryRunOperationException", text)
			_, err = c.GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{KeyId: k.KeyId, KeySpec: types.DataKeySpecAes256, DryRun: dry})
			refused(t, err, "DryRunOperationException", text)
			_, err = c.GenerateDataKeyWithoutPlaintext(t.Context(),
				&kms.GenerateDataKeyWithoutPlaintextInput{KeyId: k.KeyId, KeySpec: types.DataKeySpecAes256, DryRun: dry})
			refused(t, err, "DryRunOperationException", text)
		})
	})

	t.Run("fails where the operation would", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		k := newKey(t, c)
		_, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: []byte("x"), KeyId: k.KeyId, DryRun: aws.Bool(true)})
		refusedWith(t, err, "InvalidCiphertextException")
		_, err = c.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: k.KeyId})
		require.NoError(t, err)
		_, err = c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: k.KeyId, Plaintext: []byte("x"), DryRun: aws.Bool(true)})
		refusedWith(t, err, "DisabledException")
	})

	t.Run("can do without a ciphertext", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
			k := newKey(t, c)
			ignore := []types.DryRunModifierType{types.DryRunModifierTypeIgnoreCiphertext}
			_, err := c.Decrypt(t.Context(), &kms.DecryptInput{KeyId: k.KeyId, DryRun: aws.Bool(true), DryRunModifiers: ignore})
			refused(t, err, "DryRunOperationException", text)
			_, err = c.ReEncrypt(t.Context(), &kms.ReEncryptInput{
				SourceKeyId: k.KeyId, DestinationKeyId: k.KeyId, DryRun: aws.Bool(true), DryRunModifiers: ignore,
			})
			refused(t, err, "DryRunOperationException", text)
			_, err = c.Decrypt(t.Context(), &kms.DecryptInput{DryRun: aws.Bool(true), DryRunModifiers: ignore})
			refused(t, err, "ValidationException", "KeyId is required when DryRunModifiers is IGNORE_CIPHERTEXT.")
			_, err = c.Decrypt(t.Context(), &kms.DecryptInput{KeyId: k.KeyId, CiphertextBlob: []byte("x"), DryRunModifiers: ignore})
			refused(t, err, "ValidationException", "DryRunModifiers can only be specified when DryRun is true.")
		})
	})

	t.Run("of grants changes nothing", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
			k := newKey(t, c)
			in := newGrant(k)
			g, err := c.CreateGrant(t.Context(), in)
			require.NoError(t, err)
			in.DryRun = aws.Bool(true)
			_, err = c.CreateGrant(t.Context(), in)
			refused(t, err, "DryRunOperationException", text)
			_, err = c.RetireGrant(t.Context(), &kms.RetireGrantInput{GrantToken: g.GrantToken, DryRun: aws.Bool(true)})
			refused(t, err, "DryRunOperationException", text)
			_, err = c.RevokeGrant(t.Context(), &kms.RevokeGrantInput{KeyId: k.KeyId, GrantId: g.GrantId, DryRun: aws.Bool(true)})
			refused(t, err, "DryRunOperationException", text)
			out, err := c.ListGrants(t.Context(), &kms.ListGrantsInput{KeyId: k.KeyId})
			require.NoError(t, err)
			assert.True(t, slices.EqualFunc(out.Grants, []string{*g.GrantId}, func(g types.GrantListEntry, id string) bool { return *g.GrantId == id }))
		})
	})
}
