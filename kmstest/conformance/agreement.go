package conformance

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

const (
	ecdhAlgorithm  = types.KeyAgreementAlgorithmSpecEcdh
	mlkemAlgorithm = types.EncapsulationAlgorithmSpecMlKem
)

var agreementRules = []rule{
	{
		"DeriveSharedSecret", "both sides derive the same secret",
		"DeriveSharedSecret answers the raw x coordinate that ECDH yields on both sides, the algorithm, the key ARN and the key's origin.",
		func(t *trial) {
			k := t.shared(agreeing)
			peer, peerPublic := t.newPeer()
			out := answer(t, t.DeriveSharedSecret, &kms.DeriveSharedSecretInput{KeyId: &k.alias, PublicKey: peerPublic, KeyAgreementAlgorithm: ecdhAlgorithm})
			t.members("KeyAgreementAlgorithm", "KeyId", "KeyOrigin", "SharedSecret")
			equal(t, "KeyId", *out.KeyId, *k.Arn)
			equal(t, "KeyOrigin", out.KeyOrigin, types.OriginTypeAwsKms)
			public, err := publicKey[*ecdsa.PublicKey](t, k).ECDH()
			t.noError(err)
			secret, err := peer.ECDH(public)
			t.noError(err)
			equal(t, "SharedSecret", out.SharedSecret, secret)
		},
	},
	{
		"DeriveSharedSecret", "a public key on another curve is a ValidationException",
		"The peer's public key must be on the curve of the KMS key, in DER.",
		func(t *trial) {
			other, err := ecdh.P384().GenerateKey(rand.Reader)
			t.noError(err)
			der, err := x509.MarshalPKIXPublicKey(other.PublicKey())
			t.noError(err)
			for _, public := range [][]byte{der, []byte("no public key"), other.PublicKey().Bytes()} {
				refusal(t, t.DeriveSharedSecret, &kms.DeriveSharedSecretInput{
					KeyId: t.shared(agreeing).KeyId, PublicKey: public, KeyAgreementAlgorithm: ecdhAlgorithm,
				}, "ValidationException")
			}
		},
	},
	{
		"DeriveSharedSecret", "with a key for something else is InvalidKeyUsage",
		"A curve is for signatures or for key agreement.",
		func(t *trial) {
			_, public := t.newPeer()
			refusal(t, t.DeriveSharedSecret, &kms.DeriveSharedSecretInput{
				KeyId: t.shared(ecdsaKey).KeyId, PublicKey: public, KeyAgreementAlgorithm: ecdhAlgorithm,
			}, "InvalidKeyUsageException")
		},
	},
	{
		"Encapsulate", "answers a secret and what carries it",
		"Encapsulate answers a secret of 32 bytes and its ciphertext, whose length the key spec fixes, the algorithm and the key ARN.",
		func(t *trial) {
			for spec, size := range map[types.KeySpec]int{types.KeySpecMlKem512: 768, types.KeySpecMlKem768: 1088, types.KeySpecMlKem1024: 1568} {
				k := t.shared(fixtureName{spec: spec, usage: encapsulation})
				out := answer(t, t.Encapsulate, &kms.EncapsulateInput{KeyId: &k.alias, EncapsulationAlgorithm: mlkemAlgorithm})
				t.members("EncapsulationAlgorithm", "KeyId", "SharedSecret", "SharedSecretCiphertextBlob")
				equal(t, "KeyId", *out.KeyId, *k.Arn)
				equal(t, "the length of the secret", len(out.SharedSecret), 32)
				equal(t, "the length of the ciphertext", len(out.SharedSecretCiphertextBlob), size)
			}
		},
	},
	{
		"Encapsulate", "is another secret each time",
		"Encapsulation is randomised.",
		func(t *trial) {
			in := &kms.EncapsulateInput{KeyId: t.shared(mlkemKey).KeyId, EncapsulationAlgorithm: mlkemAlgorithm}
			differ(t, "the secrets", answer(t, t.Encapsulate, in).SharedSecret, answer(t, t.Encapsulate, in).SharedSecret)
		},
	},
	{
		"Encapsulate", "with a key for something else is InvalidKeyUsage",
		"Only ML-KEM keys encapsulate.",
		func(t *trial) {
			refusal(t, t.Encapsulate, &kms.EncapsulateInput{KeyId: t.shared(agreeing).KeyId, EncapsulationAlgorithm: mlkemAlgorithm}, "InvalidKeyUsageException")
		},
	},
	{
		"Decapsulate", "recovers the secret",
		"Decapsulate answers the secret that Encapsulate has, the algorithm and the key ARN.",
		func(t *trial) {
			k := t.shared(mlkemKey)
			sealed := answer(t, t.Encapsulate, &kms.EncapsulateInput{KeyId: k.KeyId, EncapsulationAlgorithm: mlkemAlgorithm})
			out := answer(t, t.Decapsulate, &kms.DecapsulateInput{
				KeyId: &k.alias, SharedSecretCiphertextBlob: sealed.SharedSecretCiphertextBlob, EncapsulationAlgorithm: mlkemAlgorithm,
			})
			t.members("EncapsulationAlgorithm", "KeyId", "SharedSecret")
			equal(t, "SharedSecret", out.SharedSecret, sealed.SharedSecret)
			equal(t, "KeyId", *out.KeyId, *k.Arn)
		},
	},
	{
		"Decapsulate", "a damaged ciphertext yields another secret",
		"ML-KEM rejects implicitly: what was not made with the key yields 32 bytes that nobody else has, the same each time.",
		func(t *trial) {
			k := t.shared(mlkemKey)
			sealed := answer(t, t.Encapsulate, &kms.EncapsulateInput{KeyId: k.KeyId, EncapsulationAlgorithm: mlkemAlgorithm})
			damaged := bytes.Clone(sealed.SharedSecretCiphertextBlob)
			damaged[0] ^= 1
			in := &kms.DecapsulateInput{KeyId: k.KeyId, SharedSecretCiphertextBlob: damaged, EncapsulationAlgorithm: mlkemAlgorithm}
			one, other := answer(t, t.Decapsulate, in), answer(t, t.Decapsulate, in)
			differ(t, "the secrets", one.SharedSecret, sealed.SharedSecret)
			equal(t, "the secret", other.SharedSecret, one.SharedSecret)
			equal(t, "its length", len(one.SharedSecret), 32)
		},
	},
	{
		"Decapsulate", "a ciphertext of another length is InvalidCiphertext",
		"The length of the ciphertext is all that KMS can refuse.",
		func(t *trial) {
			k := t.shared(mlkemKey)
			for _, sealed := range [][]byte{k.sealed[1:], append(bytes.Clone(k.sealed), 0), make([]byte, 768)} {
				refusal(t, t.Decapsulate, &kms.DecapsulateInput{
					KeyId: k.KeyId, SharedSecretCiphertextBlob: sealed, EncapsulationAlgorithm: mlkemAlgorithm,
				}, "InvalidCiphertextException")
			}
		},
	},
	{
		"Decapsulate", "with a key for something else is InvalidKeyUsage",
		"Only ML-KEM keys decapsulate.",
		func(t *trial) {
			refusal(t, t.Decapsulate, &kms.DecapsulateInput{
				KeyId: t.shared(symmetric).KeyId, SharedSecretCiphertextBlob: t.shared(mlkemKey).sealed, EncapsulationAlgorithm: mlkemAlgorithm,
			}, "InvalidKeyUsageException")
		},
	},
}
