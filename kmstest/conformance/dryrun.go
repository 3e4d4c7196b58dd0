package conformance

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// dryRunRules are about requests that only ask whether they would succeed.
func dryRunRules() (rules []rule) {
	for _, c := range calls {
		if !c.takes.dryRun {
			continue
		}
		rules = append(rules, c.rule("a dry run that would succeed is DryRunOperation",
			"With DryRun an operation does all of its checks and nothing else: success is a DryRunOperationException.",
			func(t *trial) {
				o := t.on(t.shared(c.key))
				o.dryRun = aws.Bool(true)
				t.refused(c.operation, "DryRunOperationException", func() error { return c.send(t, o) })
			}),
			c.rule("a dry run that would fail says how",
				"A dry run is refused as the operation itself would be.",
				func(t *trial) {
					o := t.on(t.shared(c.key))
					o.dryRun, o.keyID = aws.Bool(true), absentKey
					t.refused(c.operation, "NotFoundException", func() error { return c.send(t, o) })
				}),
		)
	}
	return append(rules, dryRunCiphertextRules...)
}

var dryRunCiphertextRules = []rule{
	{
		"Decrypt", "a dry run of a forged ciphertext is InvalidCiphertext",
		"A dry run of Decrypt opens the ciphertext, unless it is told to ignore it.",
		func(t *trial) {
			refusal(t, t.Decrypt, &kms.DecryptInput{
				KeyId: t.shared(symmetric).KeyId, CiphertextBlob: []byte("forged"), DryRun: aws.Bool(true),
			}, "InvalidCiphertextException")
		},
	},
	{
		"Decrypt", "a dry run that ignores the ciphertext needs none",
		"With IGNORE_CIPHERTEXT a dry run of Decrypt checks permission for the key, and wants no ciphertext.",
		func(t *trial) {
			refusal(t, t.Decrypt, &kms.DecryptInput{
				KeyId: t.shared(symmetric).KeyId, DryRun: aws.Bool(true),
				DryRunModifiers: []types.DryRunModifierType{types.DryRunModifierTypeIgnoreCiphertext},
			}, "DryRunOperationException")
		},
	},
	{
		"Decrypt", "IGNORE_CIPHERTEXT outside of a dry run is refused",
		"DryRunModifiers mean something in a dry run only.",
		func(t *trial) {
			refusal(t, t.Decrypt, &kms.DecryptInput{
				KeyId: t.shared(symmetric).KeyId, CiphertextBlob: t.shared(symmetric).ciphertext,
				DryRunModifiers: []types.DryRunModifierType{types.DryRunModifierTypeIgnoreCiphertext},
			}, "ValidationException")
		},
	},
	{
		"ReEncrypt", "a dry run that ignores the ciphertext needs none",
		"With IGNORE_CIPHERTEXT a dry run of ReEncrypt checks permission for both keys, and wants no ciphertext.",
		func(t *trial) {
			refusal(t, t.ReEncrypt, &kms.ReEncryptInput{
				SourceKeyId: t.shared(symmetric).KeyId, DestinationKeyId: t.shared(anotherKey).KeyId, DryRun: aws.Bool(true),
				DryRunModifiers: []types.DryRunModifierType{types.DryRunModifierTypeIgnoreCiphertext},
			}, "DryRunOperationException")
		},
	},
}
