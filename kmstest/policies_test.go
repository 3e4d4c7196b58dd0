package kmstest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const lockout = "The new key policy will not allow you to update the key policy in the future."

// policyFor is a key policy that lets principals do everything with the key.
func policyFor(arns ...string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":[%s]},"Action":"kms:*","Resource":"*"}]}`,
		`"`+strings.Join(arns, `","`)+`"`)
}

func TestKeyPolicy(t *testing.T) {
	t.Parallel()
	t.Run("is the default one, as KMS prints it", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
			out, err := c.GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: newKey(t, c).KeyId})
			require.NoError(t, err)
			assert.Equal(t, "default", *out.PolicyName)
			assert.Equal(t, `{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::111122223333:root"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}`, *out.Policy)
		})
	})

	t.Run("belongs to its partition", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New(kmstest.WithRegion("us-gov-west-1")).Client(once)
		k := newKey(t, c)
		assert.True(t, strings.HasPrefix(*k.Arn, "arn:aws-us-gov:kms:us-gov-west-1:"), *k.Arn)
		out, err := c.GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: k.KeyId})
		require.NoError(t, err)
		assert.Contains(t, *out.Policy, `"arn:aws-us-gov:iam::111122223333:root"`)
	})

	t.Run("is what was put, in KMS's style", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
			text := `{"Statement":[{"Sid":"<all>","Effect":"Allow","Principal":{"AWS":["111122223333","arn:aws:iam::444455556666:root"]},` +
				"\n\t" + `"Action":"kms:*","Resource":["*"],"Condition":{"Bool":{"aws:SecureTransport":true},"NumericLessThan":{}}}],"Version":"2012-10-17"}`
			created := newKey(t, c, func(in *kms.CreateKeyInput) { in.Policy = &text })
			put := newKey(t, c)
			_, err := c.PutKeyPolicy(t.Context(), &kms.PutKeyPolicyInput{KeyId: put.KeyId, Policy: &text})
			require.NoError(t, err)
			for _, k := range []*types.KeyMetadata{created, put} {
				out, err := c.GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: k.KeyId})
				require.NoError(t, err)
				assert.Equal(t, `{
  "Statement" : [ {
    "Sid" : "<all>",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : [ "111122223333", "arn:aws:iam::444455556666:root" ]
    },
    "Action" : "kms:*",
    "Resource" : [ "*" ],
    "Condition" : {
      "Bool" : {
        "aws:SecureTransport" : true
      },
      "NumericLessThan" : { }
    }
  } ],
  "Version" : "2012-10-17"
}`, *out.Policy)
			}
		})
	})

	t.Run("is refused if it locks the caller out", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
			k := newKey(t, c)
			locked := policyFor(role(account, "somebody"))
			put := &kms.PutKeyPolicyInput{KeyId: k.KeyId, Policy: &locked}
			_, err := c.PutKeyPolicy(t.Context(), put)
			refused(t, err, "MalformedPolicyDocumentException", lockout)
			_, err = c.CreateKey(t.Context(), &kms.CreateKeyInput{Policy: &locked})
			refused(t, err, "MalformedPolicyDocumentException", lockout)

			put.BypassPolicyLockoutSafetyCheck = true
			_, err = c.PutKeyPolicy(t.Context(), put)
			require.NoError(t, err)
			_, err = c.GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: k.KeyId})
			refused(t, err, "AccessDeniedException", "User: arn:aws:iam::111122223333:user/kmstest is not authorized to perform: kms:GetKeyPolicy on resource: "+
				*k.Arn+" because no resource-based policy allows the kms:GetKeyPolicy action")
			_, err = srv.Principal(role(account, "somebody")).Client(once).GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: k.KeyId})
			require.NoError(t, err)
		})
	})

	t.Run("is refused if it cannot be read", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().API()
		k := newKey(t, c)
		for _, text := range []string{"x", "{}", `{"Statement":[{"Effect":"Permit"}]}`, `{"Statements":[]}`} {
			_, err := c.PutKeyPolicy(t.Context(), &kms.PutKeyPolicyInput{KeyId: k.KeyId, Policy: &text})
			refusedWith(t, err, "MalformedPolicyDocumentException")
			_, err = c.CreateKey(t.Context(), &kms.CreateKeyInput{Policy: &text, BypassPolicyLockoutSafetyCheck: true})
			refusedWith(t, err, "MalformedPolicyDocumentException")
		}
		_, err := c.PutKeyPolicy(t.Context(), &kms.PutKeyPolicyInput{KeyId: k.KeyId, Policy: str(
			`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*",` +
				`"Condition":{"ForAllValues:StringEquals":{"kms:EncryptionContext:app":"orders"}}}]}`,
		)})
		refusedWith(t, err, "MalformedPolicyDocumentException")
	})

	t.Run("is refused beyond 32768 bytes", func(t *testing.T) {
		t.Parallel()
		c := kmstest.New().Client(once)
		k := newKey(t, c)
		policy := policyFor("arn:aws:iam::111122223333:root")
		fits := policy + strings.Repeat(" ", 32768-len(policy))
		_, err := c.PutKeyPolicy(t.Context(), &kms.PutKeyPolicyInput{KeyId: k.KeyId, Policy: &fits})
		require.NoError(t, err)
		_, err = c.PutKeyPolicy(t.Context(), &kms.PutKeyPolicyInput{KeyId: k.KeyId, Policy: str(fits + " ")})
		refused(t, err, "LimitExceededException", "The key policy exceeds the size limit of 32768 bytes.")
	})

	t.Run("has one name", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
			k := newKey(t, c)
			out, err := c.ListKeyPolicies(t.Context(), &kms.ListKeyPoliciesInput{KeyId: k.KeyId})
			require.NoError(t, err)
			assert.Equal(t, []string{"default"}, out.PolicyNames)
			assert.False(t, out.Truncated)
			_, err = c.GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: k.KeyId, PolicyName: str("other")})
			refused(t, err, "NotFoundException", "No such policy exists")
			_, err = c.PutKeyPolicy(t.Context(), &kms.PutKeyPolicyInput{
				KeyId: k.KeyId, PolicyName: str("other"), Policy: str(policyFor("arn:aws:iam::111122223333:root")),
			})
			refused(t, err, "NotFoundException", "No such policy exists")
		})
	})
}

