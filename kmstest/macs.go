package kmstest

import (
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest/internal/material"
)

func (c *call) generateMac(in *kms.GenerateMacInput) (*kms.GenerateMacOutput, error) {
	k, err := c.macKey(*in.KeyId, in.GrantTokens, in.MacAlgorithm)
	if err != nil {
		return nil, err
	}
	if isTrue(in.DryRun) {
		return nil, dryRunSucceeded()
	}
	mac, err := k.material.MAC(in.MacAlgorithm, in.Message)
	if err != nil {
		return nil, err
	}
	return &kms.GenerateMacOutput{KeyId: &k.arn, Mac: mac, MacAlgorithm: in.MacAlgorithm}, nil
}

func (c *call) verifyMac(in *kms.VerifyMacInput) (*kms.VerifyMacOutput, error) {
	k, err := c.macKey(*in.KeyId, in.GrantTokens, in.MacAlgorithm)
	if err != nil {
		return nil, err
	}
	err = k.material.VerifyMAC(in.MacAlgorithm, in.Message, in.Mac)
	switch {
	case errors.Is(err, material.ErrMAC):
		return nil, &types.KMSInvalidMacException{}
	case err != nil:
		return nil, err
	}
	if isTrue(in.DryRun) {
		return nil, dryRunSucceeded()
	}
	return &kms.VerifyMacOutput{KeyId: &k.arn, MacAlgorithm: in.MacAlgorithm, MacValid: true}, nil
}

// macKey finds the key of GenerateMac or VerifyMac.
func (c *call) macKey(keyID string, tokens []string, algorithm types.MacAlgorithmSpec) (cryptoKey, error) {
	u := use{keyID: keyID, grantTokens: tokens, values: oneValue("kms:MacAlgorithm", string(algorithm))}
	k, err := c.keyFor(u, types.KeyUsageTypeGenerateVerifyMac)
	if err != nil {
		return cryptoKey{}, err
	}
	if !slices.Contains(material.AlgorithmsOf(k.spec, k.usage).MAC, algorithm) {
		return cryptoKey{}, wrongAlgorithm(string(algorithm), k.spec)
	}
	return k, nil
}
