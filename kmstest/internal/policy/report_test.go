package policy_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/internal/policyfacts"
	"github.com/kmskit/kmskit/kmstest/internal/policy"
)

func TestCompile_nil(t *testing.T) {
	t.Parallel()
	c := decisionCase{who: user(home, "alice")}
	empty := policy.Compile(nil)
	assert.Empty(t, empty.Unknown())
	assert.Equal(t, policy.NoResourcePolicy, policy.Evaluate(c.request(), empty, nil).Outcome)
	assert.Equal(t, policy.NoIdentityPolicy, policy.Evaluate(c.request(), nil, []*policy.Policy{empty, nil}).Outcome)
}

func TestEvaluate_incompleteRequests(t *testing.T) {
	t.Parallel()
	key := policy.Compile(parse(t, everyone+`, {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {
		"StringEquals": {"aws:PrincipalTag/a": "b"}, "Null": {"aws:userid": "false"}}}`))

	t.Run("nobody is let in by a policy for everyone only as another account is", func(t *testing.T) {
		t.Parallel()
		request := &policy.Request{Action: "kms:Decrypt", Resource: keyARN, ResourceAccount: home}
		assert.Equal(t, policy.NoIdentityPolicy, policy.Evaluate(request, key, nil).Outcome)
	})
	t.Run("an account that is not known is not that of the key", func(t *testing.T) {
		t.Parallel()
		request := &policy.Request{Principal: &policy.Principal{Kind: policy.User}, Action: "kms:Decrypt", Resource: keyARN}
		assert.Equal(t, policy.NoIdentityPolicy, policy.Evaluate(request, key, nil).Outcome)
	})
	t.Run("a kind of principal that there is not is nobody", func(t *testing.T) {
		t.Parallel()
		request := &policy.Request{Principal: &policy.Principal{Kind: 77, Account: home}, Action: "kms:Decrypt", Resource: keyARN, ResourceAccount: home}
		named := policy.Compile(parse(t, allow(`{"AWS": "arn:aws:iam::210987654321:user/alice"}`)))
		assert.False(t, policy.Evaluate(request, named, nil).Allowed())
	})
	t.Run("a lookup that returns nil says that there is no value", func(t *testing.T) {
		t.Parallel()
		request := (&decisionCase{who: user(home, "alice")}).request()
		request.Context = func(dst []string, key string) []string {
			if key == "kms:keyspec" {
				return append(dst, "RSA_2048")
			}
			return nil
		}
		policies := policy.Compile(parse(t, `{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {
			"StringEquals": {"kms:KeySpec": "RSA_2048"}, "StringNotEquals": {"kms:KeyUsage": "x"}, "StringLike": {"kms:KeySpec": "RSA*"}}}`))
		assert.True(t, policy.Evaluate(request, policies, nil).Allowed())
	})
}

func TestPolicy_manyPatternsAndConditions(t *testing.T) {
	t.Parallel()
	// More than one word of bits, and more than the room that an evaluation has.
	statements := make([]string, 0, 200)
	for i := range 200 {
		n := strings.Repeat("x", i)
		statements = append(statements, `{"Effect": "Allow", "Principal": "*", "Action": "kms:Op`+n+`", "Resource": "`+keyARN+n+`",
			"Condition": {"StringEquals": {"kms:EncryptionContext:k`+n+`": "`+n+`"}}}`)
	}
	key := policy.Compile(parse(t, strings.Join(statements, ",")))
	for _, i := range []int{0, 63, 64, 65, 127, 128, 199} {
		n := strings.Repeat("x", i)
		c := decisionCase{who: user(home, "alice"), action: "kms:Op" + n, resource: keyARN + n, context: context("kms:EncryptionContext:k"+n, n)}
		decision := policy.Evaluate(c.request(), key, nil)
		assert.True(t, decision.Allowed(), i)
		assert.Equal(t, i, decision.By.Statement)
		c.resource = keyARN
		if i > 0 {
			assert.False(t, policy.Evaluate(c.request(), key, nil).Allowed(), i)
		}
	}
}

