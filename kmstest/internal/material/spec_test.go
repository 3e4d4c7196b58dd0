package material_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"

	"github.com/kmskit/kmskit/kmstest/internal/material"
)

func TestAlgorithmsOf(t *testing.T) {
	t.Parallel()
	const (
		encrypt     = types.KeyUsageTypeEncryptDecrypt
		sign        = types.KeyUsageTypeSignVerify
		mac         = types.KeyUsageTypeGenerateVerifyMac
		agree       = types.KeyUsageTypeKeyAgreement
		encapsulate = types.KeyUsageTypeEncapsulateDecapsulate
	)
	type algorithms = material.Algorithms
	oaep := algorithms{Encryption: []types.EncryptionAlgorithmSpec{"RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"}}
	rsa := algorithms{Signing: []types.SigningAlgorithmSpec{
		"RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PKCS1_V1_5_SHA_384", "RSASSA_PKCS1_V1_5_SHA_512",
		"RSASSA_PSS_SHA_256", "RSASSA_PSS_SHA_384", "RSASSA_PSS_SHA_512",
	}}
	ecdh := algorithms{KeyAgreement: []types.KeyAgreementAlgorithmSpec{"ECDH"}}
	mldsa := algorithms{Signing: []types.SigningAlgorithmSpec{"ML_DSA_SHAKE_256"}}
	mlkem := algorithms{Encapsulation: []types.EncapsulationAlgorithmSpec{"ML_KEM"}}
	want := map[types.KeySpec]map[types.KeyUsageType]algorithms{
		"SYMMETRIC_DEFAULT": {encrypt: {Encryption: []types.EncryptionAlgorithmSpec{"SYMMETRIC_DEFAULT"}}},
		"HMAC_224":          {mac: {MAC: []types.MacAlgorithmSpec{"HMAC_SHA_224"}}},
		"HMAC_256":          {mac: {MAC: []types.MacAlgorithmSpec{"HMAC_SHA_256"}}},
		"HMAC_384":          {mac: {MAC: []types.MacAlgorithmSpec{"HMAC_SHA_384"}}},
		"HMAC_512":          {mac: {MAC: []types.MacAlgorithmSpec{"HMAC_SHA_512"}}},
		"RSA_2048":          {encrypt: oaep, sign: rsa},
		"RSA_3072":          {encrypt: oaep, sign: rsa},
		"RSA_4096":          {encrypt: oaep, sign: rsa},
		"ECC_NIST_P256":     {sign: {Signing: []types.SigningAlgorithmSpec{"ECDSA_SHA_256"}}, agree: ecdh},
		"ECC_NIST_P384":     {sign: {Signing: []types.SigningAlgorithmSpec{"ECDSA_SHA_384"}}, agree: ecdh},
		"ECC_NIST_P521":     {sign: {Signing: []types.SigningAlgorithmSpec{"ECDSA_SHA_512"}}, agree: ecdh},
		"ECC_SECG_P256K1":   {sign: {Signing: []types.SigningAlgorithmSpec{"ECDSA_SHA_256"}}},
		"ECC_NIST_EDWARDS25519": {
			sign: {Signing: []types.SigningAlgorithmSpec{"ED25519_PH_SHA_512", "ED25519_SHA_512"}},
		},
		"ML_DSA_44":   {sign: mldsa},
		"ML_DSA_65":   {sign: mldsa},
		"ML_DSA_87":   {sign: mldsa},
		"ML_KEM_512":  {encapsulate: mlkem},
		"ML_KEM_768":  {encapsulate: mlkem},
		"ML_KEM_1024": {encapsulate: mlkem},
		"SM2":         {},
		"":            {},
	}
	for _, spec := range append(types.KeySpec("").Values(), "") {
		t.Run("lists the usages and algorithms of spec "+string(spec), func(t *testing.T) {
			t.Parallel()
			usages, ok := want[spec]
			assert.True(t, ok, "the SDK has a key spec that this test does not know")
			assert.Len(t, material.Usages(spec), len(usages))
			for _, usage := range types.KeyUsageType("").Values() {
				_, allowed := usages[usage]
				assert.Equal(t, allowed, slices.Contains(material.Usages(spec), usage), usage)
				assert.Equal(t, usages[usage], material.AlgorithmsOf(spec, usage), usage)
			}
		})
	}
	t.Run("gives its caller lists of its own", func(t *testing.T) {
		t.Parallel()
		material.AlgorithmsOf("RSA_2048", sign).Signing[0] = "changed"
		material.Usages("RSA_2048")[0] = "changed"
		assert.Equal(t, rsa, material.AlgorithmsOf("RSA_2048", sign))
		assert.Equal(t, encrypt, material.Usages("RSA_2048")[0])
	})
}

func TestMaxPlaintext(t *testing.T) {
	t.Parallel()
	t.Run("is the number that KMS documents", func(t *testing.T) {
		t.Parallel()
		const sha1, sha256 = types.EncryptionAlgorithmSpecRsaesOaepSha1, types.EncryptionAlgorithmSpecRsaesOaepSha256
		assert.Equal(t, 214, material.MaxPlaintext(types.KeySpecRsa2048, sha1))
		assert.Equal(t, 190, material.MaxPlaintext(types.KeySpecRsa2048, sha256))
		assert.Equal(t, 342, material.MaxPlaintext(types.KeySpecRsa3072, sha1))
		assert.Equal(t, 318, material.MaxPlaintext(types.KeySpecRsa3072, sha256))
		assert.Equal(t, 470, material.MaxPlaintext(types.KeySpecRsa4096, sha1))
		assert.Equal(t, 446, material.MaxPlaintext(types.KeySpecRsa4096, sha256))
	})
	t.Run("is 0 where the spec does not have the algorithm", func(t *testing.T) {
		t.Parallel()
		assert.Zero(t, material.MaxPlaintext(types.KeySpecEccNistP256, types.EncryptionAlgorithmSpecRsaesOaepSha1))
		assert.Zero(t, material.MaxPlaintext(types.KeySpecSymmetricDefault, types.EncryptionAlgorithmSpecSymmetricDefault))
	})
}

func TestImportable(t *testing.T) {
	t.Parallel()
	t.Run("is all but ML-DSA, ML-KEM and unknown specs", func(t *testing.T) {
		t.Parallel()
		for _, spec := range specs() {
			postQuantum := slices.Contains([]types.KeySpec{
				"ML_DSA_44", "ML_DSA_65", "ML_DSA_87", "ML_KEM_512", "ML_KEM_768", "ML_KEM_1024",
			}, spec)
			assert.Equal(t, !postQuantum, material.Importable(spec), spec)
		}
		assert.False(t, material.Importable(types.KeySpecSm2))
	})
}

func TestBits(t *testing.T) {
	t.Parallel()
	t.Run("is the size in the name of the spec", func(t *testing.T) {
		t.Parallel()
		for spec, want := range map[types.KeySpec]int{
			"SYMMETRIC_DEFAULT": 256, "HMAC_224": 224, "HMAC_512": 512, "RSA_2048": 2048, "RSA_3072": 3072, "RSA_4096": 4096,
			"ECC_NIST_P256": 256, "ECC_NIST_P384": 384, "ECC_NIST_P521": 521, "ECC_SECG_P256K1": 256,
			"ECC_NIST_EDWARDS25519": 255, "ML_DSA_44": 0, "ML_KEM_768": 0, "SM2": 0,
		} {
			assert.Equal(t, want, material.Bits(spec), spec)
		}
	})
}
