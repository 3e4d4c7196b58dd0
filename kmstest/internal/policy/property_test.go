package policy_test

import (
	"flag"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest/internal/policy"
)

var seedFlag = flag.Uint64("policy.seed", 20310517, "seed of the random policies")

// dice makes random policies and requests from small pools, so that they meet.
type dice struct {
	*rand.Rand
	// wellFormed leaves out what IAM would not take, or a key policy not have, and
	// the older language.
	wellFormed bool
}

func newDice(t *testing.T) dice {
	t.Helper()
	t.Logf("repeat with -policy.seed=%d", *seedFlag)
	return dice{Rand: rand.New(rand.NewPCG(*seedFlag, 0))}
}

func pick[T any](d dice, pool []T) T {
	return pool[d.IntN(len(pool))]
}

// pickFrom picks from a pool whose last entries are malformed.
func pickFrom[T any](d dice, pool []T, malformed int) T {
	if d.wellFormed {
		pool = pool[:len(pool)-malformed]
	}
	return pick(d, pool)
}

// some picks between one and three of a pool whose last entry is malformed.
func (d dice) some(pool []string) kmskit.StringList {
	list := kmskit.StringList{pickFrom(d, pool, 1)}
	for d.IntN(2) == 0 && len(list) < 3 {
		list = append(list, pickFrom(d, pool, 1))
	}
	return list
}