func TestPolicy_Unknown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, statement, want string }{
		{"an action without a prefix", action(`"Action": "Decrypt"`), `Action "Decrypt" lacks the prefix of a service`},
		{"a misspelt action", action(`"Action": ["kms:Decrypt", "kms:Decyrpt"]`), `Action "kms:Decyrpt" is no action of KMS`},
		{"a pattern without actions", action(`"Action": "KMS:Decript*"`), `Action "KMS:Decript*" is no action of KMS`},
		{"a misspelt action left out", `{"Effect": "Deny", "Principal": "*", "NotAction": "kms:Decyrpt", "Resource": "*"}`, `NotAction "kms:Decyrpt" is no action of KMS`},
		{"no action", `{"Effect": "Allow", "Principal": "*", "Resource": "*"}`, `no Action, so it has no effect`},
		{"no resource", `{"Effect": "Allow", "Principal": "*", "Action": "*"}`, `no Resource, so it has no effect`},
		{"a resource", `{"Effect": "Allow", "Principal": "*", "Action": "*", "NotResource": "key/1"}`, `NotResource "key/1" is not an ARN`},
		{"a variable in a resource", `{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "arn:aws:kms:*:*:key/${aws:Nope}"}`, `the policy variable ${aws:Nope}`},
		{"a wildcard in a principal", allow(`{"AWS": "arn:aws:iam::210987654321:user/*"}`), `Principal AWS "arn:aws:iam::210987654321:user/*" names nobody`},
		{"a group", allow(`{"AWS": "arn:aws:iam::210987654321:group/staff"}`), `names nobody`},
		{"a role session without a session", allow(`{"AWS": "arn:aws:sts::210987654321:assumed-role/ledger"}`), `names nobody`},
		{"an account with eleven digits", allow(`{"AWS": "21098765432"}`), `names nobody`},
		{"an ARN of another service", allow(`{"AWS": "arn:aws:s3::210987654321:user/alice"}`), `names nobody`},
		{"a canonical user", allow(`{"CanonicalUser": "79a59df900b949e55d96a1e698fbaced"}`), `names nobody that KMS knows`},
		{"NotPrincipal with Allow", `{"Effect": "Allow", "NotPrincipal": {"AWS": "345678901234"}, "Action": "*", "Resource": "*"}`, `NotPrincipal in a statement that is not a Deny`},
		{"a key of another service", action(`"Condition": {"StringEquals": {"s3:prefix": "x"}}, "Action": "*"`), `condition key "s3:prefix" is one that a KMS request does not have`},
		{"many values without a set operator", action(`"Condition": {"StringEquals": {"aws:TagKeys": "x"}}, "Action": "*"`), `condition key "aws:TagKeys" has many values, so that StringEquals never holds without ForAnyValue or ForAllValues`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			doc := parse(t, everyone+","+c.statement)
			doc.Statement[1].Sid = "Odd one"
			unknown := policy.Compile(doc).Unknown()
			if assert.Len(t, unknown, 1) {
				assert.Contains(t, unknown[0], `statement 2 ("Odd one"): `)
				assert.Contains(t, unknown[0], c.want)
			}
		})
	}

	t.Run("a policy that is understood has nothing to report", func(t *testing.T) {
		t.Parallel()
		for _, statements := range []string{consolePolicy, cloudTrail, location, vpcEndpoint, twoVPCs} {
			assert.Empty(t, policy.Compile(parse(t, statements)).Unknown(), statements)
		}
	})

	t.Run("documents that no parser makes are reported too", func(t *testing.T) {
		t.Parallel()
		all := kmskit.StringList{"*"}
		everybody := kmskit.Principal{Everyone: true}
		request := (&decisionCase{who: user(home, "alice")}).request()
		for name, s := range map[string]kmskit.Statement{
			`unknown Effect "Permit"`:          {Effect: "Permit", Principal: everybody, Action: all, Resource: all},
			`both Action and NotAction`:        {Principal: everybody, Action: all, NotAction: kmskit.StringList{"s3:*"}, Resource: all},
			`both Resource and NotResource`:    {Principal: everybody, Action: all, Resource: all, NotResource: kmskit.StringList{"arn:aws:s3:::x"}},
			`both Principal and NotPrincipal`:  {Principal: everybody, NotPrincipal: kmskit.Principal{AWS: kmskit.StringList{away}}, Action: all, Resource: all},
			`unknown condition operator "Odd"`: {Principal: everybody, Action: all, Resource: all, Condition: kmskit.Condition{"Odd": nil}},
		} {
			if s.Effect == "" {
				s.Effect = kmskit.Allow
			}
			allowing := policy.Compile(&kmskit.PolicyDocument{Statement: []kmskit.Statement{s}})
			assert.Contains(t, strings.Join(allowing.Unknown(), "\n"), name)
			assert.False(t, policy.Evaluate(request, allowing, nil).Allowed(), name)
			if s.Effect == "Permit" {
				continue
			}
			s.Effect = kmskit.Deny
			denying := policy.Compile(&kmskit.PolicyDocument{Statement: []kmskit.Statement{s}})
			assert.Equal(t, policy.ExplicitDeny, policy.Evaluate(request, denying, nil).Outcome, name)
		}
	})

	t.Run("what it returns is the caller's to change", func(t *testing.T) {
		t.Parallel()
		p := policy.Compile(parse(t, action(`"Action": "Decrypt"`)))
		p.Unknown()[0] = "overwritten"
		assert.NotEqual(t, "overwritten", p.Unknown()[0])
	})
}

