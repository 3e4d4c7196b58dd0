package kmstest_test

import (
	"errors"
	"fmt"
	"reflect"
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
		for region, partition := range map[string]string{
			"us-gov-west-1": "aws-us-gov", "cn-north-1": "aws-cn", "eusc-de-east-1": "aws-eusc",
			"us-iso-east-1": "aws-iso", "us-isob-east-1": "aws-iso-b", "eu-isoe-west-1": "aws-iso-e", "us-isof-south-1": "aws-iso-f",
			"eu-south-2": "aws", "mx-central-1": "aws",
		} {
			srv := kmstest.New(kmstest.WithRegion(region))
			c := srv.Principal("arn:"+partition+":iam::"+account+":role/keeper", allow("kms:*")).Client(once)
			k := newKey(t, c)
			assert.Equal(t, "arn:"+partition+":kms:"+region+":"+account+":key/"+*k.KeyId, *k.Arn)
			out, err := c.GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: k.Arn})
			require.NoError(t, err)
			assert.Contains(t, *out.Policy, `"arn:`+partition+`:iam::111122223333:root"`)
		}
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
		for _, text := range []string{"x", "[]", "{}", `{"Statement":[{"Effect":"Permit"}]}`, `{"Statements":[]}`} {
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

	t.Run("is refused by what it lacks, for clients in any language", func(t *testing.T) {
		t.Parallel()
		_, err := kmstest.New().API().CreateKey(t.Context(), &kms.CreateKeyInput{Policy: str("{}")})
		refused(t, err, "MalformedPolicyDocumentException", "Could not parse the policy: the element Statement is missing; it must be a statement or a list of statements")
	})

	t.Run("is refused without a text if it is not JSON", func(t *testing.T) {
		t.Parallel()
		everyDepth(t, func(t *testing.T, srv *kmstest.Server, c caller) {
			k := newKey(t, c)
			for _, text := range []string{"not a real policy statement", "{", policyFor(account) + "x"} {
				_, put := c.PutKeyPolicy(t.Context(), &kms.PutKeyPolicyInput{KeyId: k.KeyId, Policy: &text})
				_, create := c.CreateKey(t.Context(), &kms.CreateKeyInput{Policy: &text})
				for _, err := range []error{put, create} {
					refused(t, err, "MalformedPolicyDocumentException", "")
					assert.Contains(t, srv.Explain(err), "\nCould not parse the policy: line 1, column")
				}
			}
		})
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

func TestKeyPolicy_statements(t *testing.T) {
	t.Parallel()
	const (
		whole       = `"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":"kms:*","Resource":"*"`
		noPrincipal = "Policy contains a statement with no principal."
	)
	everyDepth(t, func(t *testing.T, _ *kmstest.Server, c caller) {
		k := newKey(t, c)
		for second, text := range map[string]string{
			`"Effect":"Allow","Action":"kms:Decrypt","Resource":"*"`:                                                        noPrincipal,
			`"Effect":"Allow","Principal":{"AWS":[]},"Action":"kms:Decrypt","Resource":"*"`:                                 noPrincipal,
			`"Effect":"Deny","NotPrincipal":{"AWS":[],"Service":[]},"Action":"kms:Decrypt","Resource":"*"`:                  noPrincipal,
			`"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Resource":"*"`:                                         "",
			`"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":[],"Resource":"*"`:                             "",
			`"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":"kms:Decrypt"`:                                 "",
			`"Effect":"Allow","Principal":{"AWS":"` + account + `"},"NotAction":"kms:Decrypt"`:                              "",
			`"Effect":"Allow","Principal":{"Service":"logs.amazonaws.com"},"NotAction":"kms:Decrypt","NotResource":"a:b:c"`: "",
			`"Effect":"Deny","NotPrincipal":{"AWS":"` + account + `"},"Action":"kms:Decrypt","Resource":"*"`:                "",
		} {
			_, err := c.PutKeyPolicy(t.Context(), &kms.PutKeyPolicyInput{
				KeyId: k.KeyId, Policy: str(`{"Statement":[{` + whole + `},{` + second + `}]}`),
			})
			if text == "" {
				require.NoError(t, err, second)
				continue
			}
			refused(t, err, "MalformedPolicyDocumentException", text)
		}
		_, err := c.PutKeyPolicy(t.Context(), &kms.PutKeyPolicyInput{
			KeyId: k.KeyId, Policy: str(`{"Statement":[]}`), BypassPolicyLockoutSafetyCheck: true,
		})
		refusedWith(t, err, "MalformedPolicyDocumentException")
	})
}

func TestKeyPolicy_principals(t *testing.T) {
	t.Parallel()
	const invalid = "Policy contains a statement with one or more invalid principals."
	const admin = "arn:aws:iam::" + account + ":user/kmstest"
	create := func(t *testing.T, srv *kmstest.Server, arns ...string) error {
		t.Helper()
		_, err := srv.API().CreateKey(t.Context(), &kms.CreateKeyInput{Policy: str(policyFor(append(arns, admin)...))})
		return err
	}

	t.Run("have to have the form of one", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		for _, arn := range []string{"arn:aws:iam::111122223333:group/staff", "arn:aws:iam::111122223333:role/*", "somebody"} {
			refused(t, create(t, srv, arn), "MalformedPolicyDocumentException", invalid)
		}
		for _, arn := range []string{"arn:aws:iam:::root", "arn:aws:iam::staging:role/app", "arn:aws:iam::1111222233334:root", "arn:aws:iam"} {
			refused(t, create(t, srv, arn), "InvalidArnException", "An ARN in the specified key policy is invalid.")
		}
		require.NoError(t, create(t, srv, "*", other, role(other, "nobody"), "AIDACKCEVSQ6C2EXAMPLE"))
		_, err := srv.API().CreateKey(t.Context(), &kms.CreateKeyInput{BypassPolicyLockoutSafetyCheck: true, Policy: str(
			`{"Statement":[{"Effect":"Allow","Principal":{"Service":"logs.amazon.com"},"Action":"kms:*","Resource":"*"}]}`)})
		refused(t, err, "MalformedPolicyDocumentException", invalid)
	})

	t.Run("have to exist if the Server knows who does", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithKnownPrincipals(role(account, "app"), "arn:aws:sts::"+other+":assumed-role/batch/1"))
		known := []string{
			"*", account, "arn:aws:iam::" + account + ":root", other, role(account, "app"), role(other, "batch"),
			"arn:aws:sts::" + other + ":assumed-role/batch/1", srv.Principal(role(account, "app")).UniqueID(),
		}
		require.NoError(t, create(t, srv, known...))
		for _, arn := range []string{
			"999999999999", "arn:aws:iam::999999999999:root", role(account, "reader"), "arn:aws:iam::" + account + ":user/app",
			"arn:aws:sts::" + other + ":assumed-role/batch/2", "AIDACKCEVSQ6C2EXAMPLE",
		} {
			refused(t, create(t, srv, append(known, arn)...), "MalformedPolicyDocumentException", invalid)
		}
		srv.Principal(role(account, "reader"))
		require.NoError(t, create(t, srv, role(account, "reader")))
		_, err := srv.API().PutKeyPolicy(t.Context(), &kms.PutKeyPolicyInput{
			KeyId: newKey(t, srv.API()).KeyId, Policy: str(policyFor(role(account, "writer"))), BypassPolicyLockoutSafetyCheck: true,
		})
		refused(t, err, "MalformedPolicyDocumentException", invalid)

		in := newGrant(newKey(t, srv.API()))
		in.GranteePrincipal = str(role(account, "writer"))
		_, err = srv.API().CreateGrant(t.Context(), in)
		refused(t, err, "InvalidArnException", "ARN does not refer to a valid principal: "+role(account, "writer"))
		in.GranteePrincipal, in.RetiringPrincipal = str(role(account, "app")), str(role(account, "reader"))
		_, err = srv.API().CreateGrant(t.Context(), in)
		require.NoError(t, err)
	})

	t.Run("that are known have to have ARNs", func(t *testing.T) {
		t.Parallel()
		assert.Panics(t, func() { kmstest.New(kmstest.WithKnownPrincipals("somebody")) })
	})
}

