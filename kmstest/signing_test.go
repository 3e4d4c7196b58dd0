package kmstest_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func publicKey(t *testing.T, c cryptographer, k *types.KeyMetadata) any {
	t.Helper()
	out, err := c.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: k.KeyId})
	require.NoError(t, err)
	key, err := x509.ParsePKIXPublicKey(out.PublicKey)
	require.NoError(t, err)
	return key
}

func TestSign(t *testing.T) {
	t.Parallel()
	message := []byte("message")
	digest := sha256.Sum256(message)

	t.Run("answers with the key, the algorithm and a signature", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
			k := newKey(t, c, ofSpec(types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify))
			out, err := c.(cryptographer).Sign(t.Context(), &kms.SignInput{
				KeyId: k.KeyId, Message: message, SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256,
			})
			require.NoError(t, err)
			assert.Equal(t, *k.Arn, *out.KeyId)
			assert.Equal(t, types.SigningAlgorithmSpecEcdsaSha256, out.SigningAlgorithm)
			assert.True(t, ecdsa.VerifyASN1(publicKey(t, c.(cryptographer), k).(*ecdsa.PublicKey), digest[:], out.Signature))
		})
	})

	c := kmstest.New().API()
	sign := func(t *testing.T, k *types.KeyMetadata, algorithm types.SigningAlgorithmSpec, messageType types.MessageType, message []byte) []byte {
		t.Helper()
		out, err := c.Sign(t.Context(), &kms.SignInput{KeyId: k.KeyId, Message: message, MessageType: messageType, SigningAlgorithm: algorithm})
		require.NoError(t, err)
		return out.Signature
	}
	t.Run("RSA verifies outside of KMS", func(t *testing.T) {
		t.Parallel()
		k := newKey(t, c, ofSpec(types.KeySpecRsa2048, types.KeyUsageTypeSignVerify))
		public := publicKey(t, c, k).(*rsa.PublicKey)
		for _, messageType := range []types.MessageType{"", types.MessageTypeRaw, types.MessageTypeDigest} {
			signed := message
			if messageType == types.MessageTypeDigest {
				signed = digest[:]
			}
			pkcs1 := sign(t, k, types.SigningAlgorithmSpecRsassaPkcs1V15Sha256, messageType, signed)
			assert.NoError(t, rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], pkcs1), messageType)
			pss := sign(t, k, types.SigningAlgorithmSpecRsassaPssSha256, messageType, signed)
			assert.NoError(t, rsa.VerifyPSS(public, crypto.SHA256, digest[:], pss, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}), messageType)
		}
	})
	t.Run("Ed25519 verifies outside of KMS", func(t *testing.T) {
		t.Parallel()
		k := newKey(t, c, ofSpec(types.KeySpecEccNistEdwards25519, types.KeyUsageTypeSignVerify))
		public := publicKey(t, c, k).(ed25519.PublicKey)
		assert.True(t, ed25519.Verify(public, message, sign(t, k, types.SigningAlgorithmSpecEd25519Sha512, types.MessageTypeRaw, message)))
		once := sha512.Sum512(message)
		twice := sha512.Sum512(once[:])
		signature := sign(t, k, types.SigningAlgorithmSpecEd25519PhSha512, types.MessageTypeDigest, once[:])
		assert.NoError(t, ed25519.VerifyWithOptions(public, twice[:], signature, &ed25519.Options{Hash: crypto.SHA512}))
	})
}