func TestPolicy_Foreign(t *testing.T) {
	t.Parallel()
	p := policy.Compile(parse(t, everyone+","+action(`"Action": ["s3:GetObject", "kms:Decrypt", "*", "*:Get*"]`)))
	assert.Equal(t, []string{`statement 2: Action "s3:GetObject" is for another service`}, p.Foreign())
	assert.Empty(t, p.Unknown(), "an identity policy may have them")
}

func TestPolicy_Principals(t *testing.T) {
	t.Parallel()
	p := policy.Compile(parse(t, everyone+","+allow(`{"AWS": ["345678901234", "*", "x"], "Service": "logs.amazonaws.com", "Federated": "f"}`)+`,
		{"Effect": "Deny", "NotPrincipal": {"AWS": "AROACKCEVSQ6C2EXAMPLE"}, "Action": "*", "Resource": "*"}`))
	assert.Equal(t, []string{"345678901234", "x", "logs.amazonaws.com", "AROACKCEVSQ6C2EXAMPLE"}, p.Principals())

	for name, want := range map[string]bool{
		"345678901234": true, "arn:aws:iam::345678901234:root": true, "arn:aws:iam::345678901234:user/a/b": true,
		"arn:aws:sts::345678901234:assumed-role/a/b": true, "AIDACKCEVSQ6C2EXAMPLE": true, "delivery.logs.amazonaws.com": true,
		"s3.amazonaws.com.cn": true, "": false, "34567890123": false, "arn:aws:iam::345678901234:group/a": false,
		"arn:aws:iam::345678901234:user/*": false, "logs.amazon.com": false, ".amazonaws.com": false, "Logs.amazonaws.com": false,
	} {
		assert.Equal(t, want, policy.IsPrincipal(name), name)
	}
}

func TestPolicy_OverlyPermissive(t *testing.T) {
	t.Parallel()
	conditioned := func(condition string) string {
		return policy.Compile(parse(t, action(`"Condition": {`+condition+`}, "Action": "*"`))).OverlyPermissive()
	}
	assert.Equal(t, "OverlyPermissiveCondition:EncryptionContext: Using the ForAllValues set operator with a single-valued condition key "+
		"matches requests without the specified encryption context or with an unspecified encryption context. To fix, remove ForAllValues.",
		conditioned(`"ForAllValues:StringEquals": {"kms:EncryptionContext:Shop": "Nord"}`))
	assert.Contains(t, conditioned(`"ForAllValues:StringLike": {"AWS:RequestTag/Team": "B*"}`), "without the specified tag or with an unspecified tag")
	assert.Empty(t, conditioned(`"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": "Shop"}`))
	assert.Empty(t, conditioned(`"ForAnyValue:StringEquals": {"kms:EncryptionContext:Shop": "Nord"}`))
	assert.Empty(t, conditioned(`"StringEquals": {"kms:EncryptionContext:Shop": "Nord"}`))
}

func TestKeys(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, k := range policyfacts.Keys() {
		assert.False(t, names[strings.ToLower(k.Name)], "%s comes twice", k.Name)
		names[strings.ToLower(k.Name)] = true

		name := k.Name
		if k.Family {
			name += "1"
		}
		operator := "StringEquals"
		if k.List {
			operator = "ForAnyValue:StringEquals"
		}
		for _, name := range []string{name, strings.ToUpper(name)} {
			p := policy.Compile(parse(t, action(`"Condition": {"`+operator+`": {"`+name+`": "x"}}, "Action": "*"`)))
			assert.Empty(t, p.Unknown(), "%s is known", name)
		}
	}
	for _, prefix := range []string{"saml:sub", "cognito-identity.amazonaws.com:sub", "token.actions.githubusercontent.com:aud"} {
		p := policy.Compile(parse(t, action(`"Condition": {"StringEquals": {"`+prefix+`": "x"}}, "Action": "*"`)))
		assert.Empty(t, p.Unknown(), "keys of identity providers are known")
	}
	policyfacts.Keys()[0].Name = "overwritten"
	assert.NotEqual(t, "overwritten", policyfacts.Keys()[0].Name)
}

