package policy_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest/internal/policy"
)

// The world of the tests: the account "home" owns the key, "away" is another one.
const (
	home    = "210987654321"
	away    = "345678901234"
	keyARN  = "arn:aws:kms:eu-west-1:" + home + ":key/7f2c9a10-5b3e-4d8f-9a61-0c4e2b7d1f35"
	roleARN = "arn:aws:iam::" + home + ":role/app/ledger"
)

func user(account, name string) policy.Principal {
	return policy.Principal{
		Kind: policy.User, ARN: "arn:aws:iam::" + account + ":user/" + name, Account: account, ID: "AIDA" + idOf(name),
	}
}

// session is a session named nightly of a role in the path /app/.
func session(account, role string) policy.Principal {
	return policy.Principal{
		Kind: policy.Session, ARN: "arn:aws:sts::" + account + ":assumed-role/" + role + "/nightly", Account: account,
		Issuer: "arn:aws:iam::" + account + ":role/app/" + role, ID: "AROA" + idOf(role),
	}
}

func root(account string) policy.Principal {
	return policy.Principal{Kind: policy.Root, ARN: "arn:aws:iam::" + account + ":root", Account: account}
}

func service(name string) policy.Principal {
	return policy.Principal{Kind: policy.Service, Service: name}
}

// federated is a federated user named guest, for whom alice vouches.
func federated() policy.Principal {
	return policy.Principal{
		Kind: policy.FederatedUser, ARN: "arn:aws:sts::" + home + ":federated-user/guest", Account: home,
		Issuer: "arn:aws:iam::" + home + ":user/alice",
	}
}

// throughSAML is the session that a SAML provider named staff gave to erin.
func throughSAML() policy.Principal {
	return policy.Principal{
		Kind: policy.Session, ARN: "arn:aws:sts::" + home + ":assumed-role/staff/erin", Account: home,
		Issuer: "arn:aws:iam::" + home + ":role/staff", Provider: "arn:aws:iam::" + home + ":saml-provider/staff",
	}
}

func idOf(name string) string {
	return strings.ToUpper(name) + strings.Repeat("X", 17-len(name))
}

// values is the context of a request, by the lower-cased name of the key.
type values map[string][]string

func (v values) lookup(dst []string, key string) []string {
	return append(dst, v[key]...)
}

// context makes values of name-value pairs; a name that comes again adds a value.
func context(pairs ...string) values {
	v := values{}
	for i := 0; i < len(pairs); i += 2 {
		key := strings.ToLower(pairs[i])
		v[key] = append(v[key], pairs[i+1])
	}
	return v
}

// decisionCase is one request with the decision that a documented rule demands.
type decisionCase struct {
	// rule is the rule, in one line.
	rule string
	// key holds the statements of the key policy; "" if the operation uses no key.
	key string
	// identity holds the statements of each identity policy.
	identity []string
	who      policy.Principal
	action   string // kms:Decrypt if empty
	resource string // the key if empty
	context  values
	want     policy.Outcome
	// by and through name statements: "key 2", "identity 1.2" is the second
	// statement of the first identity policy.
	by, through string
}

func (c *decisionCase) request() *policy.Request {
	req := &policy.Request{
		Principal: &c.who, Action: c.action, Resource: c.resource, ResourceAccount: home,
		Time: time.Date(2031, time.May, 17, 8, 30, 0, 0, time.UTC), Context: c.context.lookup,
	}
	if req.Action == "" {
		req.Action = "kms:Decrypt"
	}
	if req.Resource == "" {
		req.Resource = keyARN
	}
	return req
}

func (c *decisionCase) documents(t *testing.T) (key *kmskit.PolicyDocument, identity []*kmskit.PolicyDocument) {
	t.Helper()
	if c.key != "" {
		key = parse(t, c.key)
	}
	for _, statements := range c.identity {
		identity = append(identity, parse(t, statements))
	}
	return key, identity
}

func compile(key *kmskit.PolicyDocument, identity []*kmskit.PolicyDocument) (*policy.Policy, []*policy.Policy) {
	var compiled *policy.Policy
	if key != nil {
		compiled = policy.Compile(key)
	}
	list := make([]*policy.Policy, len(identity))
	for i, doc := range identity {
		list[i] = policy.Compile(doc)
	}
	return compiled, list
}

// parse reads a policy from its statements.
func parse(tb testing.TB, statements string) *kmskit.PolicyDocument {
	tb.Helper()
	doc, err := kmskit.ParsePolicyDocument(`{"Version": "2012-10-17", "Statement": [` + statements + `]}`)
	require.NoError(tb, err, statements)
	return doc
}

// sourceName writes a source as the cases do.
func sourceName(s policy.Source) string {
	switch s.Side {
	case policy.KeyPolicy:
		return fmt.Sprintf("key %d", s.Statement+1)
	case policy.IdentityPolicy:
		return fmt.Sprintf("identity %d.%d", s.Policy+1, s.Statement+1)
	default:
		return ""
	}
}

func (c *decisionCase) run(t *testing.T) {
	t.Helper()
	key, identity := compile(c.documents(t))
	got := policy.Evaluate(c.request(), key, identity)
	why := policy.Explain(c.request(), key, identity)
	assert.Equal(t, c.want, got.Outcome, "%s", why)
	assert.Equal(t, c.by, sourceName(got.By), "the statement that decided\n%s", why)
	assert.Equal(t, c.through, sourceName(got.Through), "the statement that let identity policies count\n%s", why)
	assert.Equal(t, got, why.Decision, "Explain decides as Evaluate does")
}

// allCases has every case that is a whole decision. Properties are tested on all
// of them.
func allCases() []decisionCase {
	var all []decisionCase
	for _, group := range [][]decisionCase{principalCases, elementCases, keyPolicyGuideCases, conditionGuideCases} {
		all = append(all, group...)
	}
	return append(all, operatorDecisions()...)
}

func TestEvaluate_rules(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range allCases() {
		require.False(t, seen[c.rule], "two cases for %q", c.rule)
		seen[c.rule] = true
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			c.run(t)
		})
	}
	require.GreaterOrEqual(t, len(seen), 150)
}