// TestVerify_EveryAlgorithm signs and verifies with every algorithm of every kind
// of key, by every type of message that it has.
func TestVerify_EveryAlgorithm(t *testing.T) {
	t.Parallel()
	raw, hash256, hash384, hash512, mu := []byte("message"), make([]byte, 32), make([]byte, 48), make([]byte, 64), make([]byte, 64)
	for spec, messages := range map[types.KeySpec]map[types.MessageType][][]byte{
		types.KeySpecRsa2048:             {types.MessageTypeRaw: {raw, raw, raw, raw, raw, raw}, types.MessageTypeDigest: {hash256, hash384, hash512, hash256, hash384, hash512}},
		types.KeySpecEccNistP256:         {types.MessageTypeRaw: {raw}, types.MessageTypeDigest: {hash256}},
		types.KeySpecEccNistP384:         {types.MessageTypeRaw: {raw}, types.MessageTypeDigest: {hash384}},
		types.KeySpecEccNistP521:         {types.MessageTypeRaw: {raw}, types.MessageTypeDigest: {hash512}},
		types.KeySpecEccSecgP256k1:       {types.MessageTypeRaw: {raw}, types.MessageTypeDigest: {hash256}},
		types.KeySpecEccNistEdwards25519: {types.MessageTypeRaw: {nil, raw}, types.MessageTypeDigest: {hash512, nil}},
		types.KeySpecMlDsa44:             {types.MessageTypeRaw: {raw}, types.MessageTypeExternalMu: {mu}},
		types.KeySpecMlDsa65:             {types.MessageTypeRaw: {raw}, types.MessageTypeExternalMu: {mu}},
		types.KeySpecMlDsa87:             {types.MessageTypeRaw: {raw}, types.MessageTypeExternalMu: {mu}},
	} {
		t.Run(string(spec), func(t *testing.T) {
			t.Parallel()
			c := kmstest.New().API()
			k := newKey(t, c, ofSpec(spec, types.KeyUsageTypeSignVerify))
			for messageType, messages := range messages {
				require.Len(t, messages, len(k.SigningAlgorithms))
				for i, algorithm := range k.SigningAlgorithms {
					if messages[i] == nil {
						continue
					}
					signed, err := c.Sign(t.Context(), &kms.SignInput{
						KeyId: k.KeyId, Message: messages[i], MessageType: messageType, SigningAlgorithm: algorithm,
					})
					require.NoError(t, err, "%s %s", algorithm, messageType)
					in := &kms.VerifyInput{
						KeyId: k.KeyId, Message: messages[i], MessageType: messageType, SigningAlgorithm: algorithm, Signature: signed.Signature,
					}
					out, err := c.Verify(t.Context(), in)
					require.NoError(t, err, "%s %s", algorithm, messageType)
					assert.Equal(t, &kms.VerifyOutput{KeyId: k.Arn, SignatureValid: true, SigningAlgorithm: algorithm}, out)

					in.Message = bytes.Clone(messages[i])
					in.Message[0] ^= 1
					_, err = c.Verify(t.Context(), in)
					refused(t, err, "KMSInvalidSignatureException", "")
				}
			}
		})
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
		k := newKey(t, c, ofSpec(types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify))
		signed, err := c.(cryptographer).Sign(t.Context(), &kms.SignInput{
			KeyId: k.KeyId, Message: []byte("message"), SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256,
		})
		require.NoError(t, err)
		in := &kms.VerifyInput{KeyId: k.KeyId, Message: []byte("message"), SigningAlgorithm: signed.SigningAlgorithm, Signature: signed.Signature}
		out, err := c.(cryptographer).Verify(t.Context(), in)
		require.NoError(t, err)
		assert.True(t, out.SignatureValid)
		assert.Equal(t, *k.Arn, *out.KeyId)

		in.Signature = []byte("not one")
		_, err = c.(cryptographer).Verify(t.Context(), in)
		refused(t, err, "KMSInvalidSignatureException", "")
		in.DryRun = new(true)
		_, err = c.(cryptographer).Verify(t.Context(), in)
		refused(t, err, "KMSInvalidSignatureException", "")
	})
	t.Run("takes the digest of a message that was signed raw", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		k := newKey(t, c, ofSpec(types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify))
		signed, err := c.Sign(t.Context(), &kms.SignInput{KeyId: k.KeyId, Message: []byte("message"), SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256})
		require.NoError(t, err)
		digest := sha256.Sum256([]byte("message"))
		_, err = c.Verify(t.Context(), &kms.VerifyInput{
			KeyId: k.KeyId, Message: digest[:], MessageType: types.MessageTypeDigest,
			SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256, Signature: signed.Signature,
		})
		assert.NoError(t, err)
	})
}