func TestDecision_texts(t *testing.T) {
	t.Parallel()
	const sentence = "kms:Decrypt"
	for _, c := range []struct {
		decision     policy.Decision
		clause, text string
	}{
		{
			policy.Decision{},
			"because no resource-based policy allows the kms:Decrypt action",
			"refused: the key policy allows it neither to the principal nor to its account",
		},
		{
			policy.Decision{Outcome: policy.NoIdentityPolicy, Through: policy.Source{Side: policy.KeyPolicy, Sid: "Enable IAM policies"}},
			"because no identity-based policy allows the kms:Decrypt action",
			`refused: no identity policy allows it, and statement 1 ("Enable IAM policies") of the key policy leaves it to them`,
		},
		{
			policy.Decision{Outcome: policy.NoIdentityPolicy},
			"because no identity-based policy allows the kms:Decrypt action", "refused: no identity policy allows it",
		},
		{
			policy.Decision{Outcome: policy.ExplicitDeny, By: policy.Source{Side: policy.KeyPolicy, Statement: 2}},
			"with an explicit deny in a resource-based policy", "denied by statement 3 of the key policy",
		},
		{
			policy.Decision{Outcome: policy.ExplicitDeny, By: policy.Source{Side: policy.IdentityPolicy, Policy: 1}},
			"with an explicit deny in an identity-based policy", "denied by statement 1 of identity policy 2",
		},
		{
			policy.Decision{Outcome: policy.Allowed, By: policy.Source{Side: policy.IdentityPolicy}, Through: policy.Source{Side: policy.KeyPolicy}},
			"", "allowed by statement 1 of identity policy 1, which counts because of statement 1 of the key policy",
		},
		{policy.Decision{Outcome: policy.Allowed, By: policy.Source{Side: policy.KeyPolicy}}, "", "allowed by statement 1 of the key policy"},
		{policy.Decision{Outcome: policy.Allowed}, "", "allowed: the root user needs no policy"},
	} {
		assert.Equal(t, c.clause, c.decision.Clause(sentence))
		assert.Equal(t, c.text, c.decision.String())
		assert.Equal(t, c.decision.Outcome == policy.Allowed, c.decision.Allowed())
	}
	assert.Equal(t, "no statement", policy.Source{}.String())
}

