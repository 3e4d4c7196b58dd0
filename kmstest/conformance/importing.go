package conformance

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

var importRules = []rule{
	{
		"GetParametersForImport", "answers token, public key, key ARN and date",
		"The token is good for 24 hours, and the public key is of the length that the request asks for.",
		func(t *trial) {
			k := t.shared(externalKey)
			out := answer(t, t.GetParametersForImport, parametersFor(*k.KeyId))
			t.members("ImportToken", "KeyId", "ParametersValidTo", "PublicKey")
			equal(t, "KeyId", *out.KeyId, *k.Arn)
			wait := time.Until(*out.ParametersValidTo)
			t.that("the token is good for 24 hours", (wait-24*time.Hour).Abs() < time.Hour)
			public, err := x509.ParsePKIXPublicKey(out.PublicKey)
			t.noError(err)
			equal(t, "the length of the modulus", public.(*rsa.PublicKey).N.BitLen(), 2048)
		},
	},
	{
		"GetParametersForImport", "of a key with material of its own is UnsupportedOperation",
		"Only keys of origin EXTERNAL import material: <ARN> origin is AWS_KMS which is not valid for this operation.",
		func(t *trial) {
			text := refusal(t, t.GetParametersForImport, parametersFor(*t.shared(symmetric).KeyId), "UnsupportedOperationException")
			t.contains(text, "origin is AWS_KMS")
		},
	},
	{
		"ImportKeyMaterial", "makes the key usable",
		"ImportKeyMaterial answers the key ARN and the ID of the material, and the key is enabled with it.",
		func(t *trial) {
			k := t.newKey(external)
			out := t.importMaterial(*k.KeyId, newMaterial())
			t.members("KeyId", "KeyMaterialId")
			equal(t, "KeyId", *out.KeyId, *k.Arn)
			t.waitFor(*k.KeyId, types.KeyStateEnabled)
			t.membersOf("KeyMetadata", metadataMembers("EncryptionAlgorithms", "CurrentKeyMaterialId", "ExpirationModel")...)
			answer(t, t.Encrypt, &kms.EncryptInput{KeyId: k.KeyId, Plaintext: plaintext})
		},
	},
	{
		"ImportKeyMaterial", "that expires says when",
		"ValidTo and the model KEY_MATERIAL_EXPIRES go together, and DescribeKey tells both.",
		func(t *trial) {
			k := t.newKey(external)
			validTo := time.Now().Add(48 * time.Hour).UTC().Truncate(time.Second)
			t.importMaterial(*k.KeyId, newMaterial(), func(in *kms.ImportKeyMaterialInput) {
				in.ExpirationModel, in.ValidTo = types.ExpirationModelTypeKeyMaterialExpires, &validTo
			})
			t.waitFor(*k.KeyId, types.KeyStateEnabled)
			t.membersOf("KeyMetadata", metadataMembers("EncryptionAlgorithms", "CurrentKeyMaterialId", "ExpirationModel", "ValidTo")...)
			got := answer(t, t.DescribeKey, &kms.DescribeKeyInput{KeyId: k.KeyId}).KeyMetadata
			t.that("the material expires at the time of the request", got.ValidTo.Equal(validTo))
		},
	},
	{
		"ImportKeyMaterial", "expiration without a date, or a date without expiration, is a ValidationException",
		"The default model expires and needs ValidTo, at most 365 days ahead; the other model must not have it.",
		func(t *trial) {
			k := t.shared(externalKey)
			for _, c := range []struct {
				model types.ExpirationModelType
				to    *time.Time
			}{
				{"", nil},
				{types.ExpirationModelTypeKeyMaterialExpires, nil},
				{types.ExpirationModelTypeKeyMaterialDoesNotExpire, aws.Time(time.Now().Add(time.Hour))},
				{types.ExpirationModelTypeKeyMaterialExpires, aws.Time(time.Now().Add(-time.Hour))},
				{types.ExpirationModelTypeKeyMaterialExpires, aws.Time(time.Now().Add(367 * 24 * time.Hour))},
			} {
				refusal(t, t.ImportKeyMaterial, &kms.ImportKeyMaterialInput{
					KeyId: k.KeyId, ImportToken: []byte("token"), EncryptedKeyMaterial: []byte("material"),
					ExpirationModel: c.model, ValidTo: c.to,
				}, "ValidationException")
			}
		},
	},
	{
		"ImportKeyMaterial", "with a token of another key is InvalidImportToken",
		"An import token belongs to one key.",
		func(t *trial) {
			p := answer(t, t.GetParametersForImport, parametersFor(*t.shared(externalKey).KeyId))
			in := &kms.ImportKeyMaterialInput{
				KeyId: t.newKey(external).KeyId, ImportToken: p.ImportToken, EncryptedKeyMaterial: t.wrap(p.PublicKey, newMaterial()),
				ExpirationModel: types.ExpirationModelTypeKeyMaterialDoesNotExpire,
			}
			refusal(t, t.ImportKeyMaterial, in, "InvalidImportTokenException")
		},
	},
	{
		"ImportKeyMaterial", "that is not wrapped is InvalidCiphertext",
		"The material is encrypted under the public key that came with the token.",
		func(t *trial) {
			k := t.shared(externalKey)
			p := answer(t, t.GetParametersForImport, parametersFor(*k.KeyId))
			refusal(t, t.ImportKeyMaterial, &kms.ImportKeyMaterialInput{
				KeyId: k.KeyId, ImportToken: p.ImportToken, EncryptedKeyMaterial: bytes.Repeat([]byte{1}, 256),
				ExpirationModel: types.ExpirationModelTypeKeyMaterialDoesNotExpire,
			}, "InvalidCiphertextException")
		},
	},
	{
		"ImportKeyMaterial", "other material than before is IncorrectKeyMaterial",
		"Without NEW_KEY_MATERIAL a key takes back only material that it has had.",
		func(t *trial) {
			k := t.newKey(external)
			t.importMaterial(*k.KeyId, newMaterial())
			t.waitFor(*k.KeyId, types.KeyStateEnabled)
			refusal(t, t.ImportKeyMaterial, t.importOf(*k.KeyId, newMaterial()), "IncorrectKeyMaterialException")
		},
	},
	{
		"ImportKeyMaterial", "of another length is InvalidCiphertext",
		"The material of a symmetric key is 32 bytes. KMS does not tell others from what it cannot unwrap.",
		func(t *trial) {
			k := t.shared(externalKey)
			refusal(t, t.ImportKeyMaterial, t.importOf(*k.KeyId, newMaterial()[:16]), "InvalidCiphertextException")
		},
	},
	{
		"ImportKeyMaterial", "into a key with material of its own is UnsupportedOperation",
		"Only keys of origin EXTERNAL import material.",
		func(t *trial) {
			text := refusal(t, t.ImportKeyMaterial, &kms.ImportKeyMaterialInput{
				KeyId: t.shared(symmetric).KeyId, ImportToken: []byte("token"), EncryptedKeyMaterial: []byte("material"),
				ExpirationModel: types.ExpirationModelTypeKeyMaterialDoesNotExpire,
			}, "UnsupportedOperationException")
			t.contains(text, "origin is AWS_KMS")
		},
	},
	{
		"ImportKeyMaterial", "new material waits for its rotation",
		"NEW_KEY_MATERIAL is imported beside the current; RotateKeyOnDemand makes it current, and old ciphertexts still open.",
		func(t *trial) {
			k := t.own(externalKey.in(types.KeyStateEnabled))
			before := answer(t, t.DescribeKey, &kms.DescribeKeyInput{KeyId: k.KeyId}).KeyMetadata.CurrentKeyMaterialId
			t.importMaterial(*k.KeyId, newMaterial(), func(in *kms.ImportKeyMaterialInput) { in.ImportType = types.ImportTypeNewKeyMaterial })
			answer(t, t.RotateKeyOnDemand, &kms.RotateKeyOnDemandInput{KeyId: k.KeyId})
			answerThat(t, t.DescribeKey, &kms.DescribeKeyInput{KeyId: k.KeyId}, func(out *kms.DescribeKeyOutput) string {
				return unless(*out.KeyMetadata.CurrentKeyMaterialId != *before, "the key material is still the same")
			})
			opened := answer(t, t.Decrypt, &kms.DecryptInput{CiphertextBlob: k.ciphertext})
			equal(t, "Plaintext", opened.Plaintext, plaintext)
		},
	},
	{
		"ImportKeyMaterial", "HMAC material makes the MACs of the standard",
		"The material of an HMAC key is its bytes; it has no ID.",
		func(t *trial) {
			k := t.newKey(external, func(in *kms.CreateKeyInput) { in.KeySpec, in.KeyUsage = types.KeySpecHmac256, macs })
			material := newMaterial()
			t.importMaterial(*k.KeyId, material)
			t.members("KeyId")
			t.waitFor(*k.KeyId, types.KeyStateEnabled)
			out := answer(t, t.GenerateMac, &kms.GenerateMacInput{KeyId: k.KeyId, Message: message, MacAlgorithm: types.MacAlgorithmSpecHmacSha256})
			h := hmac.New(sha256.New, material)
			h.Write(message)
			equal(t, "Mac", out.Mac, h.Sum(nil))
		},
	},
	{
		"ImportKeyMaterial", "a private key signs as it does elsewhere",
		"The material of an asymmetric key is a private key in PKCS #8; KMS gives out its public key.",
		func(t *trial) {
			private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			t.noError(err)
			der, err := x509.MarshalPKCS8PrivateKey(private)
			t.noError(err)
			k := t.newKey(external, func(in *kms.CreateKeyInput) { in.KeySpec, in.KeyUsage = types.KeySpecEccNistP256, signVerify })
			t.importMaterial(*k.KeyId, der)
			t.waitFor(*k.KeyId, types.KeyStateEnabled)
			t.that("the public key is that of the private key", publicKey[*ecdsa.PublicKey](t, &fixture{KeyMetadata: k}).Equal(&private.PublicKey))
			signed := answer(t, t.Sign, &kms.SignInput{KeyId: k.KeyId, Message: message, SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256})
			digest := sha256.Sum256(message)
			t.that("the signature verifies", ecdsa.VerifyASN1(&private.PublicKey, digest[:], signed.Signature))
		},
	},
	{
		"ImportKeyMaterial", "material of another key spec is InvalidCiphertext",
		"A private key on another curve is no material for the key.",
		func(t *trial) {
			private, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
			t.noError(err)
			der, err := x509.MarshalPKCS8PrivateKey(private)
			t.noError(err)
			k := t.newKey(external, func(in *kms.CreateKeyInput) { in.KeySpec, in.KeyUsage = types.KeySpecEccNistP256, signVerify })
			refusal(t, t.ImportKeyMaterial, t.importOf(*k.KeyId, der), "InvalidCiphertextException")
		},
	},
	{
		"GetParametersForImport", "a way of wrapping that does not fit the key is a ValidationException",
		"RSA material is wrapped with RSA_AES_KEY_WRAP, symmetric material with OAEP: the other way round is not offered.",
		func(t *trial) {
			in := parametersFor(*t.newKey(external, func(in *kms.CreateKeyInput) { in.KeySpec, in.KeyUsage = types.KeySpecRsa2048, signVerify }).KeyId)
			refusal(t, t.GetParametersForImport, in, "ValidationException")
			in = parametersFor(*t.shared(externalKey).KeyId)
			in.WrappingAlgorithm = types.AlgorithmSpecRsaAesKeyWrapSha256
			refusal(t, t.GetParametersForImport, in, "ValidationException")
		},
	},
	{
		"DeleteImportedKeyMaterial", "answers the ARN and the material, and the key waits for it",
		"Without its material the key is PendingImport at once; the same material makes it open its ciphertexts again.",
		func(t *trial) {
			k := t.newKey(external)
			material := newMaterial()
			imported := t.importMaterial(*k.KeyId, material)
			t.waitFor(*k.KeyId, types.KeyStateEnabled)
			sealed := answer(t, t.Encrypt, &kms.EncryptInput{KeyId: k.KeyId, Plaintext: plaintext})

			out := answer(t, t.DeleteImportedKeyMaterial, &kms.DeleteImportedKeyMaterialInput{KeyId: k.KeyId})
			t.members("KeyId", "KeyMaterialId")
			equal(t, "KeyId", *out.KeyId, *k.Arn)
			equal(t, "KeyMaterialId", *out.KeyMaterialId, *imported.KeyMaterialId)
			t.waitFor(*k.KeyId, types.KeyStatePendingImport)
			refusal(t, t.Decrypt, &kms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob}, "KMSInvalidStateException")

			t.importMaterial(*k.KeyId, material)
			t.waitFor(*k.KeyId, types.KeyStateEnabled)
			equal(t, "Plaintext", answer(t, t.Decrypt, &kms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob}).Plaintext, plaintext)
		},
	},
	{
		"DeleteImportedKeyMaterial", "of a key with material of its own is UnsupportedOperation",
		"KMS does not let go of material that it has made.",
		func(t *trial) {
			text := refusal(t, t.DeleteImportedKeyMaterial, &kms.DeleteImportedKeyMaterialInput{KeyId: t.shared(symmetric).KeyId}, "UnsupportedOperationException")
			t.contains(text, "origin is AWS_KMS")
		},
	},
}

