package conformance

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

var policyRules = []rule{
	{
		"GetKeyPolicy", "of a key that was made without one is the default",
		"The default key policy leaves everything to the IAM policies of the account. The one policy of a key is called default.",
		func(t *trial) {
			k := t.shared(symmetric)
			out := answer(t, t.GetKeyPolicy, &kms.GetKeyPolicyInput{KeyId: k.Arn})
			t.members("Policy", "PolicyName")
			equal(t, "PolicyName", *out.PolicyName, "default")
			want := map[string]any{
				"Version": "2012-10-17", "Id": "key-default-1", "Statement": statement{
					"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Principal": map[string]any{"AWS": root(k.KeyMetadata)},
					"Action": "kms:*", "Resource": "*",
				},
			}
			b, err := json.Marshal(want)
			t.noError(err)
			t.that("the policy is the default one, and not "+*out.Policy, sameJSON(*out.Policy, string(b)))
		},
	},
	{
		"GetKeyPolicy", "of another name is NotFound",
		"There is no policy but default.",
		func(t *trial) {
			refusal(t, t.GetKeyPolicy, &kms.GetKeyPolicyInput{KeyId: t.shared(symmetric).KeyId, PolicyName: aws.String("other")}, "NotFoundException")
		},
	},
	{
		"PutKeyPolicy", "has no output, and GetKeyPolicy tells the new one",
		"PutKeyPolicy replaces all of the policy.",
		func(t *trial) {
			k := t.newKey()
			policy := policyOf(allowing(root(k)), denyingAll("kms:GenerateMac"))
			answer(t, t.PutKeyPolicy, &kms.PutKeyPolicyInput{KeyId: k.KeyId, Policy: &policy, PolicyName: aws.String("default")})
			t.empty()
			answerThat(t, t.GetKeyPolicy, &kms.GetKeyPolicyInput{KeyId: k.KeyId}, func(out *kms.GetKeyPolicyOutput) string {
				return unless(sameJSON(*out.Policy, policy), "the policy is %s", *out.Policy)
			})
		},
	},
	{
		"PutKeyPolicy", "decides from then on",
		"A denial in the key policy counts for its own action only, and is gone with the policy.",
		func(t *trial) {
			k := t.newKey()
			t.putPolicy(k, allowing(root(k)), denyingAll("kms:Encrypt"))
			refusal(t, t.Encrypt, &kms.EncryptInput{KeyId: k.KeyId, Plaintext: plaintext}, "AccessDeniedException")
			answer(t, t.GenerateDataKey, &kms.GenerateDataKeyInput{KeyId: k.KeyId, KeySpec: types.DataKeySpecAes256})
			t.putPolicy(k, allowing(root(k)))
			answer(t, t.Encrypt, &kms.EncryptInput{KeyId: k.KeyId, Plaintext: plaintext})
		},
	},
	{
		"PutKeyPolicy", "a condition on the encryption context is looked at",
		"In a condition, kms:EncryptionContext:<key> is what the request has under that key.",
		func(t *trial) {
			k := t.newKey()
			s := denyingAll("kms:Encrypt")
			s["Condition"] = map[string]any{"StringEquals": map[string]any{"kms:EncryptionContext:tenant": "red"}}
			t.putPolicy(k, allowing(root(k)), s)
			in := &kms.EncryptInput{KeyId: k.KeyId, Plaintext: plaintext, EncryptionContext: map[string]string{"tenant": "red"}}
			refusal(t, t.Encrypt, in, "AccessDeniedException")
			in.EncryptionContext["tenant"] = "blue"
			answer(t, t.Encrypt, in)
		},
	},
	{
		"PutKeyPolicy", "that locks the caller out is MalformedPolicyDocument",
		"The caller must be able to put another policy after this one, unless the check is bypassed.",
		func(t *trial) {
			k := t.shared(symmetric)
			refusal(t, t.PutKeyPolicy, &kms.PutKeyPolicyInput{
				KeyId: k.KeyId, Policy: aws.String(policyOf(allowing(root(k.KeyMetadata), "kms:Encrypt"))),
			}, "MalformedPolicyDocumentException")
		},
	},
	{
		"PutKeyPolicy", "what is no policy is MalformedPolicyDocument",
		"A policy is JSON, with elements that are known and statements that have what they need.",
		func(t *trial) {
			k := t.shared(symmetric)
			noEffect := allowing(root(k.KeyMetadata))
			delete(noEffect, "Effect")
			noPrincipal := allowing(root(k.KeyMetadata))
			delete(noPrincipal, "Principal")
			unknown := allowing(root(k.KeyMetadata))
			unknown["Colour"] = "blue"
			for _, text := range []string{
				"no JSON", "{}", "[]", policyOf(noEffect), policyOf(unknown),
				policyOf(allowing(root(k.KeyMetadata)), noPrincipal),
			} {
				refusal(t, t.PutKeyPolicy, &kms.PutKeyPolicyInput{KeyId: k.KeyId, Policy: &text}, "MalformedPolicyDocumentException")
			}
		},
	},
	{
		"PutKeyPolicy", "a statement without an action or a resource is fine",
		"It has no effect, and KMS does not say so.",
		func(t *trial) {
			k := t.newKey()
			for _, missing := range []string{"Action", "Resource"} {
				s := allowing(root(k))
				delete(s, missing)
				answer(t, t.PutKeyPolicy, &kms.PutKeyPolicyInput{KeyId: k.KeyId, Policy: aws.String(policyOf(allowing(root(k)), s))})
			}
		},
	},
	{
		"PutKeyPolicy", "for an ARN without an account is InvalidArn",
		"Principals are named by ARNs with the ID of an account.",
		func(t *trial) {
			k := t.shared(symmetric)
			for _, arn := range []string{"arn:aws:iam:::root", "arn:aws:iam::staging:root"} {
				refusal(t, t.PutKeyPolicy, &kms.PutKeyPolicyInput{
					KeyId: k.KeyId, Policy: aws.String(policyOf(allowing(root(k.KeyMetadata)), allowing(arn))),
				}, "InvalidArnException")
			}
		},
	},
	{
		"PutKeyPolicy", "over 32 KiB is LimitExceeded",
		"A key policy has 32,768 bytes at most.",
		func(t *trial) {
			k := t.shared(symmetric)
			refusal(t, t.PutKeyPolicy, &kms.PutKeyPolicyInput{KeyId: k.KeyId, Policy: aws.String(longPolicy(k.KeyMetadata))}, "LimitExceededException")
		},
	},
	{
		"ListKeyPolicies", "has default and nothing else",
		"A key has exactly one policy.",
		func(t *trial) {
			out := answer(t, t.ListKeyPolicies, &kms.ListKeyPoliciesInput{KeyId: t.shared(symmetric).Arn})
			t.members("PolicyNames", "Truncated")
			equal(t, "PolicyNames", out.PolicyNames, []string{"default"})
		},
	},
}

