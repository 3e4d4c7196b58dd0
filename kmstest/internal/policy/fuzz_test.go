package policy_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest/internal/policy"
)

// FuzzWildcards compares the wildcards of StringLike with a regular expression.
func FuzzWildcards(f *testing.F) {
	for _, seed := range [][2]string{
		{"", ""},
		{"*", ""},
		{"?", ""},
		{"?", "ä"},
		{"a*b*c", "a-b-b-c"},
		{"*??q!", "€q!"},
		{"**a", "aaa"},
		{"a?c", "abc"},
		{"*ab*abc", "ababcababc"},
		{"a.c", "abc"},
		{"[a-z]*", "x"},
		{"*a*a*a*a*a*a*a*b", strings.Repeat("a", 200)},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, value string) {
		if !utf8.ValidString(pattern) || !utf8.ValidString(value) {
			t.Skip("policies and requests are UTF-8")
		}
		// The older language has no variables, which a regular expression knows nothing of.
		key := policy.Compile(&kmskit.PolicyDocument{Version: "2008-10-17", Statement: []kmskit.Statement{{
			Effect: kmskit.Allow, Principal: kmskit.Principal{Everyone: true}, Action: kmskit.StringList{"*"}, Resource: kmskit.StringList{"*"},
			Condition: kmskit.Condition{"StringLike": {"kms:EncryptionContext:x": {pattern}}},
		}}})
		c := decisionCase{who: user(home, "alice"), context: context("kms:EncryptionContext:x", value)}

		expression := regexp.QuoteMeta(pattern)
		expression = strings.ReplaceAll(expression, `\*`, `.*`)
		expression = strings.ReplaceAll(expression, `\?`, `.`)
		want := regexp.MustCompile(`(?s)\A` + expression + `\z`).MatchString(value)
		assert.Equal(t, want, policy.Evaluate(c.request(), key, nil).Allowed(), "pattern %q, value %q", pattern, value)
	})
}

// FuzzEvaluate evaluates whatever parses. It must not panic, and must explain
// itself without contradiction.
func FuzzEvaluate(f *testing.F) {
	for _, c := range allCases() {
		identity := ""
		if len(c.identity) > 0 {
			identity = c.identity[0]
		}
		f.Add(c.key, identity, uint8(c.who.Kind), c.who.ARN, c.who.Issuer, c.action, "kms:viaservice", "s3.eu-west-1.amazonaws.com")
	}
	f.Fuzz(func(t *testing.T, keyText, identityText string, kind uint8, arn, issuer, action, name, value string) {
		who := policy.Principal{Kind: policy.Kind(kind), ARN: arn, Issuer: issuer, Account: home, Tags: map[string]string{name: value}}
		c := decisionCase{who: who, action: action, context: values{name: {value}}}
		var key *policy.Policy
		var identity []*policy.Policy
		if doc, err := kmskit.ParsePolicyDocument(`{"Version": "2012-10-17", "Statement": [` + keyText + `]}`); err == nil {
			key = policy.Compile(doc)
		}
		if doc, err := kmskit.ParsePolicyDocument(`{"Version": "2012-10-17", "Statement": [` + identityText + `]}`); err == nil {
			identity = append(identity, policy.Compile(doc))
		}
		why := policy.Explain(c.request(), key, identity)
		assert.Equal(t, why.Decision, policy.Evaluate(c.request(), key, identity), "%s", why)
	})
}
