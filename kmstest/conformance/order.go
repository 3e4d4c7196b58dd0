package conformance

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// Where two things are wrong with a request, KMS refuses it for the first of: its
// shape, access, whether there is such a key, the key's state, its usage, and what
// only the key material can tell.

var orderRules = []rule{
	{
		"Encrypt", "shape comes before existence",
		"A request that does not fit its shape is refused for that, whether or not there is such a key.",
		func(t *trial) {
			t.raw("Encrypt", members{"KeyId": absentKey, "Plaintext": blob(4097)})
		},
	},
	{
		"Encrypt", "access comes before state",
		"Whoever may not use a key does not learn that it is disabled.",
		func(t *trial) {
			k := t.newKey()
			t.putPolicy(k, allowing(root(k)), denyingAll("kms:Encrypt"))
			t.disable(*k.KeyId)
			refusal(t, t.Encrypt, &kms.EncryptInput{KeyId: k.KeyId, Plaintext: plaintext}, "AccessDeniedException")
		},
	},
	{
		"Sign", "access comes before usage",
		"Whoever may not use a key does not learn what it is for.",
		func(t *trial) {
			refusal(t, t.Sign, &kms.SignInput{
				KeyId: t.denying().KeyId, Message: message, SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256,
			}, "AccessDeniedException")
		},
	},
	{
		"Sign", "state comes before usage",
		"A disabled key is disabled for every use, the wrong ones too.",
		func(t *trial) {
			refusal(t, t.Sign, &kms.SignInput{
				KeyId: t.shared(symmetric.in(types.KeyStateDisabled)).KeyId, Message: message,
				SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256,
			}, "DisabledException")
		},
	},
	{
		"GenerateMac", "state comes before usage",
		"A key whose deletion is pending is so for every use, the wrong ones too.",
		func(t *trial) {
			refusal(t, t.GenerateMac, &kms.GenerateMacInput{
				KeyId: t.shared(symmetric.in(types.KeyStatePendingDeletion)).KeyId, Message: message,
				MacAlgorithm: types.MacAlgorithmSpecHmacSha256,
			}, "KMSInvalidStateException")
		},
	},
	{
		"GetPublicKey", "state comes before usage",
		"A disabled key does not give out its public key, nor that it has none.",
		func(t *trial) {
			refusal(t, t.GetPublicKey, &kms.GetPublicKeyInput{KeyId: t.shared(symmetric.in(types.KeyStateDisabled)).KeyId}, "DisabledException")
		},
	},
	{
		"RotateKeyOnDemand", "state comes before the kind of key",
		"A disabled key is disabled, also if it is of a kind that does not rotate.",
		func(t *trial) {
			refusal(t, t.RotateKeyOnDemand, &kms.RotateKeyOnDemandInput{KeyId: t.shared(rsaCrypt.in(types.KeyStateDisabled)).KeyId}, "DisabledException")
		},
	},
	{
		"ReEncrypt", "the source key comes before the usage of both keys",
		"Of a source key that has not made the ciphertext KMS says that, and not what it or the destination is for.",
		func(t *trial) {
			k := t.shared(hmacKey)
			refusal(t, t.ReEncrypt, &kms.ReEncryptInput{
				CiphertextBlob: t.shared(symmetric).ciphertext, SourceKeyId: k.KeyId, DestinationKeyId: k.KeyId,
			}, "IncorrectKeyException")
		},
	},
	{
		"ReplicateKey", "being a replica comes before the Region",
		"A replica is refused for what it is, also if the Region that it should be replicated to has a related key: its own.",
		func(t *trial) {
			primary := t.newKey(multiRegion)
			t.replicate(primary)
			there := t.clientIn(t.suite.region)
			t.waitThere(there, primary)
			refusal(t, there.ReplicateKey, &kms.ReplicateKeyInput{KeyId: primary.KeyId, ReplicaRegion: &t.suite.region}, "UnsupportedOperationException")
		},
	},
	{
		"Decrypt", "state comes before the ciphertext",
		"With a disabled key KMS does not look at the ciphertext.",
		func(t *trial) {
			refusal(t, t.Decrypt, &kms.DecryptInput{
				KeyId: t.shared(symmetric.in(types.KeyStateDisabled)).KeyId, CiphertextBlob: []byte("forged"),
			}, "DisabledException")
		},
	},
	{
		"Encrypt", "usage comes before the size of the plaintext",
		"What fits into the modulus is of no interest for a key that does not encrypt.",
		func(t *trial) {
			refusal(t, t.Encrypt, &kms.EncryptInput{
				KeyId: t.shared(rsaSigning).KeyId, Plaintext: make([]byte, 4096),
				EncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha256,
			}, "InvalidKeyUsageException")
		},
	},
	{
		"Sign", "usage comes before the length of the digest",
		"A digest is measured against the algorithm of a key that has it.",
		func(t *trial) {
			refusal(t, t.Sign, &kms.SignInput{
				KeyId: t.shared(ecdsaKey).KeyId, Message: make([]byte, 7), MessageType: types.MessageTypeDigest,
				SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha512,
			}, "InvalidKeyUsageException")
		},
	},
	{
		"DeriveSharedSecret", "state comes before the public key",
		"With a disabled key KMS does not look at the peer's public key.",
		func(t *trial) {
			refusal(t, t.DeriveSharedSecret, &kms.DeriveSharedSecretInput{
				KeyId: t.shared(agreeing.in(types.KeyStateDisabled)).KeyId, PublicKey: []byte("no public key"),
				KeyAgreementAlgorithm: ecdhAlgorithm,
			}, "DisabledException")
		},
	},
	{
		"GetParametersForImport", "origin comes before state",
		"A key with material of its own imports none, in whatever state it is.",
		func(t *trial) {
			for _, state := range []types.KeyState{types.KeyStateDisabled, types.KeyStatePendingDeletion} {
				refusal(t, t.GetParametersForImport, parametersFor(*t.shared(symmetric.in(state)).KeyId), "UnsupportedOperationException")
			}
		},
	},
	{
		"Encrypt", "state comes before the dry run",
		"A dry run says first of all why the operation would fail.",
		func(t *trial) {
			refusal(t, t.Encrypt, &kms.EncryptInput{
				KeyId: t.shared(symmetric.in(types.KeyStateDisabled)).KeyId, Plaintext: plaintext, DryRun: aws.Bool(true),
			}, "DisabledException")
		},
	},
}
