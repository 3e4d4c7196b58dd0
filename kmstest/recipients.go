package kmstest

import (
	"crypto/rsa"
	"encoding/hex"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest/internal/attest"
)

// A recipient is an attested environment that gets the secret in an answer, so
// that whoever carries the answer there does not. Nil stands for the caller, who
// gets it in plaintext.
//
// https://docs.aws.amazon.com/kms/latest/developerguide/cryptographic-attestation.html
type recipient struct {
	key          *rsa.PublicKey
	measurements map[string]string // by condition key, in lower case
}

// recipient returns the recipient that a request names, and refuses one for which
// no attestation root vouches.
func (c *call) recipient(info *types.RecipientInfo) (*recipient, error) {
	switch {
	case info == nil:
		return nil, nil
	case c.server.attestationRoots == nil:
		return nil, unsupported("Recipient is not supported by kmstest without an attestation root.")
	case info.AttestationDocument == nil:
		return nil, validationError("AttestationDocument is required.")
	case info.KeyEncryptionAlgorithm == "":
		return nil, validationError("KeyEncryptionAlgorithm is required.")
	}
	d, err := attest.Verify(info.AttestationDocument, c.server.attestationRoots, c.now)
	if err != nil {
		return nil, invalidRecipient(err)
	}
	key, err := d.RecipientKey()
	if err != nil {
		return nil, invalidRecipient(err)
	}
	return &recipient{key, measurements(d)}, nil
}

// invalidRecipient says what is wrong in words of our own: KMS's are not known.
func invalidRecipient(err error) error {
	return validationError("Recipient has an %v.", err)
}

// measurements are the condition keys that a document has.
//
// https://docs.aws.amazon.com/kms/latest/developerguide/conditions-attestation.html
func measurements(d *attest.Document) map[string]string {
	const prefix = "kms:recipientattestation:"
	m := map[string]string{}
	for i, value := range d.PCRs {
		m[prefix+"pcr"+strconv.Itoa(i)] = hex.EncodeToString(value)
	}
	for i, value := range d.TPMPCRs {
		m[prefix+"nitrotpmpcr"+strconv.Itoa(i)] = hex.EncodeToString(value)
	}
	m[prefix+"imagesha384"] = m[prefix+"pcr0"]
	return m
}

// deliver returns a secret as an answer has it: in plaintext, or as a ciphertext
// for the recipient.
func (r *recipient) deliver(secret []byte) (plaintext, ciphertext []byte, err error) {
	if r == nil {
		return secret, nil, nil
	}
	ciphertext, err = attest.Seal(r.key, secret)
	return nil, ciphertext, err
}
