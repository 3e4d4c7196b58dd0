package kmstest

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest/internal/material"
)

// KMS has one algorithm of key agreement and one of key encapsulation, which all
// keys of the usage have. So the usage of the key says it all.

func (c *call) deriveSharedSecret(in *kms.DeriveSharedSecretInput) (*kms.DeriveSharedSecretOutput, error) {
	to, err := c.recipient(in.Recipient)
	if err != nil {
		return nil, err
	}
	k, err := c.keyFor(use{
		keyID:       *in.KeyId,
		grantTokens: in.GrantTokens,
		recipient:   to,
		values:      oneValue("kms:KeyAgreementAlgorithm", string(in.KeyAgreementAlgorithm)),
	}, types.KeyUsageTypeKeyAgreement)
	if err != nil {
		return nil, err
	}
	secret, err := k.material.SharedSecret(in.PublicKey)
	switch {
	case errors.Is(err, material.ErrPublicKey):
		return nil, validationError("")
	case err != nil:
		return nil, err
	}
	if isTrue(in.DryRun) {
		return nil, dryRunSucceeded()
	}
	out := &kms.DeriveSharedSecretOutput{
		KeyAgreementAlgorithm: in.KeyAgreementAlgorithm,
		KeyId:                 &k.arn,
		KeyOrigin:             k.origin,
	}
	out.SharedSecret, out.CiphertextForRecipient, err = to.deliver(secret)
	return out, err
}

func (c *call) encapsulate(in *kms.EncapsulateInput) (*kms.EncapsulateOutput, error) {
	u := use{keyID: *in.KeyId, grantTokens: in.GrantTokens}
	k, err := c.keyFor(u, types.KeyUsageTypeEncapsulateDecapsulate)
	if err != nil {
		return nil, err
	}
	if isTrue(in.DryRun) {
		return nil, dryRunSucceeded()
	}
	secret, ciphertext, err := k.material.Encapsulate()
	if err != nil {
		return nil, err
	}
	return &kms.EncapsulateOutput{
		EncapsulationAlgorithm:     in.EncapsulationAlgorithm,
		KeyId:                      &k.arn,
		SharedSecret:               secret,
		SharedSecretCiphertextBlob: ciphertext,
	}, nil
}

func (c *call) decapsulate(in *kms.DecapsulateInput) (*kms.DecapsulateOutput, error) {
	u := use{keyID: *in.KeyId, grantTokens: in.GrantTokens}
	k, err := c.keyFor(u, types.KeyUsageTypeEncapsulateDecapsulate)
	if err != nil {
		return nil, err
	}
	secret, err := k.material.Decapsulate(in.SharedSecretCiphertextBlob)
	switch {
	case errors.Is(err, material.ErrCiphertext): // It has not the length of one.
		return nil, invalidCiphertext()
	case err != nil:
		return nil, err
	}
	if isTrue(in.DryRun) {
		return nil, dryRunSucceeded()
	}
	return &kms.DecapsulateOutput{
		EncapsulationAlgorithm: in.EncapsulationAlgorithm,
		KeyId:                  &k.arn,
		SharedSecret:           secret,
	}, nil
}
