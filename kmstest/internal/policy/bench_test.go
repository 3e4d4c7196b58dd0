package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest/internal/policy"
)

// fifty has fifty statements with conditions, for a key policy or an identity
// policy. All are about the session's role, and only the last one applies.
func fifty(ofKey bool) string {
	var b strings.Builder
	for i := range 50 {
		effect := "Allow"
		if i%5 == 0 {
			effect = "Deny"
		}
		principal := ""
		if ofKey {
			principal = fmt.Sprintf(`"Principal": {"AWS": ["arn:aws:iam::210987654321:user/u%d", "%s"]},`, i, roleARN)
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, `{"Sid": "S%d", "Effect": %q, %s
			"Action": ["kms:Encrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey", "kms:Decrypt"], "Resource": "*",
			"Condition": {
				"StringLike": {"kms:ViaService": ["s3.*.amazonaws.com", "rds.*.amazonaws.com"]},
				"StringEquals": {"kms:EncryptionContext:tenant": "t%d"},
				"Bool": {"aws:SecureTransport": "true"}}}`, i, effect, principal, i)
	}
	return b.String()
}

func BenchmarkEvaluate_fiftyStatements(b *testing.B) {
	session, stranger := session(home, "ledger"), user(home, "stranger")
	// As an engine would do it: from what it holds, without building a map.
	lookup := func(dst []string, key string) []string {
		switch key {
		case "kms:viaservice":
			return append(dst, "s3.eu-west-1.amazonaws.com")
		case "kms:encryptioncontext:tenant":
			return append(dst, "t49")
		case "aws:securetransport":
			return append(dst, "true")
		}
		return dst
	}
	key := policy.Compile(parse(b, fifty(true)))
	identity := []*policy.Policy{policy.Compile(parse(b, fifty(false)))}
	for name, c := range map[string]struct {
		who      *policy.Principal
		key      *policy.Policy
		identity []*policy.Policy
		want     policy.Outcome
	}{
		"key policy":                     {&session, key, nil, policy.Allowed},
		"key policy about others":        {&stranger, key, nil, policy.NoResourcePolicy},
		"identity policy":                {&session, policy.Compile(parse(b, enableIAM)), identity, policy.Allowed},
		"key policy and identity policy": {&session, key, identity, policy.Allowed},
	} {
		req := &policy.Request{Principal: c.who, Action: "kms:Decrypt", Resource: keyARN, ResourceAccount: home, Context: lookup}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if got := policy.Evaluate(req, c.key, c.identity); got.Outcome != c.want {
					b.Fatal(got)
				}
			}
		})
	}
}

func BenchmarkCompile_fiftyStatements(b *testing.B) {
	doc := parse(b, fifty(true))
	b.ReportAllocs()
	for b.Loop() {
		policy.Compile(doc)
	}
}

func BenchmarkEvaluate_defaultPolicy(b *testing.B) {
	key := policy.Compile(parse(b, enableIAM))
	identity := []*policy.Policy{policy.Compile(&kmskit.PolicyDocument{Statement: []kmskit.Statement{{
		Effect: kmskit.Allow, Action: kmskit.StringList{"kms:Decrypt"}, Resource: kmskit.StringList{keyARN},
	}}})}
	who := session(home, "ledger")
	req := &policy.Request{Principal: &who, Action: "kms:Decrypt", Resource: keyARN, ResourceAccount: home}
	b.ReportAllocs()
	for b.Loop() {
		policy.Evaluate(req, key, identity)
	}
}
