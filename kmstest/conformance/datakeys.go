package conformance

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

var dataKeyRules = []rule{
	{
		"GenerateDataKey", "answers the key in plaintext and encrypted",
		"GenerateDataKey answers the data key twice, in plaintext and encrypted under the KMS key, with its ARN and material ID.",
		func(t *trial) {
			k := t.shared(symmetric)
			context := map[string]string{"a": "b"}
			out := answer(t, t.GenerateDataKey, &kms.GenerateDataKeyInput{KeyId: &k.alias, KeySpec: types.DataKeySpecAes256, EncryptionContext: context})
			t.members("CiphertextBlob", "KeyId", "KeyMaterialId", "Plaintext")
			equal(t, "KeyId", *out.KeyId, *k.Arn)
			equal(t, "KeyMaterialId", *out.KeyMaterialId, *k.CurrentKeyMaterialId)
			opened := answer(t, t.Decrypt, &kms.DecryptInput{CiphertextBlob: out.CiphertextBlob, EncryptionContext: context})
			equal(t, "the plaintext", opened.Plaintext, out.Plaintext)
			refusal(t, t.Decrypt, &kms.DecryptInput{CiphertextBlob: out.CiphertextBlob}, "InvalidCiphertextException")
		},
	},
	{
		"GenerateDataKey", "has the length that is asked for",
		"AES_128 is 16 bytes, AES_256 is 32, and NumberOfBytes may be 1 to 1,024.",
		func(t *trial) {
			k := t.shared(symmetric)
			for spec, size := range map[types.DataKeySpec]int{types.DataKeySpecAes128: 16, types.DataKeySpecAes256: 32} {
				equal(t, string(spec), len(answer(t, t.GenerateDataKey, &kms.GenerateDataKeyInput{KeyId: k.KeyId, KeySpec: spec}).Plaintext), size)
			}
			for _, size := range []int32{1, 64, 1024} {
				equal(t, "NumberOfBytes", len(answer(t, t.GenerateDataKey, &kms.GenerateDataKeyInput{KeyId: k.KeyId, NumberOfBytes: &size}).Plaintext), int(size))
			}
		},
	},
	{
		"GenerateDataKey", "is another key each time",
		"Data keys are random.",
		func(t *trial) {
			in := &kms.GenerateDataKeyInput{KeyId: t.shared(symmetric).KeyId, KeySpec: types.DataKeySpecAes256}
			differ(t, "the data keys", answer(t, t.GenerateDataKey, in).Plaintext, answer(t, t.GenerateDataKey, in).Plaintext)
		},
	},
	{
		"GenerateDataKey", "neither or both of spec and length are a ValidationException",
		"A request has exactly one of KeySpec and NumberOfBytes.",
		func(t *trial) {
			k := t.shared(symmetric)
			refusal(t, t.GenerateDataKey, &kms.GenerateDataKeyInput{KeyId: k.KeyId}, "ValidationException")
			refusal(t, t.GenerateDataKey, &kms.GenerateDataKeyInput{
				KeyId: k.KeyId, KeySpec: types.DataKeySpecAes256, NumberOfBytes: aws.Int32(32),
			}, "ValidationException")
		},
	},
	{
		"GenerateDataKey", "under a key that is not symmetric is InvalidKeyUsage",
		"Data keys are encrypted under symmetric keys for ENCRYPT_DECRYPT only.",
		func(t *trial) {
			for _, name := range []fixtureName{rsaCrypt, hmacKey, ecdsaKey} {
				refusal(t, t.GenerateDataKey, &kms.GenerateDataKeyInput{KeyId: t.shared(name).KeyId, KeySpec: types.DataKeySpecAes256}, "InvalidKeyUsageException")
			}
		},
	},
	{
		"GenerateDataKeyWithoutPlaintext", "answers the encrypted key only",
		"GenerateDataKeyWithoutPlaintext answers the same as GenerateDataKey but for the plaintext.",
		func(t *trial) {
			k := t.shared(symmetric)
			out := answer(t, t.GenerateDataKeyWithoutPlaintext, &kms.GenerateDataKeyWithoutPlaintextInput{KeyId: k.KeyId, NumberOfBytes: aws.Int32(24)})
			t.members("CiphertextBlob", "KeyId", "KeyMaterialId")
			equal(t, "KeyId", *out.KeyId, *k.Arn)
			equal(t, "the length", len(answer(t, t.Decrypt, &kms.DecryptInput{CiphertextBlob: out.CiphertextBlob}).Plaintext), 24)
		},
	},
	{
		"GenerateDataKeyWithoutPlaintext", "neither or both of spec and length are a ValidationException",
		"A request has exactly one of KeySpec and NumberOfBytes.",
		func(t *trial) {
			k := t.shared(symmetric)
			refusal(t, t.GenerateDataKeyWithoutPlaintext, &kms.GenerateDataKeyWithoutPlaintextInput{KeyId: k.KeyId}, "ValidationException")
			refusal(t, t.GenerateDataKeyWithoutPlaintext, &kms.GenerateDataKeyWithoutPlaintextInput{
				KeyId: k.KeyId, KeySpec: types.DataKeySpecAes128, NumberOfBytes: aws.Int32(16),
			}, "ValidationException")
		},
	},
	{
		"GenerateDataKeyWithoutPlaintext", "under a key that is not symmetric is InvalidKeyUsage",
		"Data keys are encrypted under symmetric keys for ENCRYPT_DECRYPT only.",
		func(t *trial) {
			refusal(t, t.GenerateDataKeyWithoutPlaintext, &kms.GenerateDataKeyWithoutPlaintextInput{
				KeyId: t.shared(rsaCrypt).KeyId, KeySpec: types.DataKeySpecAes256,
			}, "InvalidKeyUsageException")
		},
	},
	{
		"GenerateDataKeyPair", "answers both keys, the private one twice",
		"GenerateDataKeyPair answers a public key in DER and a private key in PKCS #8, the latter encrypted too; they belong together.",
		func(t *trial) {
			k := t.shared(symmetric)
			out := answer(t, t.GenerateDataKeyPair, &kms.GenerateDataKeyPairInput{KeyId: &k.alias, KeyPairSpec: types.DataKeyPairSpecEccNistP384})
			t.members("KeyId", "KeyMaterialId", "KeyPairSpec", "PrivateKeyCiphertextBlob", "PrivateKeyPlaintext", "PublicKey")
			equal(t, "KeyId", *out.KeyId, *k.Arn)
			equal(t, "KeyPairSpec", out.KeyPairSpec, types.DataKeyPairSpecEccNistP384)
			opened := answer(t, t.Decrypt, &kms.DecryptInput{CiphertextBlob: out.PrivateKeyCiphertextBlob})
			equal(t, "the private key", opened.Plaintext, out.PrivateKeyPlaintext)
		},
	},
	{
		"GenerateDataKeyPair", "public and private key belong together",
		"The public key is the SubjectPublicKeyInfo of the private key, whatever the key pair spec.",
		func(t *trial) {
			for _, spec := range []types.DataKeyPairSpec{
				types.DataKeyPairSpecRsa2048, types.DataKeyPairSpecEccNistP256, types.DataKeyPairSpecEccNistP521,
				types.DataKeyPairSpecEccNistEdwards25519,
			} {
				out := answer(t, t.GenerateDataKeyPair, &kms.GenerateDataKeyPairInput{KeyId: t.shared(symmetric).KeyId, KeyPairSpec: spec})
				private, err := x509.ParsePKCS8PrivateKey(out.PrivateKeyPlaintext)
				t.noError(err)
				var public any
				switch private := private.(type) {
				case *rsa.PrivateKey:
					public = &private.PublicKey
					equal(t, "the length of the modulus", private.N.BitLen(), 2048)
				case *ecdsa.PrivateKey:
					public = &private.PublicKey
				case ed25519.PrivateKey:
					public = private.Public()
				}
				der, err := x509.MarshalPKIXPublicKey(public)
				t.noError(err)
				equal(t, "the public key of "+string(spec), out.PublicKey, der)
			}
		},
	},
	{
		"GenerateDataKeyPair", "each spec has a pair in DER",
		"Curves and ML-KEM that the standard library does not parse come in the same forms, and the private key opens.",
		func(t *trial) {
			for _, spec := range []types.DataKeyPairSpec{
				types.DataKeyPairSpecEccSecgP256k1, types.DataKeyPairSpecMlKem512, types.DataKeyPairSpecMlKem768, types.DataKeyPairSpecMlKem1024,
			} {
				out := answer(t, t.GenerateDataKeyPair, &kms.GenerateDataKeyPairInput{KeyId: t.shared(symmetric).KeyId, KeyPairSpec: spec})
				for what, der := range map[string][]byte{"public": out.PublicKey, "private": out.PrivateKeyPlaintext} {
					var sequence asn1.RawValue
					rest, err := asn1.Unmarshal(der, &sequence)
					t.that("the "+what+" key of "+string(spec)+" is DER", err == nil && len(rest) == 0 && sequence.Tag == asn1.TagSequence)
				}
				opened := answer(t, t.Decrypt, &kms.DecryptInput{CiphertextBlob: out.PrivateKeyCiphertextBlob})
				equal(t, "the private key of "+string(spec), opened.Plaintext, out.PrivateKeyPlaintext)
			}
		},
	},
	{
		"GenerateDataKeyPair", "with a key for something else is InvalidKeyUsage",
		"The private key is encrypted under a symmetric key.",
		func(t *trial) {
			for _, name := range []fixtureName{rsaCrypt, hmacKey} {
				refusal(t, t.GenerateDataKeyPair, &kms.GenerateDataKeyPairInput{
					KeyId: t.shared(name).KeyId, KeyPairSpec: types.DataKeyPairSpecEccNistP256,
				}, "InvalidKeyUsageException")
			}
		},
	},
	{
		"GenerateDataKeyPair", "SM2 outside of China is UnsupportedOperation",
		"The key pair spec SM2 exists in China Regions only.",
		func(t *trial) {
			t.skipInChina()
			refusal(t, t.GenerateDataKeyPair, &kms.GenerateDataKeyPairInput{
				KeyId: t.shared(symmetric).KeyId, KeyPairSpec: types.DataKeyPairSpecSm2,
			}, "UnsupportedOperationException")
		},
	},
	{
		"GenerateDataKeyPairWithoutPlaintext", "answers the private key encrypted only",
		"GenerateDataKeyPairWithoutPlaintext answers the same as GenerateDataKeyPair but for the plaintext.",
		func(t *trial) {
			context := map[string]string{"a": "b"}
			out := answer(t, t.GenerateDataKeyPairWithoutPlaintext, &kms.GenerateDataKeyPairWithoutPlaintextInput{
				KeyId: t.shared(symmetric).KeyId, KeyPairSpec: types.DataKeyPairSpecEccNistP256, EncryptionContext: context,
			})
			t.members("KeyId", "KeyMaterialId", "KeyPairSpec", "PrivateKeyCiphertextBlob", "PublicKey")
			opened := answer(t, t.Decrypt, &kms.DecryptInput{CiphertextBlob: out.PrivateKeyCiphertextBlob, EncryptionContext: context})
			private, err := x509.ParsePKCS8PrivateKey(opened.Plaintext)
			t.noError(err)
			der, err := x509.MarshalPKIXPublicKey(private.(*ecdsa.PrivateKey).Public())
			t.noError(err)
			equal(t, "the public key", out.PublicKey, der)
		},
	},
	{
		"GenerateDataKeyPairWithoutPlaintext", "with a key for something else is InvalidKeyUsage",
		"The private key is encrypted under a symmetric key.",
		func(t *trial) {
			refusal(t, t.GenerateDataKeyPairWithoutPlaintext, &kms.GenerateDataKeyPairWithoutPlaintextInput{
				KeyId: t.shared(ecdsaKey).KeyId, KeyPairSpec: types.DataKeyPairSpecEccNistP256,
			}, "InvalidKeyUsageException")
		},
	},
	{
		"GenerateDataKeyPairWithoutPlaintext", "SM2 outside of China is UnsupportedOperation",
		"The key pair spec SM2 exists in China Regions only.",
		func(t *trial) {
			t.skipInChina()
			refusal(t, t.GenerateDataKeyPairWithoutPlaintext, &kms.GenerateDataKeyPairWithoutPlaintextInput{
				KeyId: t.shared(symmetric).KeyId, KeyPairSpec: types.DataKeyPairSpecSm2,
			}, "UnsupportedOperationException")
		},
	},
	{
		"GenerateRandom", "answers as many bytes as asked for",
		"GenerateRandom answers 1 to 1,024 random bytes, and nothing else.",
		func(t *trial) {
			for _, size := range []int32{1, 32, 1024} {
				out := answer(t, t.GenerateRandom, &kms.GenerateRandomInput{NumberOfBytes: &size})
				t.members("Plaintext")
				equal(t, "the length", len(out.Plaintext), int(size))
			}
		},
	},
	{
		"GenerateRandom", "is something else each time",
		"The bytes are random.",
		func(t *trial) {
			in := &kms.GenerateRandomInput{NumberOfBytes: aws.Int32(32)}
			t.that("two answers differ", !reflect.DeepEqual(answer(t, t.GenerateRandom, in).Plaintext, answer(t, t.GenerateRandom, in).Plaintext))
		},
	},
	{
		"GenerateRandom", "without a number of bytes is a ValidationException",
		"The model does not require NumberOfBytes, but KMS does.",
		func(t *trial) {
			refusal(t, t.GenerateRandom, &kms.GenerateRandomInput{}, "ValidationException")
		},
	},
}

func (t *trial) skipInChina() {
	t.Helper()
	if strings.HasPrefix(t.Options().Region, "cn-") {
		t.Skip("this Region has SM2")
	}
}