// newMaterial returns material for a symmetric key.
func newMaterial() []byte {
	b := make([]byte, 32)
	rand.Read(b)
	return b
}

func parametersFor(keyID string) *kms.GetParametersForImportInput {
	return &kms.GetParametersForImportInput{
		KeyId: &keyID, WrappingAlgorithm: types.AlgorithmSpecRsaesOaepSha256, WrappingKeySpec: types.WrappingKeySpecRsa2048,
	}
}

// importOf is a request to import material that does not expire.
func (t *trial) importOf(keyID string, material []byte) *kms.ImportKeyMaterialInput {
	t.Helper()
	p := answer(t, t.GetParametersForImport, parametersFor(keyID))
	return &kms.ImportKeyMaterialInput{
		KeyId: &keyID, ImportToken: p.ImportToken, EncryptedKeyMaterial: t.wrap(p.PublicKey, material),
		ExpirationModel: types.ExpirationModelTypeKeyMaterialDoesNotExpire,
	}
}

func (t *trial) importMaterial(keyID string, material []byte, options ...func(*kms.ImportKeyMaterialInput)) *kms.ImportKeyMaterialOutput {
	t.Helper()
	in := t.importOf(keyID, material)
	for _, o := range options {
		o(in)
	}
	return answer(t, t.ImportKeyMaterial, in)
}

// wrap encrypts material under the public key of an import.
func (t *trial) wrap(der, material []byte) []byte {
	t.Helper()
	public, err := x509.ParsePKIXPublicKey(der)
	t.noError(err)
	b, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, public.(*rsa.PublicKey), material, nil)
	t.noError(err)
	return b
}
