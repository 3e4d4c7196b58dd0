// Package policy decides whether policies allow a KMS request.
//
// It knows policy documents, requests and decisions, and nothing of keys,
// grants, permissions boundaries, service control policies or the wire.
//
// # The decision
//
// A Deny that applies, in the key policy or in an identity policy, ends the
// matter. Otherwise the key policy must speak for the caller, for nothing else
// counts without it:
//
//   - It names the caller: the user, the role of a session, the session itself,
//     the service, or everyone. Within the account of the key that is enough.
//   - It names the account of the caller, which hands the decision to identity
//     policies. One of them must allow the request too. The account's root user
//     has no identity policies and needs none.
//   - A caller from another account needs both sides, whichever way it is named.
//
// Operations that use no key (ListKeys, CreateKey, the alias half of CreateAlias)
// are decided by identity policies alone.
//
// # What is not known
//
// A statement that cannot be understood must never widen access. An Allow with
// an unknown condition operator, an unparsable value or an unknown aws: or kms:
// condition key never applies. A Deny with an unknown operator or an unparsable
// value applies as if that condition held; a condition key that is not known is
// one that the request does not have. [Policy.Unknown] reports all of them.
package policy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kmskit/kmskit"
)

// Policy is a policy document made ready for evaluation. It never changes, and
// is safe for concurrent use.
type Policy struct {
	statements []statement
	// What the statements name, each once, however many of them name it: a request
	// is compared with it once.
	actions    []pattern
	resources  []pattern
	conditions []condition
	keys       []string

	unknown          []string
	foreign          []string
	principals       []string
	overlyPermissive string
}

// Compile parses what a document holds: wildcards, variables, ARNs, numbers,
// dates and address ranges. It keeps nothing of the document. A nil document is
// an empty policy. What cannot be understood is not an error: see
// [Policy.Unknown].
func Compile(doc *kmskit.PolicyDocument) *Policy {
	c := compiler{policy: &Policy{}, seen: map[string]int{}}
	if doc == nil {
		return c.policy
	}
	c.variables = doc.Version == version2012
	c.policy.statements = make([]statement, len(doc.Statement))
	for i := range doc.Statement {
		c.index = i
		c.compile(&c.policy.statements[i], &doc.Statement[i])
	}
	return c.policy
}

// Unknown returns what the policy holds that has no meaning here, one sentence
// each, in the order of the statements: unknown operators and condition keys,
// values that cannot be parsed, principals that name nobody, elements that are
// missing. It is empty for a policy that is fully understood.
func (p *Policy) Unknown() []string {
	return slices.Clone(p.unknown)
}

// Foreign returns the actions of other services that the policy has, one sentence
// each. In a key policy they mean nothing.
func (p *Policy) Foreign() []string {
	return slices.Clone(p.foreign)
}

// Principals returns whom the policy names in Principal and NotPrincipal elements,
// in the order of the statements: account IDs, ARNs, unique IDs, names of services
// and whatever else there is, but not "*" and not identity providers.
func (p *Policy) Principals() []string {
	return slices.Clone(p.principals)
}

// OverlyPermissive returns the text with which KMS refuses a policy that applies
// ForAllValues to an encryption context pair or to a request tag, because such a
// condition holds for requests without the pair. It is empty for other policies.
//
// https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
func (p *Policy) OverlyPermissive() string {
	return p.overlyPermissive
}

// version2012 is the policy language that has policy variables.
const version2012 = "2012-10-17"

// statement is one compiled statement.
type statement struct {
	index int // in Policy.statements
	sid   string
	deny  bool
	// inert says why the statement never applies, unclear what in it was not
	// understood. An Allow that is unclear never applies. A Deny may, with the
	// parts that are unclear counting as matched.
	inert   string
	unclear string

	principal  principals
	action     element
	resource   element
	conditions []int // in Policy.conditions
}

// element is an Action or Resource element, or its Not form.
type element struct {
	not        bool
	unclear    bool
	everything bool // it covers every request, whatever else is in it
	patterns   bits // in Policy.actions or Policy.resources
}

// covers reports whether the element is about a request that matches some of the
// patterns.
func (l *element) covers(matching bits) bool {
	return l.unclear || l.patterns.meet(matching) != l.not
}

// isOpen reports whether the element leaves out something that has no value in
// the request, so that nobody can tell what.
func (l *element) isOpen(valueless bits) bool {
	return l.not && l.patterns.meet(valueless)
}

// bits is a set of small numbers.
type bits []uint64

// words is how many words a set of the numbers below n has.
func words(n int) int {
	return (n + 63) / 64
}

func (b *bits) add(i int) {
	for len(*b) <= i/64 {
		*b = append(*b, 0)
	}
	(*b)[i/64] |= 1 << (i % 64)
}