// TestConditions asks each condition key for the value that it has, and for
// another one.
func TestConditions(t *testing.T) {
	t.Parallel()
	srv := kmstest.New()
	c := srv.API()
	k := newKey(t, c, func(in *kms.CreateKeyInput) {
		in.MultiRegion = aws.Bool(true)
		in.Tags = []types.Tag{{TagKey: str("Team"), TagValue: str("blue")}}
	})
	newAlias(t, c, "alias/orders", k)
	context := map[string]string{"App": "orders"}
	ciphertext := encrypt(t, c, k, "x", context)
	g, err := c.CreateGrant(t.Context(), newGrant(k))
	require.NoError(t, err)

	operations := map[string]func(caller) error{
		"Encrypt": func(c caller) error {
			_, err := c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: str("alias/orders"), Plaintext: []byte("x"), EncryptionContext: context})
			return err
		},
		"Decrypt": func(c caller) error {
			_, err := c.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: ciphertext, EncryptionContext: context})
			return err
		},
		"ReEncryptFrom": func(c caller) error {
			_, err := c.ReEncrypt(t.Context(), &kms.ReEncryptInput{CiphertextBlob: ciphertext, SourceEncryptionContext: context, DestinationKeyId: k.KeyId})
			return err
		},
		"CreateKey": func(c caller) error {
			_, err := c.CreateKey(t.Context(), &kms.CreateKeyInput{
				KeySpec: types.KeySpecHmac256, KeyUsage: types.KeyUsageTypeGenerateVerifyMac, BypassPolicyLockoutSafetyCheck: true,
				Tags: []types.Tag{{TagKey: str("Team"), TagValue: str("red")}},
			})
			return err
		},
		"PutKeyPolicy": func(c caller) error {
			_, err := c.PutKeyPolicy(t.Context(), &kms.PutKeyPolicyInput{
				KeyId: k.KeyId, Policy: str(policyFor("arn:aws:iam::111122223333:root")), BypassPolicyLockoutSafetyCheck: true,
			})
			return err
		},
		"ScheduleKeyDeletion": func(c caller) error {
			_, err := c.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: newKey(t, srv.API()).KeyId, PendingWindowInDays: aws.Int32(7)})
			return err
		},
		"CreateGrant": func(c caller) error {
			_, err := c.CreateGrant(t.Context(), &kms.CreateGrantInput{
				KeyId: k.KeyId, GranteePrincipal: str(role(account, "reader")), RetiringPrincipal: str(role(account, "retirer")),
				Operations:  []types.GrantOperation{types.GrantOperationDecrypt},
				Constraints: &types.GrantConstraints{EncryptionContextSubset: context},
			})
			return err
		},
		"ListGrants": func(c caller) error {
			_, err := c.ListGrants(t.Context(), &kms.ListGrantsInput{KeyId: k.KeyId})
			return err
		},
		"RevokeGrant": func(c caller) error {
			_, err := c.RevokeGrant(t.Context(), &kms.RevokeGrantInput{KeyId: k.KeyId, GrantId: g.GrantId, DryRun: aws.Bool(true)})
			if _, dry := errors.AsType[*types.DryRunOperationException](err); dry {
				return nil
			}
			return err
		},
	}
	for i, cond := range []struct{ operation, operator, key, value string }{
		{"Encrypt", "StringEquals", "kms:EncryptionContext:App", "orders"},
		{"Encrypt", "StringEquals", "kms:EncryptionContext:app", "orders"}, // the case of a condition key does not matter
		{"Encrypt", "ForAnyValue:StringEquals", "kms:EncryptionContextKeys", "App"},
		{"Encrypt", "StringEquals", "kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT"},
		{"Encrypt", "StringEquals", "kms:RequestAlias", "alias/orders"},
		{"Encrypt", "ForAnyValue:StringEquals", "kms:ResourceAliases", "alias/orders"},
		{"Encrypt", "StringEquals", "kms:CallerAccount", account},
		{"Encrypt", "StringEquals", "kms:KeySpec", "SYMMETRIC_DEFAULT"},
		{"Encrypt", "StringEquals", "kms:CustomerMasterKeySpec", "SYMMETRIC_DEFAULT"},
		{"Encrypt", "StringEquals", "kms:KeyUsage", "ENCRYPT_DECRYPT"},
		{"Encrypt", "StringEquals", "kms:KeyOrigin", "AWS_KMS"},
		{"Encrypt", "Bool", "kms:MultiRegion", "true"},
		{"Encrypt", "StringEquals", "kms:MultiRegionKeyType", "PRIMARY"},
		{"Encrypt", "StringEquals", "aws:ResourceTag/Team", "blue"},
		{"Encrypt", "StringEquals", "aws:RequestedRegion", "us-east-1"},
		{"Encrypt", "StringEquals", "aws:PrincipalAccount", account},
		{"Encrypt", "StringEquals", "aws:ResourceAccount", account},
		{"Encrypt", "Bool", "aws:SecureTransport", "true"},
		{"Encrypt", "Bool", "aws:ViaAWSService", "false"},
		{"Decrypt", "StringEquals", "kms:EncryptionContext:App", "orders"},
		{"ReEncryptFrom", "Bool", "kms:ReEncryptOnSameKey", "true"},
		{"CreateKey", "StringEquals", "kms:KeySpec", "HMAC_256"},
		{"CreateKey", "StringEquals", "kms:KeyUsage", "GENERATE_VERIFY_MAC"},
		{"CreateKey", "StringEquals", "aws:RequestTag/Team", "red"},
		{"CreateKey", "ForAnyValue:StringEquals", "aws:TagKeys", "Team"},
		{"CreateKey", "Bool", "kms:BypassPolicyLockoutSafetyCheck", "true"},
		{"PutKeyPolicy", "Bool", "kms:BypassPolicyLockoutSafetyCheck", "true"},
		{"ScheduleKeyDeletion", "NumericEquals", "kms:ScheduleKeyDeletionPendingWindowInDays", "7"},
		{"CreateGrant", "ForAnyValue:StringEquals", "kms:GrantOperations", "Decrypt"},
		{"CreateGrant", "StringEquals", "kms:GranteePrincipal", role(account, "reader")},
		{"CreateGrant", "StringEquals", "kms:RetiringPrincipal", role(account, "retirer")},
		{"CreateGrant", "StringEquals", "kms:GrantConstraintType", "EncryptionContextSubset"},
		{"CreateGrant", "Bool", "kms:GrantIsForAWSResource", "false"},
		{"ListGrants", "Bool", "kms:GrantIsForAWSResource", "false"},
		{"RevokeGrant", "Bool", "kms:GrantIsForAWSResource", "false"},
	} {
		for _, matches := range []bool{true, false} {
			value := cond.value
			if !matches {
				value = map[string]string{"true": "false", "false": "true", "7": "8"}[value]
				if value == "" {
					value = cond.value + "x"
				}
			}
			p := srv.Principal(role(account, fmt.Sprintf("p%d%t", i, matches)), kmstest.WithPolicy(&kmskit.PolicyDocument{
				Version: "2012-10-17",
				Statement: []kmskit.Statement{{
					Effect: kmskit.Allow, Action: kmskit.StringList{"kms:" + cond.operation}, Resource: kmskit.StringList{"*"},
					Condition: kmskit.Condition{cond.operator: {cond.key: {value}}},
				}},
			}), allow("kms:ReEncryptTo", "kms:TagResource"))
			err := operations[cond.operation](p.API())
			if matches {
				assert.NoError(t, err, "%s %s=%s", cond.operation, cond.key, value)
			} else {
				refusedWith(t, err, "AccessDeniedException")
			}
		}
	}
}
