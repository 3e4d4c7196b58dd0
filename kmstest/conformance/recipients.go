package conformance

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// recipientRules are about secrets for Nitro enclaves. No client has a document
// for one, so they are about documents that are none.
func recipientRules() (rules []rule) {
	for operation, send := range map[string]func(t *trial, to *types.RecipientInfo) error{
		"Decrypt": func(t *trial, to *types.RecipientInfo) error {
			return request(t, t.Decrypt, &kms.DecryptInput{CiphertextBlob: t.shared(symmetric).ciphertext, Recipient: to})
		},
		"DeriveSharedSecret": func(t *trial, to *types.RecipientInfo) error {
			_, public := t.newPeer()
			return request(t, t.DeriveSharedSecret, &kms.DeriveSharedSecretInput{
				KeyId: t.shared(agreeing).KeyId, PublicKey: public, KeyAgreementAlgorithm: ecdhAlgorithm, Recipient: to,
			})
		},
		"GenerateDataKey": func(t *trial, to *types.RecipientInfo) error {
			return request(t, t.GenerateDataKey, &kms.GenerateDataKeyInput{
				KeyId: t.shared(symmetric).KeyId, KeySpec: types.DataKeySpecAes256, Recipient: to,
			})
		},
		"GenerateDataKeyPair": func(t *trial, to *types.RecipientInfo) error {
			return request(t, t.GenerateDataKeyPair, &kms.GenerateDataKeyPairInput{
				KeyId: t.shared(symmetric).KeyId, KeyPairSpec: types.DataKeyPairSpecEccNistP256, Recipient: to,
			})
		},
		"GenerateRandom": func(t *trial, to *types.RecipientInfo) error {
			return request(t, t.GenerateRandom, &kms.GenerateRandomInput{NumberOfBytes: aws.Int32(32), Recipient: to})
		},
	} {
		rules = append(rules, rule{
			operation, "a recipient without an attestation document is refused",
			"A secret for a recipient is encrypted for whoever the attestation document vouches for. A KMS that cannot read it, " +
				"or knows no recipients, must refuse the request, and must not answer in plaintext.",
			func(t *trial) {
				err := send(t, &types.RecipientInfo{
					AttestationDocument:    []byte("no attestation document"),
					KeyEncryptionAlgorithm: types.KeyEncryptionMechanismRsaesOaepSha256,
				})
				t.that("the request is refused", codeOf(err) != "")
				equal(t, "the status", t.last.status, 400)
			},
		})
	}
	return rules
}
