package kmstest

import (
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest/internal/material"
)

// A signing is what Sign and Verify have in common.
type signing struct {
	use

	signs       types.SigningAlgorithmSpec
	messageType types.MessageType
}

func newSigning(keyID string, tokens []string, algorithm types.SigningAlgorithmSpec, messageType types.MessageType) signing {
	s := signing{signs: algorithm, messageType: messageType}
	if s.messageType == "" {
		s.messageType = types.MessageTypeRaw
	}
	s.use = use{keyID: keyID, grantTokens: tokens, values: s.conditions}
	return s
}

// conditions are the condition keys of Sign and Verify.
func (s signing) conditions(dst []string, name string) []string {
	switch name {
	case "kms:signingalgorithm":
		return append(dst, string(s.signs))
	case "kms:messagetype":
		return append(dst, string(s.messageType))
	default:
		return dst
	}
}

func (c *call) sign(in *kms.SignInput) (*kms.SignOutput, error) {
	s := newSigning(*in.KeyId, in.GrantTokens, in.SigningAlgorithm, in.MessageType)
	k, err := c.signingKey(s)
	if err != nil {
		return nil, err
	}
	signature, err := k.material.Sign(s.signs, s.messageType, in.Message)
	if err != nil {
		return nil, s.refusal(k, err)
	}
	if isTrue(in.DryRun) {
		return nil, dryRunSucceeded()
	}
	return &kms.SignOutput{KeyId: &k.arn, Signature: signature, SigningAlgorithm: s.signs}, nil
}

func (c *call) verify(in *kms.VerifyInput) (*kms.VerifyOutput, error) {
	s := newSigning(*in.KeyId, in.GrantTokens, in.SigningAlgorithm, in.MessageType)
	k, err := c.signingKey(s)
	if err != nil {
		return nil, err
	}
	if err := k.material.Verify(s.signs, s.messageType, in.Message, in.Signature); err != nil {
		return nil, s.refusal(k, err)
	}
	if isTrue(in.DryRun) {
		return nil, dryRunSucceeded()
	}
	return &kms.VerifyOutput{KeyId: &k.arn, SignatureValid: true, SigningAlgorithm: s.signs}, nil
}

// signingKey finds the key of Sign or Verify.
func (c *call) signingKey(s signing) (cryptoKey, error) {
	k, err := c.keyFor(s.use, types.KeyUsageTypeSignVerify)
	if err != nil {
		return cryptoKey{}, err
	}
	if !slices.Contains(material.AlgorithmsOf(k.spec, k.usage).Signing, s.signs) {
		return cryptoKey{}, wrongAlgorithm(string(s.signs), k.spec)
	}
	return k, nil
}

// refusal is what KMS makes of an error of the key material.
func (s signing) refusal(k cryptoKey, err error) error {
	switch {
	case errors.Is(err, material.ErrSignature):
		return &types.KMSInvalidSignatureException{}
	case errors.Is(err, material.ErrDigestLength) && s.messageType == types.MessageTypeExternalMu:
		return validationError("External Mu is invalid length for algorithm %s.", s.signs)
	case errors.Is(err, material.ErrDigestLength):
		return validationError("Digest is invalid length for algorithm %s.", s.signs)
	case !errors.Is(err, material.ErrMessageType):
		return err
	case k.spec == types.KeySpecEccNistEdwards25519 && s.messageType != types.MessageTypeExternalMu:
		// Each of its two algorithms has one of the other types.
		return validationError("Message type %s is incompatible with algorithm %s.", s.messageType, s.signs)
	default:
		return validationError("Message type %s is incompatible with key spec %s.", s.messageType, k.spec)
	}
}

func (c *call) getPublicKey(in *kms.GetPublicKeyInput) (*kms.GetPublicKeyOutput, error) {
	k, err := c.cryptoKey(use{keyID: *in.KeyId, grantTokens: in.GrantTokens})
	if err != nil {
		return nil, err
	}
	public, err := k.material.PublicKey()
	switch {
	case errors.Is(err, material.ErrSpec): // a symmetric key
		return nil, &types.UnsupportedOperationException{}
	case err != nil:
		return nil, err
	}
	algorithms := material.AlgorithmsOf(k.spec, k.usage)
	return &kms.GetPublicKeyOutput{
		CustomerMasterKeySpec:   types.CustomerMasterKeySpec(k.spec), //nolint:staticcheck // KMS still sends it
		EncapsulationAlgorithms: algorithms.Encapsulation,
		EncryptionAlgorithms:    algorithms.Encryption,
		KeyAgreementAlgorithms:  algorithms.KeyAgreement,
		KeyId:                   &k.arn,
		KeySpec:                 k.spec,
		KeyUsage:                k.usage,
		PublicKey:               public,
		SigningAlgorithms:       algorithms.Signing,
	}, nil
}