func TestWithStrictPolicies(t *testing.T) {
	t.Parallel()
	const admin = `{"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":"kms:*","Resource":"*"}`
	statements := map[string]string{
		`{"Sid":"Odd","Effect":"Allow","Principal":"*","Action":"kms:Decyrpt","Resource":"*"}`:                     `statement 2 ("Odd"): Action "kms:Decyrpt" is no action of KMS`,
		`{"Effect":"Allow","Principal":"*","Action":["s3:*","kms:Decrypt"],"Resource":"*"}`:                        `statement 2: Action "s3:*" is for another service`,
		`{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"StringIs":{}}}`:                `statement 2: unknown condition operator "StringIs"`,
		`{"Effect":"Deny","Principal":"*","Action":"kms:*"}`:                                                       `statement 2: no Resource, so it has no effect`,
		`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"Bool":{"kms:Quantum":true}}}`: `statement 2: unknown condition key "kms:Quantum"`,
	}
	put := func(t *testing.T, srv *kmstest.Server, statement string) error {
		t.Helper()
		_, err := srv.API().PutKeyPolicy(t.Context(), &kms.PutKeyPolicyInput{
			KeyId: newKey(t, srv.API()).KeyId, Policy: str(`{"Statement":[` + admin + "," + statement + `]}`),
			BypassPolicyLockoutSafetyCheck: true,
		})
		return err
	}

	t.Run("refuses what means nothing, by name", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithStrictPolicies())
		for statement, text := range statements {
			refused(t, put(t, srv, statement), "MalformedPolicyDocumentException", "kmstest is strict about policies: "+text)
		}
		require.NoError(t, put(t, srv, `{"Effect":"Allow","Principal":"*","Action":"kms:Decrypt","Resource":"*"}`))
	})

	t.Run("is not how KMS is", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New()
		for statement := range statements {
			require.NoError(t, put(t, srv, statement), statement)
		}
	})

	t.Run("knows the actions of all operations", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithStrictPolicies())
		api := reflect.TypeFor[*kmstest.API]()
		actions := []string{"kms:ReEncryptFrom", "kms:ReEncryptTo"}
		for method := range api.Methods() {
			if name := method.Name; name != "ReEncrypt" {
				actions = append(actions, "kms:"+name)
			}
		}
		assert.NotPanics(t, func() { srv.Principal(role(account, "all"), allow(actions...)) })
	})

	t.Run("is about identity policies too, where other services are at home", func(t *testing.T) {
		t.Parallel()
		srv := kmstest.New(kmstest.WithStrictPolicies())
		assert.NotPanics(t, func() { srv.Principal(role(account, "app"), allow("s3:GetObject")) })
		assert.PanicsWithValue(t, `kmstest: an identity policy of `+role(account, "app")+`: statement 1: Action "kms:Decyrpt" is no action of KMS`,
			func() { srv.Principal(role(account, "app"), allow("kms:Decyrpt")) })
	})
}
