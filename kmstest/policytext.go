package kmstest

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/kmskit/kmskit/kmstest/internal/policy"
)

// effectivePolicy returns the policy of a key with that face, which decides.
func (k *key) effectivePolicy(f face) *policy.Policy {
	if f.policy == nil {
		return k.region.defaultPolicy
	}
	return f.policy.compiled
}

// policyText returns the policy of a key with that face as KMS prints it.
func (k *key) policyText(f face) string {
	if f.policy == nil {
		return defaultPolicyText(k.region.place)
	}
	return f.policy.text
}

// defaultPolicyText is the policy of a key that was made without one: it leaves
// everything to the identity policies of the account.
func defaultPolicyText(p place) string {
	return `{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "` + rootARN(p.region, p.account) + `"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}`
}

// indentPolicy prints a JSON text in the style in which KMS hands policies out,
// which is that of a well-known Java library: blanks around colons and inside
// brackets, and lists that stay on their line.
func indentPolicy(text string) string {
	p := policyPrinter{in: json.NewDecoder(strings.NewReader(text))}
	p.in.UseNumber()
	p.value(p.token())
	return p.out.String()
}

// A policyPrinter prints a text that has been parsed before.
type policyPrinter struct {
	in    *json.Decoder
	out   bytes.Buffer
	depth int
}

func (p *policyPrinter) token() json.Token {
	t, err := p.in.Token()
	if err != nil {
		panic(err) // the text was parsed as a policy before
	}
	return t
}

func (p *policyPrinter) value(t json.Token) {
	switch t {
	case json.Delim('{'):
		p.object()
	case json.Delim('['):
		p.array()
	default:
		p.scalar(t)
	}
}

func (p *policyPrinter) object() {
	p.depth++
	separator := "{"
	for p.in.More() {
		p.out.WriteString(separator)
		p.newLine()
		p.scalar(p.token())
		p.out.WriteString(" : ")
		p.value(p.token())
		separator = ","
	}
	p.token()
	p.depth--
	if separator == "{" {
		p.out.WriteString("{ }")
		return
	}
	p.newLine()
	p.out.WriteString("}")
}

func (p *policyPrinter) array() {
	separator := "[ "
	for p.in.More() {
		p.out.WriteString(separator)
		p.value(p.token())
		separator = ", "
	}
	p.token()
	if separator == "[ " {
		p.out.WriteString("[")
	}
	p.out.WriteString(" ]")
}

func (p *policyPrinter) newLine() {
	p.out.WriteString("\n" + strings.Repeat("  ", p.depth))
}

// scalar writes a string, number or literal, and no escape that JSON does not ask
// for.
func (p *policyPrinter) scalar(t json.Token) {
	e := json.NewEncoder(&p.out)
	e.SetEscapeHTML(false)
	if err := e.Encode(t); err != nil {
		panic(err) // a token of JSON is JSON
	}
	p.out.Truncate(p.out.Len() - len("\n"))
}