// A statement is one of a policy document.
type statement map[string]any

// allowing is a statement that allows a principal those actions, or everything.
func allowing(principal string, actions ...string) statement {
	if actions == nil {
		actions = []string{"kms:*"}
	}
	return statement{"Sid": "allow", "Effect": "Allow", "Principal": map[string]any{"AWS": principal}, "Action": actions, "Resource": "*"}
}

// denyingAll is a statement that denies everybody those actions.
func denyingAll(actions ...string) statement {
	return statement{"Sid": "deny", "Effect": "Deny", "Principal": "*", "Action": actions, "Resource": "*"}
}

func policyOf(statements ...statement) string {
	b, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err) // There is nothing but text in it.
	}
	return string(b)
}

// defaultPolicy is what KMS gives a key without a policy.
func defaultPolicy(k *types.KeyMetadata) string { return policyOf(allowing(root(k))) }

// longPolicy is a policy that is fine but for its length.
func longPolicy(k *types.KeyMetadata) string {
	var statements []statement
	for i := range 40 {
		s := allowing(root(k))
		s["Sid"] = fmt.Sprintf("%d%s", i, strings.Repeat("x", 1000))
		statements = append(statements, s)
	}
	return policyOf(statements...)
}

func (t *trial) putPolicy(k *types.KeyMetadata, statements ...statement) {
	t.Helper()
	answer(t, t.PutKeyPolicy, &kms.PutKeyPolicyInput{KeyId: k.KeyId, Policy: aws.String(policyOf(statements...))})
}

// sameJSON reports whether two documents are the same but for their layout, and
// for a list of one, which AWS may print as its element.
func sameJSON(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	return reflect.DeepEqual(unwrapped(x), unwrapped(y))
}

func unwrapped(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = unwrapped(v[i])
		}
		if len(v) == 1 {
			return v[0]
		}
	case map[string]any:
		for name := range v {
			v[name] = unwrapped(v[name])
		}
	}
	return v
}