// has reports whether a number is in the set.
func (b bits) has(i int) bool {
	return i/64 < len(b) && b[i/64]&(1<<(i%64)) != 0
}

// meet reports whether two sets have a number in common. The other one must have
// room for all numbers of this one.
func (b bits) meet(other bits) bool {
	for i, word := range b {
		if word&other[i] != 0 {
			return true
		}
	}
	return false
}

// compiler compiles one document and reports on it.
type compiler struct {
	policy    *Policy
	variables bool
	index     int // of the statement
	// seen has the index of each pattern, condition and key that the policy has.
	seen map[string]int
}

func (c *compiler) report(format string, args ...any) string {
	c.policy.unknown = append(c.policy.unknown, c.text(format, args...))
	return fmt.Sprintf(format, args...)
}

// text is a sentence about the statement.
func (c *compiler) text(format string, args ...any) string {
	sid := c.policy.statements[c.index].sid
	return statementName(c.index, sid) + ": " + fmt.Sprintf(format, args...)
}

// once returns the index of something that the policy has, or adds it to its
// list of such things.
func once[T any](c *compiler, list *[]T, name string, compile func() T) int {
	i, ok := c.seen[name]
	if !ok {
		i = len(*list)
		c.seen[name] = i
		*list = append(*list, compile())
	}
	return i
}

func (c *compiler) compile(s *statement, source *kmskit.Statement) {
	s.index, s.sid = c.index, source.Sid
	s.deny = source.Effect == kmskit.Deny
	if !s.deny && source.Effect != kmskit.Allow {
		s.inert = c.report("unknown Effect %q", source.Effect)
	}
	c.compilePrincipal(s, source)
	c.compileElement(s, "Action", &s.action, source.Action, source.NotAction, &c.policy.actions, actionPattern)
	c.compileElement(s, "Resource", &s.resource, source.Resource, source.NotResource, &c.policy.resources, c.resourcePattern)
	c.compileConditions(s, source.Condition)
}

// compileElement compiles an element or its Not form. A name that cannot be read
// makes all of it unclear: to leave one out of a Not form would widen it.
func (c *compiler) compileElement(
	s *statement, name string, l *element, list, not kmskit.StringList,
	patterns *[]pattern, compile func(string) (pattern, error),
) {
	kind := name + ":"
	switch {
	case len(list) > 0 && len(not) > 0:
		l.unclear, s.unclear = true, c.report("both %s and Not%s", name, name)
		return
	case len(not) > 0:
		l.not, list, name = true, not, "Not"+name
	case len(list) == 0:
		s.inert = c.report("no %s, so it has no effect", name)
	}
	for _, value := range list {
		p, err := compile(value)
		if err != nil {
			l.unclear, s.unclear = true, c.report("%s %q %v", name, value, err)
			continue
		}
		if kind == "Action:" {
			c.checkAction(name, value)
		}
		l.everything = l.everything || !l.not && p.coversAll()
		l.patterns.add(once(c, patterns, kind+value, func() pattern { return p }))
	}
}

// actionPattern compiles the name of an action, whose case does not matter.
func actionPattern(name string) (pattern, error) {
	if name != "*" && !strings.Contains(name, ":") {
		return pattern{}, errors.New("lacks the prefix of a service, such as kms: in kms:Decrypt")
	}
	return newPattern(text{literal: encodeWildcards(strings.ToLower(name))}), nil
}

// resourcePattern compiles a resource ARN. A wildcard stands for characters of
// its own part of the ARN; only a * that ends a part may reach into the next
// ones. No resource of KMS has more than the five colons of an ARN, so that a
// plain wildcard match of a whole ARN is the same as a match part by part, and
// only shorter patterns need a look.
func (c *compiler) resourcePattern(name string) (pattern, error) {
	if strings.Count(name, ":") < 5 && !strings.HasSuffix(name, "*") {
		return pattern{}, errNotARN
	}
	t, err := c.parseText(name, true)
	return newPattern(t), err
}

func (c *compiler) compileConditions(s *statement, conditions kmskit.Condition) {
	for _, operator := range slices.Sorted(maps.Keys(conditions)) {
		if _, known := findOperator(operator); !known {
			s.unclear = c.report("unknown condition operator %q", operator)
			continue
		}
		keys := conditions[operator]
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			s.conditions = append(s.conditions, c.compileCondition(s, operator, key, keys[key]))
		}
	}
}

// statementName names a statement in reports as ParsePolicyDocument does.
func statementName(index int, sid string) string {
	if sid == "" {
		return fmt.Sprintf("statement %d", index+1)
	}
	return fmt.Sprintf("statement %d (%q)", index+1, sid)
}
