package conformance

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

var encryptionRules = []rule{
	{
		"Encrypt", "answers ciphertext, algorithm and key ARN",
		"Encrypt answers CiphertextBlob, EncryptionAlgorithm and the key ARN, however the key was named.",
		func(t *trial) {
			k := t.shared(symmetric)
			out := answer(t, t.Encrypt, &kms.EncryptInput{KeyId: &k.alias, Plaintext: plaintext})
			t.members("CiphertextBlob", "EncryptionAlgorithm", "KeyId")
			equal(t, "KeyId", *out.KeyId, *k.Arn)
			equal(t, "EncryptionAlgorithm", out.EncryptionAlgorithm, types.EncryptionAlgorithmSpecSymmetricDefault)
			t.that("the plaintext is not in the ciphertext", !bytes.Contains(out.CiphertextBlob, plaintext))
		},
	},
	{
		"Encrypt", "the same plaintext twice makes two ciphertexts",
		"Encryption is randomised.",
		func(t *trial) {
			k := t.shared(symmetric)
			one := answer(t, t.Encrypt, &kms.EncryptInput{KeyId: k.KeyId, Plaintext: plaintext})
			other := answer(t, t.Encrypt, &kms.EncryptInput{KeyId: k.KeyId, Plaintext: plaintext})
			differ(t, "the ciphertexts", one.CiphertextBlob, other.CiphertextBlob)
		},
	},
	{
		"Encrypt", "1 and 4096 bytes are fine",
		"A symmetric key encrypts 1 to 4,096 bytes.",
		func(t *trial) {
			k := t.shared(symmetric)
			for _, size := range []int{1, 4096} {
				text := bytes.Repeat([]byte{0xff}, size)
				sealed := answer(t, t.Encrypt, &kms.EncryptInput{KeyId: k.KeyId, Plaintext: text})
				equal(t, "the plaintext", answer(t, t.Decrypt, &kms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob}).Plaintext, text)
			}
		},
	},
	{
		"Encrypt", "RSA OAEP can be undone with the private key only",
		"An RSA key encrypts with the algorithm that the request names, and binds the ciphertext to no encryption context.",
		func(t *trial) {
			k := t.shared(rsaCrypt)
			for _, a := range []types.EncryptionAlgorithmSpec{
				types.EncryptionAlgorithmSpecRsaesOaepSha1, types.EncryptionAlgorithmSpecRsaesOaepSha256,
			} {
				sealed := answer(t, t.Encrypt, &kms.EncryptInput{KeyId: k.KeyId, Plaintext: plaintext, EncryptionAlgorithm: a})
				equal(t, "EncryptionAlgorithm", sealed.EncryptionAlgorithm, a)
				equal(t, "the length of the ciphertext", len(sealed.CiphertextBlob), 256)
				opened := answer(t, t.Decrypt, &kms.DecryptInput{KeyId: k.KeyId, CiphertextBlob: sealed.CiphertextBlob, EncryptionAlgorithm: a})
				t.members("EncryptionAlgorithm", "KeyId", "Plaintext")
				equal(t, "the plaintext", opened.Plaintext, plaintext)
			}
		},
	},
	{
		"Encrypt", "more than RSA OAEP holds is a ValidationException",
		"RSA_2048 encrypts at most 214 bytes with OAEP and SHA-1, and 190 with SHA-256.",
		func(t *trial) {
			k := t.shared(rsaCrypt)
			for a, most := range map[types.EncryptionAlgorithmSpec]int{
				types.EncryptionAlgorithmSpecRsaesOaepSha1: 214, types.EncryptionAlgorithmSpecRsaesOaepSha256: 190,
			} {
				answer(t, t.Encrypt, &kms.EncryptInput{KeyId: k.KeyId, Plaintext: make([]byte, most), EncryptionAlgorithm: a})
				refusal(t, t.Encrypt, &kms.EncryptInput{KeyId: k.KeyId, Plaintext: make([]byte, most+1), EncryptionAlgorithm: a}, "ValidationException")
			}
		},
	},
	{
		"Encrypt", "an encryption context with RSA is a ValidationException",
		"Only symmetric encryption binds an encryption context; RSA would drop it silently, so KMS refuses it.",
		func(t *trial) {
			refusal(t, t.Encrypt, &kms.EncryptInput{
				KeyId: t.shared(rsaCrypt).KeyId, Plaintext: plaintext, EncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha256,
				EncryptionContext: map[string]string{"a": "b"},
			}, "ValidationException")
		},
	},
	{
		"Encrypt", "an algorithm of another key spec is InvalidKeyUsage",
		"The algorithm must be one of the key's EncryptionAlgorithms; the default is that of symmetric keys.",
		func(t *trial) {
			refusal(t, t.Encrypt, &kms.EncryptInput{KeyId: t.shared(rsaCrypt).KeyId, Plaintext: plaintext}, "InvalidKeyUsageException")
			refusal(t, t.Encrypt, &kms.EncryptInput{
				KeyId: t.shared(symmetric).KeyId, Plaintext: plaintext, EncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha256,
			}, "InvalidKeyUsageException")
		},
	},
	{
		"Encrypt", "with a key for something else is InvalidKeyUsage",
		"A key is used for its KeyUsage only.",
		func(t *trial) {
			for _, name := range []fixtureName{hmacKey, ecdsaKey, agreeing, mlkemKey} {
				refusal(t, t.Encrypt, &kms.EncryptInput{KeyId: t.shared(name).KeyId, Plaintext: plaintext}, "InvalidKeyUsageException")
			}
		},
	},
	{
		"Decrypt", "answers plaintext, algorithm, key ARN and material ID",
		"Decrypt answers Plaintext, EncryptionAlgorithm, the key ARN and, for a symmetric key, the ID of the key material, " +
			"but no CiphertextForRecipient unless there is a recipient.",
		func(t *trial) {
			k := t.shared(symmetric)
			out := answer(t, t.Decrypt, &kms.DecryptInput{KeyId: &k.alias, CiphertextBlob: k.ciphertext})
			t.members("EncryptionAlgorithm", "KeyId", "KeyMaterialId", "Plaintext")
			equal(t, "Plaintext", out.Plaintext, plaintext)
			equal(t, "KeyId", *out.KeyId, *k.Arn)
			equal(t, "KeyMaterialId", *out.KeyMaterialId, *k.CurrentKeyMaterialId)
		},
	},
	{
		"Decrypt", "needs no key ID for a symmetric ciphertext",
		"A symmetric ciphertext says which key has made it.",
		func(t *trial) {
			k := t.shared(symmetric)
			out := answer(t, t.Decrypt, &kms.DecryptInput{CiphertextBlob: k.ciphertext})
			equal(t, "Plaintext", out.Plaintext, plaintext)
			equal(t, "KeyId", *out.KeyId, *k.Arn)
		},
	},
	{
		"Decrypt", "an RSA ciphertext without a key ID is a ValidationException",
		"An RSA ciphertext says nothing of its key, so the request must.",
		func(t *trial) {
			refusal(t, t.Decrypt, &kms.DecryptInput{
				CiphertextBlob: t.shared(rsaCrypt).ciphertext, EncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha256,
			}, "ValidationException")
		},
	},
	{
		"Decrypt", "the same encryption context opens",
		"The encryption context of Decrypt must be that of Encrypt; the order of its pairs is of no account.",
		func(t *trial) {
			k := t.shared(symmetric)
			context := map[string]string{"tenant": "blue", "purpose": "test", "empty": "", "unicode": "\u65e5"}
			sealed := answer(t, t.Encrypt, &kms.EncryptInput{KeyId: k.KeyId, Plaintext: plaintext, EncryptionContext: context})
			out := answer(t, t.Decrypt, &kms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: context})
			equal(t, "Plaintext", out.Plaintext, plaintext)
		},
	},
	{
		"Decrypt", "wrong context is InvalidCiphertext",
		"The encryption context is authenticated: another one, part of it, more than it, none of it, other case or pairs " +
			"that are split elsewhere do not open the ciphertext.",
		func(t *trial) {
			k := t.shared(symmetric)
			sealed := answer(t, t.Encrypt, &kms.EncryptInput{
				KeyId: k.KeyId, Plaintext: plaintext, EncryptionContext: map[string]string{"ab": "c", "tenant": "blue"},
			})
			for _, context := range []map[string]string{
				nil,
				{},
				{"ab": "c"},
				{"ab": "c", "tenant": "red"},
				{"ab": "c", "tenant": "Blue"},
				{"ab": "c", "Tenant": "blue"},
				{"a": "bc", "tenant": "blue"},
				{"ab": "ctenant", "": "blue"},
				{"ab": "c", "tenant": "blue", "more": ""},
			} {
				refusal(t, t.Decrypt, &kms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: context}, "InvalidCiphertextException")
			}
		},
	},
	{
		"Decrypt", "an empty encryption context is none",
		"No encryption context and one without pairs are the same.",
		func(t *trial) {
			out := answer(t, t.Decrypt, &kms.DecryptInput{
				CiphertextBlob: t.shared(symmetric).ciphertext, EncryptionContext: map[string]string{},
			})
			equal(t, "Plaintext", out.Plaintext, plaintext)
		},
	},
	{
		"Decrypt", "a damaged ciphertext is InvalidCiphertext without a text",
		"KMS does not tell a forger what was wrong with a ciphertext.",
		func(t *trial) {
			k := t.shared(symmetric)
			for _, i := range []int{0, len(k.ciphertext) / 2, len(k.ciphertext) - 1} {
				damaged := bytes.Clone(k.ciphertext)
				damaged[i] ^= 1
				equal(t, "the text", refusal(t, t.Decrypt, &kms.DecryptInput{CiphertextBlob: damaged}, "InvalidCiphertextException"), "")
			}
			refusal(t, t.Decrypt, &kms.DecryptInput{CiphertextBlob: k.ciphertext[:len(k.ciphertext)-1]}, "InvalidCiphertextException")
			refusal(t, t.Decrypt, &kms.DecryptInput{CiphertextBlob: append(bytes.Clone(k.ciphertext), 0)}, "InvalidCiphertextException")
		},
	},
	{
		"Decrypt", "what is no ciphertext is InvalidCiphertext",
		"Bytes that KMS has not made are refused, whether or not the request names a key.",
		func(t *trial) {
			refusal(t, t.Decrypt, &kms.DecryptInput{CiphertextBlob: []byte("no ciphertext")}, "InvalidCiphertextException")
			refusal(t, t.Decrypt, &kms.DecryptInput{
				CiphertextBlob: []byte("no ciphertext"), KeyId: t.shared(symmetric).KeyId,
			}, "InvalidCiphertextException")
			refusal(t, t.Decrypt, &kms.DecryptInput{
				CiphertextBlob: []byte("no ciphertext"), KeyId: t.shared(rsaCrypt).KeyId,
				EncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha256,
			}, "InvalidCiphertextException")
		},
	},
	{
		"Decrypt", "an RSA ciphertext without its algorithm is InvalidCiphertext",
		"The default algorithm takes the ciphertext for a symmetric one, which it is not.",
		func(t *trial) {
			k := t.shared(rsaCrypt)
			refusal(t, t.Decrypt, &kms.DecryptInput{KeyId: k.KeyId, CiphertextBlob: k.ciphertext}, "InvalidCiphertextException")
		},
	},
	{
		"Decrypt", "with a key that has not encrypted it is IncorrectKey",
		"A key ID in the request must be that of the key that has made the ciphertext. Whether an algorithm or a state is " +
			"in the way too is of no account.",
		func(t *trial) {
			for _, name := range []fixtureName{anotherKey, rsaCrypt, externalKey} {
				refusal(t, t.Decrypt, &kms.DecryptInput{
					KeyId: t.shared(name).KeyId, CiphertextBlob: t.shared(symmetric).ciphertext,
				}, "IncorrectKeyException")
			}
		},
	},
	{
		"Decrypt", "with a key for something else is IncorrectKey or InvalidKeyUsage",
		"A key that does not encrypt has not made the ciphertext either. Both errors are listed, and either will do.",
		func(t *trial) {
			if complaint := t.settle(func() string {
				err := request(t, t.Decrypt, &kms.DecryptInput{KeyId: t.shared(hmacKey).KeyId, CiphertextBlob: t.shared(symmetric).ciphertext})
				return unless(codeOf(err) == "IncorrectKeyException" || codeOf(err) == "InvalidKeyUsageException", "the answer is %v", err)
			}); complaint != "" {
				t.Error(complaint)
			}
		},
	},
	{
		"Decrypt", "an algorithm of another key spec is InvalidKeyUsage",
		"The algorithm must be one of the key's EncryptionAlgorithms.",
		func(t *trial) {
			refusal(t, t.Decrypt, &kms.DecryptInput{
				KeyId: t.shared(symmetric).KeyId, CiphertextBlob: t.shared(symmetric).ciphertext,
				EncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha256,
			}, "InvalidKeyUsageException")
		},
	},
	{
		"Decrypt", "opens what the public key has sealed elsewhere",
		"RSA OAEP of KMS is that of the standard, with MGF1 of the same hash and no label.",
		func(t *trial) {
			k := t.shared(rsaCrypt)
			public, err := x509.ParsePKIXPublicKey(answer(t, t.GetPublicKey, &kms.GetPublicKeyInput{KeyId: k.KeyId}).PublicKey)
			t.noError(err)
			sealed, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, public.(*rsa.PublicKey), plaintext, nil)
			t.noError(err)
			out := answer(t, t.Decrypt, &kms.DecryptInput{
				KeyId: k.KeyId, CiphertextBlob: sealed, EncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha256,
			})
			equal(t, "Plaintext", out.Plaintext, plaintext)
			refusal(t, t.Decrypt, &kms.DecryptInput{
				KeyId: k.KeyId, CiphertextBlob: sealed, EncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha1,
			}, "InvalidCiphertextException")
			equal(t, "the size of the key in bits", public.(*rsa.PublicKey).N.BitLen(), 2048)
		},
	},
	{
		"ReEncrypt", "answers both keys, algorithms and material IDs",
		"ReEncrypt answers the new ciphertext, and the ARN, algorithm and key material ID of both sides.",
		func(t *trial) {
			from, to := t.shared(symmetric), t.shared(anotherKey)
			out := answer(t, t.ReEncrypt, &kms.ReEncryptInput{
				CiphertextBlob: from.ciphertext, DestinationKeyId: to.KeyId, DestinationEncryptionContext: map[string]string{"new": "context"},
			})
			t.members("CiphertextBlob", "DestinationEncryptionAlgorithm", "DestinationKeyMaterialId", "KeyId",
				"SourceEncryptionAlgorithm", "SourceKeyId", "SourceKeyMaterialId")
			equal(t, "SourceKeyId", *out.SourceKeyId, *from.Arn)
			equal(t, "KeyId", *out.KeyId, *to.Arn)
			equal(t, "SourceKeyMaterialId", *out.SourceKeyMaterialId, *from.CurrentKeyMaterialId)
			equal(t, "DestinationKeyMaterialId", *out.DestinationKeyMaterialId, *to.CurrentKeyMaterialId)
			opened := answer(t, t.Decrypt, &kms.DecryptInput{
				KeyId: to.KeyId, CiphertextBlob: out.CiphertextBlob, EncryptionContext: map[string]string{"new": "context"},
			})
			equal(t, "Plaintext", opened.Plaintext, plaintext)
		},
	},
	{
		"ReEncrypt", "from symmetric to RSA names the symmetric material only",
		"Only symmetric key material has an ID.",
		func(t *trial) {
			to := t.shared(rsaCrypt)
			out := answer(t, t.ReEncrypt, &kms.ReEncryptInput{
				CiphertextBlob: t.shared(symmetric).ciphertext, DestinationKeyId: to.KeyId,
				DestinationEncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha256,
			})
			t.members("CiphertextBlob", "DestinationEncryptionAlgorithm", "KeyId", "SourceEncryptionAlgorithm", "SourceKeyId", "SourceKeyMaterialId")
			equal(t, "DestinationEncryptionAlgorithm", out.DestinationEncryptionAlgorithm, types.EncryptionAlgorithmSpecRsaesOaepSha256)
		},
	},
	{
		"ReEncrypt", "changes the encryption context under the same key",
		"Source and destination can be one key: that is how the encryption context of a ciphertext is changed.",
		func(t *trial) {
			k := t.shared(symmetric)
			out := answer(t, t.ReEncrypt, &kms.ReEncryptInput{
				CiphertextBlob: k.ciphertext, SourceKeyId: k.KeyId, DestinationKeyId: k.KeyId,
				DestinationEncryptionContext: map[string]string{"a": "b"},
			})
			refusal(t, t.Decrypt, &kms.DecryptInput{CiphertextBlob: out.CiphertextBlob}, "InvalidCiphertextException")
		},
	},
	{
		"ReEncrypt", "wrong source context is InvalidCiphertext",
		"ReEncrypt opens the ciphertext as Decrypt would.",
		func(t *trial) {
			refusal(t, t.ReEncrypt, &kms.ReEncryptInput{
				CiphertextBlob: t.shared(symmetric).ciphertext, DestinationKeyId: t.shared(anotherKey).KeyId,
				SourceEncryptionContext: map[string]string{"a": "b"},
			}, "InvalidCiphertextException")
		},
	},
	{
		"ReEncrypt", "with a source key that has not encrypted it is IncorrectKey",
		"A source key in the request must be the one that has made the ciphertext.",
		func(t *trial) {
			refusal(t, t.ReEncrypt, &kms.ReEncryptInput{
				CiphertextBlob: t.shared(symmetric).ciphertext, SourceKeyId: t.shared(anotherKey).KeyId, DestinationKeyId: t.shared(anotherKey).KeyId,
			}, "IncorrectKeyException")
		},
	},
	{
		"ReEncrypt", "to a key that does not encrypt is InvalidKeyUsage",
		"The destination must be a key for ENCRYPT_DECRYPT.",
		func(t *trial) {
			refusal(t, t.ReEncrypt, &kms.ReEncryptInput{
				CiphertextBlob: t.shared(symmetric).ciphertext, DestinationKeyId: t.shared(hmacKey).KeyId,
			}, "InvalidKeyUsageException")
		},
	},
}