var (
	poolOfPrincipals = []string{
		"*", home, away, "arn:aws:iam::210987654321:root", "arn:aws:iam::345678901234:root",
		"arn:aws:iam::210987654321:user/alice", "arn:aws:iam::345678901234:user/carol", roleARN,
		"arn:aws:sts::210987654321:assumed-role/ledger/nightly", "arn:aws:sts::210987654321:federated-user/guest",
		"AIDA" + idOf("alice"), "AROA" + idOf("ledger"), "arn:aws:iam::210987654321:user/*",
	}
	poolOfCallers = []policy.Principal{
		user(home, "alice"), user(home, "bob"), user(away, "carol"), session(home, "ledger"), session(away, "reader"),
		root(home), root(away), service("s3.amazonaws.com"), federated(),
		{},
	}
	poolOfActions    = []string{"*", "kms:*", "kms:Decrypt", "KMS:DECRYPT", "kms:De*", "kms:?ecrypt", "kms:Encrypt", "kms:ReEncrypt*", "kms:*Data*", "s3:*", "Decrypt"}
	poolOfRequests   = []string{"kms:Decrypt", "kms:Encrypt", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:PutKeyPolicy"}
	poolOfResources  = []string{"*", keyARN, "arn:aws:kms:*:210987654321:key/*", "arn:aws:kms:us-east-1:*:key/*", "arn:aws:kms:*", "arn:aws:kms:eu-west-1:210987654321:key/${aws:username}", "key/1"}
	poolOfConditions = []struct{ operator, key, value string }{
		{"StringEquals", "kms:ViaService", "s3.eu-west-1.amazonaws.com"},
		{"StringNotEquals", "kms:ViaService", "s3.eu-west-1.amazonaws.com"},
		{"StringLikeIfExists", "kms:ViaService", "s3.*"},
		{"StringNotLike", "aws:PrincipalArn", "*:user/*"},
		{"ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/app/*"},
		{"StringEqualsIgnoreCase", "kms:EncryptionContext:Shop", "NORD"},
		{"StringEquals", "kms:EncryptionContext:user", "${aws:username}"},
		{"StringNotEquals", "kms:EncryptionContext:user", "${aws:username, 'nobody'}"},
		{"ForAllValues:StringEquals", "kms:EncryptionContextKeys", "Shop"},
		{"ForAnyValue:StringLike", "kms:EncryptionContextKeys", "S*"},
		{"ForAnyValue:StringNotEquals", "kms:EncryptionContextKeys", "Shop"},
		{"StringEquals", "kms:EncryptionContextKeys", "Shop"},
		{"Null", "kms:EncryptionContextKeys", "true"},
		{"Null", "kms:ViaService", "false"},
		{"NumericLessThan", "kms:RotationPeriodInDays", "180"},
		{"NumericGreaterThanEqualsIfExists", "kms:RotationPeriodInDays", "90.5"},
		{"DateGreaterThan", "aws:CurrentTime", "2031-05-17"},
		{"DateLessThan", "aws:CurrentTime", "2031-01-01T00:00:00Z"},
		{"Bool", "aws:SecureTransport", "true"},
		{"BoolIfExists", "aws:MultiFactorAuthPresent", "true"},
		{"IpAddress", "aws:SourceIp", "203.0.113.0/24"},
		{"NotIpAddress", "aws:SourceIp", "203.0.113.0/24"},
		{"ForAnyValue:StringEquals", "kms:ResourceAliases", "alias/bills"},
		{"StringNotEquals", "aws:ResourceTag/Team", "Blue"},
		{"NumericLessThan", "kms:RotationPeriodInDays", "soon"},
		{"StringMatches", "kms:ViaService", "s3"},
		{"StringNotEquals", "kms:NoSuchKey", "x"},
	}
	poolOfContext = []struct{ key, value string }{
		{"kms:ViaService", "s3.eu-west-1.amazonaws.com"},
		{"kms:ViaService", "rds.eu-west-1.amazonaws.com"},
		{"kms:EncryptionContext:Shop", "Nord"},
		{"kms:EncryptionContext:user", "alice"},
		{"kms:EncryptionContextKeys", "Shop"},
		{"kms:EncryptionContextKeys", "user"},
		{"kms:RotationPeriodInDays", "90"},
		{"kms:RotationPeriodInDays", "365"},
		{"aws:SecureTransport", "true"},
		{"aws:MultiFactorAuthPresent", "false"},
		{"aws:SourceIp", "203.0.113.9"},
		{"aws:SourceIp", "198.51.100.9"},
		{"kms:ResourceAliases", "alias/bills"},
		{"aws:ResourceTag/Team", "Blue"},
	}
)

func (d dice) statement(ofKey bool) kmskit.Statement {
	s := kmskit.Statement{Sid: pick(d, []string{"", "One", "Two"}), Effect: kmskit.Allow}
	if d.IntN(4) == 0 {
		s.Effect = kmskit.Deny
	}
	if ofKey {
		s.Principal.AWS = d.some(poolOfPrincipals)
		switch d.IntN(8) {
		case 0:
			s.Principal = kmskit.Principal{Everyone: true}
		case 1:
			s.Principal = kmskit.Principal{Service: kmskit.StringList{"s3.amazonaws.com"}}
		case 2:
			if d.wellFormed && s.Effect == kmskit.Allow {
				break
			}
			s.Principal, s.NotPrincipal = kmskit.Principal{}, s.Principal
		}
	}
	s.Action = d.some(poolOfActions)
	if d.IntN(8) == 0 {
		s.Action, s.NotAction = nil, s.Action
	}
	s.Resource = d.some(poolOfResources)
	switch d.IntN(10) {
	case 0:
		s.Resource, s.NotResource = nil, s.Resource
	case 1, 2, 3, 4, 5, 6:
		s.Resource = kmskit.StringList{"*"}
	case 7:
		if !d.wellFormed {
			s.Resource = nil
		}
	}
	for d.IntN(2) == 0 {
		malformed := 3
		if ofKey {
			malformed = 5 // key policies do not have two more of the keys
		}
		c := pickFrom(d, poolOfConditions, malformed)
		if s.Condition == nil {
			s.Condition = kmskit.Condition{}
		}
		if s.Condition[c.operator] == nil {
			s.Condition[c.operator] = map[string]kmskit.StringList{}
		}
		s.Condition[c.operator][c.key] = append(s.Condition[c.operator][c.key], c.value)
	}
	return s
}

func (d dice) document(ofKey bool) *kmskit.PolicyDocument {
	doc := &kmskit.PolicyDocument{Version: pickFrom(d, []string{"2012-10-17", "2012-10-17", "2008-10-17", ""}, 2)}
	for range 1 + d.IntN(5) {
		doc.Statement = append(doc.Statement, d.statement(ofKey))
	}
	return doc
}

// scene is a request with the policies that decide on it.
type scene struct {
	req      *policy.Request
	key      *kmskit.PolicyDocument
	identity []*kmskit.PolicyDocument
}

func (s *scene) decide() policy.Decision {
	key, identity := compile(s.key, s.identity)
	return policy.Evaluate(s.req, key, identity)
}

func (s *scene) explain() policy.Explanation {
	key, identity := compile(s.key, s.identity)
	return policy.Explain(s.req, key, identity)
}

// with returns the scene with one statement more in one of its policies.
func (s *scene) with(d dice, effect kmskit.Effect) *scene {
	more := &scene{req: s.req, key: clone(s.key)}
	for _, doc := range s.identity {
		more.identity = append(more.identity, clone(doc))
	}
	which := d.IntN(1 + len(more.identity))
	ofKey := more.key != nil && which == len(more.identity)
	statement := d.statement(ofKey)
	statement.Effect = effect
	switch {
	case ofKey:
		more.key.Statement = slices.Insert(more.key.Statement, d.IntN(1+len(more.key.Statement)), statement)
	case len(more.identity) > 0:
		doc := more.identity[which%len(more.identity)]
		doc.Statement = slices.Insert(doc.Statement, d.IntN(1+len(doc.Statement)), statement)
	}
	return more
}

func clone(doc *kmskit.PolicyDocument) *kmskit.PolicyDocument {
	if doc == nil {
		return nil
	}
	return &kmskit.PolicyDocument{Version: doc.Version, ID: doc.ID, Statement: slices.Clone(doc.Statement)}
}

func (d dice) scene() *scene {
	who := pick(d, poolOfCallers)
	v := values{}
	for range d.IntN(10) {
		c := pick(d, poolOfContext)
		maps.Copy(v, context(c.key, c.value))
	}
	c := decisionCase{who: who, action: pick(d, poolOfRequests), context: v}
	s := &scene{req: c.request()}
	if d.IntN(8) > 0 {
		s.key = d.document(true)
	}
	for range d.IntN(3) {
		s.identity = append(s.identity, d.document(false))
	}
	return s
}

// scenes returns the cases of the rules and random scenes.
func scenes(t *testing.T) (dice, []*scene) {
	t.Helper()
	d := newDice(t)
	cases := allCases()
	all := make([]*scene, 0, len(cases)+1000)
	for _, c := range cases {
		key, identity := c.documents(t)
		all = append(all, &scene{c.request(), key, identity})
	}
	for range 1000 {
		all = append(all, d.scene())
	}
	return d, all
}

func TestEvaluate_properties(t *testing.T) {
	t.Parallel()

	t.Run("the random scenes have every outcome", func(t *testing.T) {
		t.Parallel()
		d := newDice(t)
		count := map[policy.Outcome]int{}
		for range 1000 {
			count[d.scene().decide().Outcome]++
		}
		for _, outcome := range []policy.Outcome{policy.Allowed, policy.ExplicitDeny, policy.NoIdentityPolicy, policy.NoResourcePolicy} {
			assert.Greater(t, count[outcome], 15, "%v", count)
		}
	})

	t.Run("adding an Allow never refuses what was allowed nor lifts a Deny", func(t *testing.T) {
		t.Parallel()
		d, all := scenes(t)
		for _, s := range all {
			before, more := s.decide(), s.with(d, kmskit.Allow)
			if before.Outcome == policy.Allowed || before.Outcome == policy.ExplicitDeny {
				require.Equal(t, before.Outcome, more.decide().Outcome, "%s\nbecame %s", s.explain(), more.explain())
			}
		}
	})

	t.Run("adding a Deny never allows what was refused", func(t *testing.T) {
		t.Parallel()
		d, all := scenes(t)
		for _, s := range all {
			before, more := s.decide(), s.with(d, kmskit.Deny)
			after := more.decide().Outcome
			require.True(t, after == before.Outcome || after == policy.ExplicitDeny, "%s\nbecame %s", s.explain(), more.explain())
		}
	})

	t.Run("the order of statements and of values changes nothing", func(t *testing.T) {
		t.Parallel()
		d, all := scenes(t)
		for _, s := range all {
			shuffled := &scene{req: s.req, key: d.shuffle(s.key)}
			for _, doc := range s.identity {
				shuffled.identity = append(shuffled.identity, d.shuffle(doc))
			}
			d.Shuffle(len(shuffled.identity), func(i, j int) {
				shuffled.identity[i], shuffled.identity[j] = shuffled.identity[j], shuffled.identity[i]
			})
			require.Equal(t, s.decide().Outcome, shuffled.decide().Outcome, "%s\nbecame %s", s.explain(), shuffled.explain())
		}
	})

	t.Run("a policy that is printed and parsed decides the same", func(t *testing.T) {
		t.Parallel()
		_, all := scenes(t)
		for _, s := range all {
			again := &scene{req: s.req, key: reparse(t, s.key)}
			for _, doc := range s.identity {
				again.identity = append(again.identity, reparse(t, doc))
			}
			require.Equal(t, s.decide(), again.decide(), "%s\nbecame %s", s.explain(), again.explain())
		}
	})

	t.Run("what is not understood never widens access", func(t *testing.T) {
		t.Parallel()
		_, all := scenes(t)
		for _, s := range all {
			garbled := &scene{req: s.req, key: garble(s.key)}
			for _, doc := range s.identity {
				garbled.identity = append(garbled.identity, garble(doc))
			}
			if !s.decide().Allowed() {
				require.False(t, garbled.decide().Allowed(), "%s\nbecame %s", s.explain(), garbled.explain())
			}
		}
	})

	t.Run("an explanation decides the same and names the statement among its steps", func(t *testing.T) {
		t.Parallel()
		_, all := scenes(t)
		for _, s := range all {
			why := s.explain()
			require.Equal(t, s.decide(), why.Decision)
			statements := 0
			for _, doc := range append(slices.Clone(s.identity), s.key) {
				if doc != nil {
					statements += len(doc.Statement)
				}
			}
			require.Len(t, why.Steps, statements)
			for _, source := range []policy.Source{why.By, why.Through} {
				if source.Side == policy.NoPolicy {
					continue
				}
				i := slices.IndexFunc(why.Steps, func(step policy.Step) bool { return step.Source == source })
				require.GreaterOrEqual(t, i, 0)
				assert.True(t, why.Steps[i].Applies)
			}
			for _, step := range why.Steps {
				assert.NotEmpty(t, step.Why)
			}
		}
	})

	t.Run("a compiled policy keeps nothing of its document", func(t *testing.T) {
		t.Parallel()
		_, all := scenes(t)
		for _, s := range all {
			if s.key == nil {
				continue
			}
			doc := reparse(t, s.key)
			key, identity := compile(doc, s.identity)
			before := policy.Evaluate(s.req, key, identity)
			for i := range doc.Statement {
				statement := &doc.Statement[i]
				for _, list := range []kmskit.StringList{
					statement.Action, statement.NotAction, statement.Resource, statement.NotResource,
					statement.Principal.AWS, statement.Principal.Service, statement.Principal.Federated, statement.NotPrincipal.AWS,
				} {
					for j := range list {
						list[j] = "overwritten"
					}
				}
				for operator, keys := range statement.Condition {
					for key := range keys {
						keys[key] = kmskit.StringList{"overwritten"}
					}
					delete(statement.Condition, operator)
				}
			}
			require.Equal(t, before, policy.Evaluate(s.req, key, identity))
		}
	})

	t.Run("a compiled policy is safe for concurrent use", func(t *testing.T) {
		t.Parallel()
		d := newDice(t)
		key, identity := compile(d.document(true), []*kmskit.PolicyDocument{d.document(false)})
		var wg sync.WaitGroup
		for range 8 {
			req := d.scene().req
			want := policy.Evaluate(req, key, identity)
			wg.Go(func() {
				for range 200 {
					assert.Equal(t, want, policy.Evaluate(req, key, identity))
				}
			})
		}
		wg.Wait()
	})
}

// shuffle returns a copy with statements and values in another order.
func (d dice) shuffle(doc *kmskit.PolicyDocument) *kmskit.PolicyDocument {
	copied := clone(doc)
	if copied == nil {
		return nil
	}
	d.Shuffle(len(copied.Statement), func(i, j int) {
		copied.Statement[i], copied.Statement[j] = copied.Statement[j], copied.Statement[i]
	})
	for i := range copied.Statement {
		s := &copied.Statement[i]
		for _, list := range []*kmskit.StringList{
			&s.Action, &s.NotAction, &s.Resource, &s.NotResource, &s.Principal.AWS, &s.Principal.Service, &s.NotPrincipal.AWS,
		} {
			*list = d.shuffled(*list)
		}
		condition := kmskit.Condition{}
		for operator, keys := range s.Condition {
			condition[operator] = map[string]kmskit.StringList{}
			for key, list := range keys {
				condition[operator][key] = d.shuffled(list)
			}
		}
		if s.Condition != nil {
			s.Condition = condition
		}
	}
	return copied
}

func (d dice) shuffled(list kmskit.StringList) kmskit.StringList {
	list = slices.Clone(list)
	d.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

func reparse(t *testing.T, doc *kmskit.PolicyDocument) *kmskit.PolicyDocument {
	t.Helper()
	if doc == nil {
		return nil
	}
	again, err := kmskit.ParsePolicyDocument(doc.String())
	require.NoError(t, err, doc)
	return again
}

// garble returns a copy whose condition operators nobody knows.
func garble(doc *kmskit.PolicyDocument) *kmskit.PolicyDocument {
	copied := clone(doc)
	if copied == nil {
		return nil
	}
	for i := range copied.Statement {
		garbled := kmskit.Condition{}
		for operator, keys := range copied.Statement[i].Condition {
			garbled["New"+operator] = keys
		}
		copied.Statement[i].Condition = garbled
	}
	return copied
}