func TestExplain(t *testing.T) {
	t.Parallel()
	key := parse(t, enableIAM+`,
		{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::210987654321:user/bob"}, "Action": "kms:*", "Resource": "*"},
		{"Effect": "Allow", "Principal": "*", "Action": "kms:Encrypt", "Resource": "*"},
		{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "arn:aws:kms:*:*:key/other"},
		{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"kms:ViaService": "x"}}},
		{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"kms:KeySpec": "x"}}},
		{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {"kms:New": "x"}}},
		{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"Null": {"aws:ResourceTag/a": "true"}}},
		{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"Bool": {"kms:MultiRegion": "maybe"}}},
		{"Effect": "Deny", "NotPrincipal": {"AWS": ["210987654321", "arn:aws:iam::210987654321:user/alice"]}, "Action": "*", "Resource": "*"},
		{"Effect": "Deny", "Principal": "*", "Action": "*"},
		{"Effect": "Allow", "Action": "*", "Resource": "*"}`)
	c := decisionCase{who: user(home, "alice"), context: context("kms:ViaService", "s3.eu-west-1.amazonaws.com")}
	compiled, identity := compile(key, []*kmskit.PolicyDocument{parse(t, everyone+`,
		{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"NumericLessThan": {"kms:RotationPeriodInDays": "few"}}}`)})
	assert.Equal(t, strings.TrimSpace(`
denied by statement 2 of identity policy 1
statement 1 ("Enable IAM policies") of the key policy (Allow) applies: it names the account of the principal and leaves the decision to identity policies
statement 2 of the key policy (Allow) does not apply: its Principal does not name arn:aws:iam::210987654321:user/alice
statement 3 of the key policy (Allow) does not apply: its actions do not cover kms:Decrypt
statement 4 of the key policy (Allow) does not apply: its resources do not cover `+keyARN+`
statement 5 of the key policy (Allow) does not apply: its condition StringEquals kms:ViaService ["x"] does not hold: the request has ["s3.eu-west-1.amazonaws.com"]
statement 6 of the key policy (Allow) does not apply: its condition StringEquals kms:KeySpec ["x"] does not hold: the request does not have the key
statement 7 of the key policy (Allow) does not apply: its condition StringNotEquals kms:New ["x"] does not hold: the key is unknown
statement 8 of the key policy (Allow) does not apply: its condition Null aws:ResourceTag/a ["true"] does not hold: the key counts in identity policies only
statement 9 of the key policy (Allow) does not apply: Bool kms:MultiRegion has the value "maybe", which is neither "true" nor "false"
statement 10 of the key policy (Deny) does not apply: its NotPrincipal names arn:aws:iam::210987654321:user/alice
statement 11 of the key policy (Deny) does not apply: no Resource, so it has no effect
statement 12 of the key policy (Allow) does not apply: it has no Principal
statement 1 of identity policy 1 (Allow) does not apply: an identity policy may not have a Principal
statement 2 of identity policy 1 (Deny) applies: everything that can be understood matches, but not this: NumericLessThan kms:RotationPeriodInDays has the value "few", which is not a number
`), policy.Explain(c.request(), compiled, identity).String())

	t.Run("every condition that fails is named", func(t *testing.T) {
		t.Parallel()
		strict := policy.Compile(parse(t, action(`"Action": "*", "Condition": {"StringEquals": {
			"kms:KeySpec": ["RSA_2048", "RSA_4096"], "kms:KeyUsage": "SIGN_VERIFY", "kms:ViaService": "x"}}`)))
		c := decisionCase{who: user(home, "alice"), context: context("kms:KeySpec", "ECC_NIST_P256", "kms:ViaService", "x")}
		assert.Equal(t, `its condition StringEquals kms:KeySpec ["RSA_2048" "RSA_4096"] does not hold: the request has ["ECC_NIST_P256"]; `+
			`its condition StringEquals kms:KeyUsage ["SIGN_VERIFY"] does not hold: the request does not have the key`,
			policy.Explain(c.request(), strict, nil).Steps[0].Why)
	})

	t.Run("statements are nearer the more of them matches", func(t *testing.T) {
		t.Parallel()
		var distances []int
		for _, s := range policy.Explain(c.request(), compiled, nil).Steps {
			distances = append(distances, s.Distance)
		}
		assert.Equal(t, []int{0, 3, 5, 2, 1, 1, 1, 1, 4, 3, 6, 3}, distances)
	})

	t.Run("callers without an ARN have a name", func(t *testing.T) {
		t.Parallel()
		named := policy.Compile(parse(t, allow(`{"AWS": "210987654321"}`)))
		c := decisionCase{who: service("s3.amazonaws.com")}
		assert.Contains(t, policy.Explain(c.request(), named, nil).String(), "does not name s3.amazonaws.com")
		c.who = policy.Principal{}
		assert.Contains(t, policy.Explain(c.request(), named, nil).String(), "does not name an anonymous caller")
	})
}

func TestLocksOut(t *testing.T) {
	t.Parallel()
	putPolicy := []string{`{"Effect": "Allow", "Action": "kms:PutKeyPolicy", "Resource": "` + keyARN + `"}`}
	for _, c := range []struct {
		name     string
		key      string
		identity []string
		who      policy.Principal
		want     bool
	}{
		{"the account is named and an identity policy has kms:PutKeyPolicy", enableIAM, putPolicy, user(home, "dora"), false},
		{"the account is named but the caller has no kms:PutKeyPolicy", enableIAM, []string{`{"Effect": "Allow", "Action": "kms:CreateKey", "Resource": "*"}`}, user(home, "dora"), true},
		{"the caller is named", consolePolicy, nil, user(home, "dora"), false},
		{"the caller is named for use only", consolePolicy, nil, user(home, "alice"), true},
		{"others are named", allow(`{"AWS": "arn:aws:iam::210987654321:user/bob"}`), putPolicy, user(home, "dora"), true},
		{"the root user is named by the account", enableIAM, nil, root(home), false},
		{"the root user is not named", `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::210987654321:user/dora"}, "Action": "kms:*", "Resource": "*"}`, nil, root(home), true},
		{"the caller is denied", consolePolicy + `, {"Effect": "Deny", "Principal": "*", "Action": "kms:Put*", "Resource": "*"}`, nil, user(home, "dora"), true},
		{"the statement for the caller has no Resource", `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::210987654321:user/dora"}, "Action": "kms:*"}`, nil, user(home, "dora"), true},
		{"no statement", " ", putPolicy, user(home, "dora"), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			request := decisionCase{key: c.key, identity: c.identity, who: c.who, action: "kms:CreateKey"}
			key, identity := compile(request.documents(t))
			req := request.request()
			assert.Equal(t, c.want, policy.LocksOut(req, key, identity))
			assert.Equal(t, "kms:CreateKey", req.Action, "the request is not modified")
		})
	}
}
