package conformance

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

var aliasRules = []rule{
	{
		"CreateAlias", "has no output and names the key at once",
		"CreateAlias answers nothing; from then on the alias is a name of the key.",
		func(t *trial) {
			k := t.shared(symmetric)
			name := t.newAlias(*k.KeyId)
			t.empty()
			equal(t, "the key", *answer(t, t.DescribeKey, &kms.DescribeKeyInput{KeyId: &name}).KeyMetadata.Arn, *k.Arn)
		},
	},
	{
		"CreateAlias", "of a name that is taken is AlreadyExists",
		"An alias is unique in its account and Region, whichever key it points at.",
		func(t *trial) {
			k := t.shared(symmetric)
			text := refusal(t, t.CreateAlias, &kms.CreateAliasInput{AliasName: &k.alias, TargetKeyId: t.shared(anotherKey).KeyId}, "AlreadyExistsException")
			t.contains(text, k.alias)
		},
	},
	{
		"CreateAlias", "takes letters, digits, slashes, underscores and dashes",
		"An alias name is alias/ and then letters, digits, slashes, underscores and dashes; its case counts.",
		func(t *trial) {
			k := t.shared(symmetric)
			name := "alias/conformance-" + randomName() + "/A_b-9"
			t.suite.shareAlias(name)
			answer(t, t.CreateAlias, &kms.CreateAliasInput{AliasName: &name, TargetKeyId: k.Arn})
			answer(t, t.DescribeKey, &kms.DescribeKeyInput{KeyId: &name})
		},
	},
	{
		"CreateAlias", "without its prefix is a ValidationException",
		"An alias without alias/ is a ValidationException, and not the InvalidAliasNameException that is listed for it.",
		func(t *trial) {
			refusal(t, t.CreateAlias, &kms.CreateAliasInput{AliasName: aws.String("orders"), TargetKeyId: t.shared(symmetric).KeyId}, "ValidationException")
		},
	},
	{
		"CreateAlias", "in alias aws is NotAuthorized",
		"Names that begin with alias/aws/ belong to AWS.",
		func(t *trial) {
			refusal(t, t.CreateAlias, &kms.CreateAliasInput{AliasName: aws.String("alias/aws/orders"), TargetKeyId: t.shared(symmetric).KeyId}, "NotAuthorizedException")
		},
	},
	{
		"CreateAlias", "a 51st alias of a key is LimitExceeded",
		"A key has 50 aliases at most, unless AWS has raised the quota. An alias cannot be moved to a key that is full either.",
		func(t *trial) {
			k := t.newKey()
			for range 50 {
				t.newAlias(*k.KeyId)
			}
			name := "alias/conformance-" + randomName()
			in := &kms.CreateAliasInput{AliasName: &name, TargetKeyId: k.KeyId}
			if _, err := t.CreateAlias(t.Context(), in, atOnce("LimitExceededException")); err == nil {
				t.suite.shareAlias(name)
				t.Skip("this KMS has no quota of 50 aliases a key")
			}
			refusal(t, t.CreateAlias, in, "LimitExceededException")
			name = t.newAlias(*t.shared(symmetric).KeyId)
			refusal(t, t.UpdateAlias, &kms.UpdateAliasInput{AliasName: &name, TargetKeyId: k.KeyId}, "LimitExceededException")
		},
	},
	{
		"ListAliases", "of a key has all that there is to know",
		"An entry has name, ARN, dates and the ID of the key, and Truncated is there even when false.",
		func(t *trial) {
			k := t.newKey()
			name := t.newAlias(*k.KeyId)
			var entry types.AliasListEntry
			answerThat(t, t.ListAliases, &kms.ListAliasesInput{KeyId: k.Arn}, func(out *kms.ListAliasesOutput) string {
				if len(out.Aliases) != 1 {
					return unless(false, "the key has %d aliases, want 1", len(out.Aliases))
				}
				entry = out.Aliases[0]
				return ""
			})
			t.members("Aliases", "Truncated")
			equal(t, "AliasName", *entry.AliasName, name)
			equal(t, "AliasArn", *entry.AliasArn, aliasARN(&fixture{KeyMetadata: k, alias: name}))
			equal(t, "TargetKeyId", *entry.TargetKeyId, *k.KeyId)
			t.that("the dates are of now", time.Since(*entry.CreationDate).Abs() < time.Hour && time.Since(*entry.LastUpdatedDate).Abs() < time.Hour)
		},
	},
	{
		"UpdateAlias", "points the alias at another key",
		"UpdateAlias answers nothing; ciphertexts of the former key are still its own.",
		func(t *trial) {
			from, to := t.shared(symmetric), t.shared(anotherKey)
			name := t.newAlias(*from.KeyId)
			answer(t, t.UpdateAlias, &kms.UpdateAliasInput{AliasName: &name, TargetKeyId: to.KeyId})
			t.empty()
			answerThat(t, t.DescribeKey, &kms.DescribeKeyInput{KeyId: &name}, func(out *kms.DescribeKeyOutput) string {
				return unless(*out.KeyMetadata.Arn == *to.Arn, "the alias is still that of %s", *out.KeyMetadata.Arn)
			})
			refusal(t, t.Decrypt, &kms.DecryptInput{KeyId: &name, CiphertextBlob: from.ciphertext}, "IncorrectKeyException")
		},
	},
	{
		"UpdateAlias", "to a key of another type or usage is a ValidationException",
		"The new key of an alias has the type (symmetric, asymmetric or HMAC) and the usage of the old one.",
		func(t *trial) {
			name := t.newAlias(*t.shared(symmetric).KeyId)
			for _, other := range []fixtureName{hmacKey, ecdsaKey} {
				refusal(t, t.UpdateAlias, &kms.UpdateAliasInput{AliasName: &name, TargetKeyId: t.shared(other).KeyId}, "ValidationException")
			}
			name = t.newAlias(*t.shared(ecdsaKey).KeyId)
			refusal(t, t.UpdateAlias, &kms.UpdateAliasInput{AliasName: &name, TargetKeyId: t.shared(agreeing).KeyId}, "ValidationException")
		},
	},
	{
		"UpdateAlias", "to a key of another spec of the same type is fine",
		"Two asymmetric keys of one usage are alike for an alias, whatever their specs.",
		func(t *trial) {
			name := t.newAlias(*t.shared(ecdsaKey).KeyId)
			answer(t, t.UpdateAlias, &kms.UpdateAliasInput{AliasName: &name, TargetKeyId: t.shared(ed25519Key).KeyId})
		},
	},
	{
		"UpdateAlias", "of an absent alias is NotFound",
		"UpdateAlias makes no alias.",
		func(t *trial) {
			name := "alias/conformance-" + randomName()
			text := refusal(t, t.UpdateAlias, &kms.UpdateAliasInput{AliasName: &name, TargetKeyId: t.shared(symmetric).KeyId}, "NotFoundException")
			t.contains(text, name)
		},
	},
	{
		"DeleteAlias", "has no output, and the name is free again",
		"DeleteAlias answers nothing and leaves the key alone.",
		func(t *trial) {
			k := t.shared(symmetric)
			name := t.newAlias(*k.KeyId)
			answer(t, t.DeleteAlias, &kms.DeleteAliasInput{AliasName: &name})
			t.empty()
			refusal(t, t.DescribeKey, &kms.DescribeKeyInput{KeyId: &name}, "NotFoundException")
			answer(t, t.CreateAlias, &kms.CreateAliasInput{AliasName: &name, TargetKeyId: t.shared(hmacKey).KeyId})
		},
	},
	{
		"DeleteAlias", "of an absent alias is NotFound",
		"There is nothing to delete: Alias <ARN> is not found.",
		func(t *trial) {
			name := "alias/conformance-" + randomName()
			text := refusal(t, t.DeleteAlias, &kms.DeleteAliasInput{AliasName: &name}, "NotFoundException")
			t.contains(text, name)
		},
	},
}