// TestSign_Refusals has what Sign and Verify refuse once they have the key.
func TestSign_Refusals(t *testing.T) {
	t.Parallel()
	const usage, invalid = "InvalidKeyUsageException", "ValidationException"
	c := kmstest.New().API()
	keys := map[types.KeySpec]*types.KeyMetadata{}
	for _, spec := range []types.KeySpec{
		types.KeySpecRsa2048, types.KeySpecEccNistP256, types.KeySpecEccNistEdwards25519, types.KeySpecMlDsa44,
	} {
		keys[spec] = newKey(t, c, ofSpec(spec, types.KeyUsageTypeSignVerify))
	}
	for _, tc := range []struct {
		spec        types.KeySpec
		algorithm   types.SigningAlgorithmSpec
		messageType types.MessageType
		size        int
		code, text  string
	}{
		{"RSA_2048", "ECDSA_SHA_256", "RAW", 1, usage, "Algorithm ECDSA_SHA_256 is incompatible with key spec RSA_2048."},
		{"RSA_2048", "SYMMETRIC_DEFAULT", "RAW", 1, usage, "Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048."},
		{"ECC_NIST_P256", "ECDSA_SHA_384", "DIGEST", 20, usage, "Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256."},
		{"ECC_NIST_EDWARDS25519", "ECDSA_SHA_512", "RAW", 1, usage, "Algorithm ECDSA_SHA_512 is incompatible with key spec ECC_NIST_EDWARDS25519."},
		{"RSA_2048", "RSASSA_PSS_SHA_256", "DIGEST", 31, invalid, "Digest is invalid length for algorithm RSASSA_PSS_SHA_256."},
		{"RSA_2048", "RSASSA_PKCS1_V1_5_SHA_384", "DIGEST", 64, invalid, "Digest is invalid length for algorithm RSASSA_PKCS1_V1_5_SHA_384."},
		{"ECC_NIST_P256", "ECDSA_SHA_256", "DIGEST", 33, invalid, "Digest is invalid length for algorithm ECDSA_SHA_256."},
		{"ECC_NIST_EDWARDS25519", "ED25519_PH_SHA_512", "DIGEST", 20, invalid, "Digest is invalid length for algorithm ED25519_PH_SHA_512."},
		{"ML_DSA_44", "ML_DSA_SHAKE_256", "EXTERNAL_MU", 63, invalid, "External Mu is invalid length for algorithm ML_DSA_SHAKE_256."},
		{"ECC_NIST_EDWARDS25519", "ED25519_SHA_512", "DIGEST", 64, invalid, "Message type DIGEST is incompatible with algorithm ED25519_SHA_512."},
		{"ECC_NIST_EDWARDS25519", "ED25519_PH_SHA_512", "", 64, invalid, "Message type RAW is incompatible with algorithm ED25519_PH_SHA_512."},
		{"ECC_NIST_EDWARDS25519", "ED25519_SHA_512", "EXTERNAL_MU", 64, invalid, "Message type EXTERNAL_MU is incompatible with key spec ECC_NIST_EDWARDS25519."},
		{"ECC_NIST_EDWARDS25519", "ED25519_PH_SHA_512", "EXTERNAL_MU", 64, invalid, "Message type EXTERNAL_MU is incompatible with key spec ECC_NIST_EDWARDS25519."},
		{"ML_DSA_44", "ML_DSA_SHAKE_256", "DIGEST", 64, invalid, "Message type DIGEST is incompatible with key spec ML_DSA_44."},
		{"RSA_2048", "RSASSA_PSS_SHA_256", "EXTERNAL_MU", 64, invalid, "Message type EXTERNAL_MU is incompatible with key spec RSA_2048."},
	} {
		k, message := keys[tc.spec].KeyId, make([]byte, tc.size)
		_, err := c.Sign(t.Context(), &kms.SignInput{KeyId: k, Message: message, MessageType: tc.messageType, SigningAlgorithm: tc.algorithm, DryRun: new(true)})
		refused(t, err, tc.code, tc.text)
		_, err = c.Verify(t.Context(), &kms.VerifyInput{KeyId: k, Message: message, MessageType: tc.messageType, SigningAlgorithm: tc.algorithm, Signature: make([]byte, 64)})
		refused(t, err, tc.code, tc.text)
	}
}

