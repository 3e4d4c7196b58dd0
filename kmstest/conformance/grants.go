package conformance

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

var grantRules = []rule{
	{
		"CreateGrant", "answers ID and token",
		"CreateGrant answers a GrantId of 64 hexadecimal digits, and a GrantToken that is good at once.",
		func(t *trial) {
			k := t.shared(symmetric)
			out := answer(t, t.CreateGrant, grantTo(k.KeyMetadata))
			t.members("GrantId", "GrantToken")
			equal(t, "the length of the grant ID", len(*out.GrantId), 64)
			answer(t, t.Encrypt, &kms.EncryptInput{KeyId: k.KeyId, Plaintext: plaintext, GrantTokens: []string{*out.GrantToken}})
		},
	},
	{
		"CreateGrant", "of the same name and parameters is the same grant",
		"Asked twice for a grant with a name, KMS answers the same GrantId with another token; without a name it makes another grant.",
		func(t *trial) {
			in := grantTo(t.newKey())
			one, other := answer(t, t.CreateGrant, in), answer(t, t.CreateGrant, in)
			differ(t, "the IDs of grants without a name", *one.GrantId, *other.GrantId)
			in.Name = aws.String("conformance")
			one, other = answer(t, t.CreateGrant, in), answer(t, t.CreateGrant, in)
			equal(t, "the ID of the grant", *other.GrantId, *one.GrantId)
			differ(t, "the tokens", *one.GrantToken, *other.GrantToken)
			in.Operations = append(in.Operations, types.GrantOperationEncrypt)
			differ(t, "the IDs of grants with other operations", *answer(t, t.CreateGrant, in).GrantId, *one.GrantId)
		},
	},
	{
		"CreateGrant", "to nobody that can be is InvalidArn",
		"The grantee and the retiring principal are ARNs of principals.",
		func(t *trial) {
			for _, principal := range []string{"somebody", "arn:aws:s3:::bucket"} {
				in := grantTo(t.shared(symmetric).KeyMetadata)
				in.GranteePrincipal = &principal
				refusal(t, t.CreateGrant, in, "InvalidArnException")
			}
		},
	},
	{
		"CreateGrant", "without a grantee is a ValidationException",
		"A grant has a grantee: a principal, or a service, and not both.",
		func(t *trial) {
			in := grantTo(t.shared(symmetric).KeyMetadata)
			in.GranteePrincipal = nil
			refusal(t, t.CreateGrant, in, "ValidationException")
		},
	},
	{
		"CreateGrant", "of an operation that the key has not is a ValidationException",
		"A grant allows only what the key can do.",
		func(t *trial) {
			for name, op := range map[fixtureName]types.GrantOperation{
				symmetric: types.GrantOperationSign, ecdsaKey: types.GrantOperationEncrypt, hmacKey: types.GrantOperationGetPublicKey,
				rsaCrypt: types.GrantOperationGenerateDataKey,
			} {
				in := grantTo(t.shared(name).KeyMetadata)
				in.Operations = []types.GrantOperation{op}
				refusal(t, t.CreateGrant, in, "ValidationException")
			}
		},
	},
	{
		"CreateGrant", "with a context constraint on a key without contexts is a ValidationException",
		"Only symmetric encryption keys have encryption contexts to constrain.",
		func(t *trial) {
			in := grantTo(t.shared(hmacKey).KeyMetadata)
			in.Constraints = &types.GrantConstraints{EncryptionContextSubset: map[string]string{"a": "b"}}
			refusal(t, t.CreateGrant, in, "ValidationException")
		},
	},
	{
		"CreateGrant", "of nothing but CreateGrant is a ValidationException",
		"A grant that lets its grantee make grants allows something that those can allow.",
		func(t *trial) {
			in := grantTo(t.shared(symmetric).KeyMetadata)
			in.Operations = []types.GrantOperation{types.GrantOperationCreateGrant}
			refusal(t, t.CreateGrant, in, "ValidationException")
			in.Operations = append(in.Operations, types.GrantOperationDescribeKey)
			answer(t, t.CreateGrant, in)
		},
	},
	{
		"CreateGrant", "with two constraints on the context is a ValidationException",
		"A grant asks for a whole encryption context or for a part of one, not for both.",
		func(t *trial) {
			in := grantTo(t.shared(symmetric).KeyMetadata)
			in.Constraints = &types.GrantConstraints{
				EncryptionContextEquals: map[string]string{"a": "b"}, EncryptionContextSubset: map[string]string{"a": "b"},
			}
			refusal(t, t.CreateGrant, in, "ValidationException")
			in.Constraints.EncryptionContextSubset = map[string]string{}
			answer(t, t.CreateGrant, in)
		},
	},
	{
		"CreateGrant", "with a constraint that is too large is a ValidationException",
		"An encryption context constraint has at most 8 pairs and 384 characters.",
		func(t *trial) {
			pairs := map[string]string{}
			for key := range strings.SplitSeq("abcdefghi", "") {
				pairs[key] = ""
			}
			for _, tooLarge := range []map[string]string{pairs, {"a": strings.Repeat("x", 384)}} {
				in := grantTo(t.shared(symmetric).KeyMetadata)
				in.Constraints = &types.GrantConstraints{EncryptionContextEquals: tooLarge}
				refusal(t, t.CreateGrant, in, "ValidationException")
			}
		},
	},
	{
		"CreateGrant", "a dry run makes no grant",
		"A dry run changes nothing.",
		func(t *trial) {
			k := t.newKey()
			in := grantTo(k)
			in.DryRun = aws.Bool(true)
			refusal(t, t.CreateGrant, in, "DryRunOperationException")
			equal(t, "the number of grants", len(answer(t, t.ListGrants, &kms.ListGrantsInput{KeyId: k.KeyId}).Grants), 0)
		},
	},
	{
		"ListGrants", "an entry has all that the grant was made with",
		"An entry has the key ARN, the root ARN of the issuing account, and a Name even when empty.",
		func(t *trial) {
			k := t.newKey()
			in := grantTo(k)
			in.Constraints = &types.GrantConstraints{EncryptionContextSubset: map[string]string{"a": "b"}}
			in.Operations = []types.GrantOperation{types.GrantOperationEncrypt}
			made := answer(t, t.CreateGrant, in)
			var g types.GrantListEntry
			answerThat(t, t.ListGrants, &kms.ListGrantsInput{KeyId: k.KeyId}, func(out *kms.ListGrantsOutput) string {
				if len(out.Grants) != 1 {
					return unless(false, "the key has %d grants, want 1", len(out.Grants))
				}
				g = out.Grants[0]
				return ""
			})
			t.members("Grants", "Truncated")
			equal(t, "GrantId", *g.GrantId, *made.GrantId)
			equal(t, "KeyId", *g.KeyId, *k.Arn)
			equal(t, "IssuingAccount", *g.IssuingAccount, root(k))
			equal(t, "GranteePrincipal", *g.GranteePrincipal, root(k))
			equal(t, "RetiringPrincipal", *g.RetiringPrincipal, root(k))
			equal(t, "Operations", g.Operations, in.Operations)
			equal(t, "Constraints", g.Constraints.EncryptionContextSubset, in.Constraints.EncryptionContextSubset)
			t.that("there is a name, and it is empty", g.Name != nil && *g.Name == "")
			t.that("there is a date", g.CreationDate != nil)
		},
	},
	{
		"ListGrants", "can be asked for one grant, or one grantee",
		"GrantId and GranteePrincipal narrow the list.",
		func(t *trial) {
			k := t.newKey()
			one := answer(t, t.CreateGrant, grantTo(k))
			answer(t, t.CreateGrant, grantTo(k))
			answerThat(t, t.ListGrants, &kms.ListGrantsInput{KeyId: k.KeyId, GrantId: one.GrantId}, func(out *kms.ListGrantsOutput) string {
				return unless(len(out.Grants) == 1 && *out.Grants[0].GrantId == *one.GrantId, "the list is %v", out.Grants)
			})
			answerThat(t, t.ListGrants, &kms.ListGrantsInput{KeyId: k.KeyId, GranteePrincipal: aws.String(root(k))}, func(out *kms.ListGrantsOutput) string {
				return unless(len(out.Grants) == 2, "the grantee has %d grants, want 2", len(out.Grants))
			})
			nobody := strings.Replace(root(k), ":root", ":user/nobody", 1)
			out := answer(t, t.ListGrants, &kms.ListGrantsInput{KeyId: k.KeyId, GranteePrincipal: &nobody})
			equal(t, "the number of grants of another grantee", len(out.Grants), 0)
		},
	},
	{
		"ListGrants", "with grantees of both kinds is a ValidationException",
		"The grantee is a principal or a service. Only a service may ask for the grants of one.",
		func(t *trial) {
			k := t.shared(symmetric)
			refusal(t, t.ListGrants, &kms.ListGrantsInput{
				KeyId: k.KeyId, GranteePrincipal: aws.String(root(k.KeyMetadata)), GranteeServicePrincipal: aws.String("logs.amazonaws.com"),
			}, "ValidationException")
		},
	},
	{
		"ListGrants", "a malformed grant ID is InvalidGrantId",
		"A grant ID is 64 hexadecimal digits.",
		func(t *trial) {
			refusal(t, t.ListGrants, &kms.ListGrantsInput{KeyId: t.shared(symmetric).KeyId, GrantId: aws.String("no grant")}, "InvalidGrantIdException")
		},
	},
	{
		"ListRetirableGrants", "has the grants that name the retiring principal",
		"ListRetirableGrants lists the grants of all keys by their retiring principal.",
		func(t *trial) {
			k := t.newKey()
			made := answer(t, t.CreateGrant, grantTo(k))
			in := &kms.ListRetirableGrantsInput{RetiringPrincipal: aws.String(root(k)), Limit: aws.Int32(100)}
			complaint := t.settle(func() string {
				for p := kms.NewListRetirableGrantsPaginator(t.Client, in, func(o *kms.ListRetirableGrantsPaginatorOptions) {
					o.StopOnDuplicateToken = true
				}); p.HasMorePages(); {
					out, err := p.NextPage(t.Context())
					if err != nil {
						return err.Error()
					}
					if out.NextMarker == nil {
						t.members("Grants", "Truncated")
					} else {
						t.members("Grants", "NextMarker", "Truncated")
					}
					if slices.ContainsFunc(out.Grants, func(g types.GrantListEntry) bool { return *g.GrantId == *made.GrantId }) {
						return ""
					}
				}
				return "the grant is not in the list"
			})
			t.that("the grant is listed, "+complaint, complaint == "")
		},
	},
	{
		"ListRetirableGrants", "of nobody that can be is InvalidArn",
		"The retiring principal is the ARN of a principal.",
		func(t *trial) {
			refusal(t, t.ListRetirableGrants, &kms.ListRetirableGrantsInput{RetiringPrincipal: aws.String("somebody")}, "InvalidArnException")
		},
	},
	{
		"RetireGrant", "by its token has no output",
		"A grant is retired by its token alone; after that it is not there.",
		func(t *trial) {
			k := t.shared(symmetric)
			made := answer(t, t.CreateGrant, grantTo(k.KeyMetadata))
			answer(t, t.RetireGrant, &kms.RetireGrantInput{GrantToken: made.GrantToken})
			t.empty()
			refusal(t, t.RevokeGrant, &kms.RevokeGrantInput{KeyId: k.KeyId, GrantId: made.GrantId}, "NotFoundException")
		},
	},
	{
		"RetireGrant", "by its ID and its key has no output",
		"A grant ID is good together with its key.",
		func(t *trial) {
			k := t.shared(symmetric)
			made := answer(t, t.CreateGrant, grantTo(k.KeyMetadata))
			answer(t, t.RetireGrant, &kms.RetireGrantInput{KeyId: k.Arn, GrantId: made.GrantId})
			t.empty()
		},
	},
	{
		"RetireGrant", "by a made-up token is InvalidGrantToken",
		"KMS knows its own tokens.",
		func(t *trial) {
			refusal(t, t.RetireGrant, &kms.RetireGrantInput{GrantToken: aws.String("bm8gZ3JhbnQgdG9rZW4")}, "InvalidGrantTokenException")
		},
	},
	{
		"RetireGrant", "a malformed grant ID is InvalidGrantId",
		"A grant ID is 64 hexadecimal digits.",
		func(t *trial) {
			refusal(t, t.RetireGrant, &kms.RetireGrantInput{KeyId: t.shared(symmetric).Arn, GrantId: aws.String("no grant")}, "InvalidGrantIdException")
		},
	},
	{
		"RetireGrant", "both ways at once, or half of one, is a ValidationException",
		"A request names a grant by its token, or by its ID and its key.",
		func(t *trial) {
			k := t.shared(symmetric)
			for _, in := range []*kms.RetireGrantInput{
				{},
				{KeyId: k.Arn},
				{GrantId: &k.grantID},
				{KeyId: k.Arn, GrantId: &k.grantID, GrantToken: aws.String("bm8gZ3JhbnQgdG9rZW4")},
			} {
				refusal(t, t.RetireGrant, in, "ValidationException")
			}
		},
	},
	{
		"RevokeGrant", "has no output, and the grant is gone",
		"RevokeGrant answers nothing.",
		func(t *trial) {
			k := t.newKey()
			made := answer(t, t.CreateGrant, grantTo(k))
			refusal(t, t.RevokeGrant, &kms.RevokeGrantInput{KeyId: k.KeyId, GrantId: made.GrantId, DryRun: aws.Bool(true)}, "DryRunOperationException")
			answer(t, t.RevokeGrant, &kms.RevokeGrantInput{KeyId: k.KeyId, GrantId: made.GrantId})
			t.empty()
			answerThat(t, t.ListGrants, &kms.ListGrantsInput{KeyId: k.KeyId}, func(out *kms.ListGrantsOutput) string {
				return unless(len(out.Grants) == 0, "the key has %d grants", len(out.Grants))
			})
		},
	},
	{
		"RevokeGrant", "a malformed grant ID is InvalidGrantId",
		"A grant ID is 64 hexadecimal digits.",
		func(t *trial) {
			refusal(t, t.RevokeGrant, &kms.RevokeGrantInput{KeyId: t.shared(symmetric).KeyId, GrantId: aws.String("no grant")}, "InvalidGrantIdException")
		},
	},
	{
		"RevokeGrant", "of a grant of another key is NotFound",
		"A grant belongs to one key: Grant ID <ID> not found.",
		func(t *trial) {
			refusal(t, t.RevokeGrant, &kms.RevokeGrantInput{
				KeyId: t.shared(anotherKey).KeyId, GrantId: aws.String(t.shared(symmetric).grantID),
			}, "NotFoundException")
		},
	},
}