func TestGetPublicKey(t *testing.T) {
	t.Parallel()
	t.Run("answers all that the key can do", func(t *testing.T) {
		t.Parallel()
		for _, of := range []struct {
			spec  types.KeySpec
			usage types.KeyUsageType
			want  kms.GetPublicKeyOutput
		}{
			{types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt, kms.GetPublicKeyOutput{
				EncryptionAlgorithms: []types.EncryptionAlgorithmSpec{"RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"},
			}},
			{types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify, kms.GetPublicKeyOutput{
				SigningAlgorithms: []types.SigningAlgorithmSpec{"ECDSA_SHA_256"},
			}},
			{types.KeySpecEccNistP256, types.KeyUsageTypeKeyAgreement, kms.GetPublicKeyOutput{
				KeyAgreementAlgorithms: []types.KeyAgreementAlgorithmSpec{"ECDH"},
			}},
			{types.KeySpecMlKem512, types.KeyUsageTypeEncapsulateDecapsulate, kms.GetPublicKeyOutput{
				EncapsulationAlgorithms: []types.EncapsulationAlgorithmSpec{"ML_KEM"},
			}},
		} {
			c := kmstest.New().API()
			k := newKey(t, c, ofSpec(of.spec, of.usage))
			out, err := c.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: k.KeyId})
			require.NoError(t, err)
			assert.NotEmpty(t, out.PublicKey)
			of.want.PublicKey = out.PublicKey
			of.want.KeyId = k.Arn
			of.want.KeySpec = of.spec
			of.want.CustomerMasterKeySpec = types.CustomerMasterKeySpec(of.spec) //nolint:staticcheck // KMS still sends it
			of.want.KeyUsage = of.usage
			assert.Equal(t, &of.want, out)
		}
	})
	t.Run("encrypts what Decrypt opens", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		k := newKey(t, c, ofSpec(types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt))
		ciphertext, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, publicKey(t, c, k).(*rsa.PublicKey), []byte("secret"), nil)
		require.NoError(t, err)
		out, err := c.Decrypt(t.Context(), &kms.DecryptInput{
			KeyId: k.KeyId, CiphertextBlob: ciphertext, EncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha256,
		})
		require.NoError(t, err)
		assert.Equal(t, "secret", string(out.Plaintext))
	})
	for spec, usage := range map[types.KeySpec]types.KeyUsageType{
		types.KeySpecSymmetricDefault: types.KeyUsageTypeEncryptDecrypt,
		types.KeySpecHmac384:          types.KeyUsageTypeGenerateVerifyMac,
	} {
		t.Run("refuses "+string(spec)+", which has none", func(t *testing.T) {
			t.Parallel()
			everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
				k := newKey(t, c, ofSpec(spec, usage))
				_, err := c.(cryptographer).GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: k.KeyId})
				refused(t, err, "UnsupportedOperationException", "")
			})
		})
	}
}

func TestSign_ConditionKeys(t *testing.T) {
	t.Parallel()
	for key, value := range map[string]string{
		"kms:SigningAlgorithm": "ECDSA_SHA_256",
		"kms:MessageType":      "RAW",
		"kms:KeyUsage":         "SIGN_VERIFY",
		"kms:KeySpec":          "ECC_NIST_P256",
	} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			srv := kmstest.New()
			k := newKey(t, srv.API(), ofSpec(types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify))
			var signature []byte
			underCondition(t, srv, "kms:Sign", key, value, func(c *kmstest.API) error {
				out, err := c.Sign(t.Context(), &kms.SignInput{KeyId: k.KeyId, Message: []byte("x"), SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256})
				if err == nil {
					signature = out.Signature
				}
				return err
			})
			underCondition(t, srv, "kms:Verify", key, value, func(c *kmstest.API) error {
				_, err := c.Verify(t.Context(), &kms.VerifyInput{KeyId: k.KeyId, Message: []byte("x"), SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256, Signature: signature})
				return err
			})
		})
	}
}
