package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/internal/policyfacts"
)

// condition is one condition key under one operator.
type condition struct {
	operator string // as the policy has it
	name     string // of the key, as the policy has it
	wanted   []string
	key      int  // in Policy.keys
	list     bool // the key has many values
	// unknown is an aws: or kms: key that KMS may have and this package has not.
	unknown bool
	// identityOnly is a key that KMS leaves out of the evaluation of key policies.
	identityOnly bool
	// unclear is a condition with a value that cannot be read.
	unclear bool

	quantifier policyfacts.Quantifier
	ifExists   bool
	negated    bool
	null       bool // the operator Null; matcher matches "true" or "false"
	matcher    matcher
}

// compileCondition returns the index of a condition. It reports on it anew for
// every statement that has it.
func (c *compiler) compileCondition(s *statement, operator, name string, values kmskit.StringList) int {
	op, _ := findOperator(operator)
	key := strings.ToLower(name)
	known, standing := policyfacts.FindKey(key)
	switch standing {
	case policyfacts.Unknown:
		c.report("unknown condition key %q", name)
	case policyfacts.Foreign:
		c.report("condition key %q is one that a KMS request does not have", name)
	case policyfacts.Known:
	}
	if known.List && op.Quantifier == policyfacts.Single && op.Base != "Null" {
		c.report("condition key %q has many values, so that %s never holds without ForAnyValue or ForAllValues", name, operator)
	}
	if op.Quantifier == policyfacts.AllValues {
		c.checkPermissive(key)
	}
	matcher, err := op.compile(c, values)
	if err != nil {
		s.unclear = c.report("%s %s %v", operator, name, err)
	}
	identity := fmt.Sprintf("Condition:%s:%s:%q", operator, name, values)
	return once(c, &c.policy.conditions, identity, func() condition {
		return condition{
			operator:     operator,
			name:         name,
			wanted:       slices.Clone(values),
			key:          once(c, &c.policy.keys, "Key:"+key, func() string { return key }),
			list:         known.List,
			unknown:      standing == policyfacts.Unknown,
			identityOnly: known.IdentityOnly,
			unclear:      err != nil,
			quantifier:   op.Quantifier,
			ifExists:     op.IfExists,
			negated:      op.Negated,
			null:         op.Base == "Null",
			matcher:      matcher,
		}
	})
}

// checkPermissive notes the keys to which KMS refuses to apply ForAllValues.
func (c *compiler) checkPermissive(key string) {
	var class, what string
	switch {
	case strings.HasPrefix(key, "kms:encryptioncontext:"):
		class, what = "OverlyPermissiveCondition:EncryptionContext", "encryption context"
	case strings.HasPrefix(key, "aws:requesttag/"):
		class, what = "OverlyPermissiveCondition", "tag"
	default:
		return
	}
	c.policy.overlyPermissive = fmt.Sprintf("%s: Using the ForAllValues set operator with a single-valued condition key "+
		"matches requests without the specified %[2]s or with an unspecified %[2]s. To fix, remove ForAllValues.", class, what)
}

// settled reports whether it is beside the point what the request has, because
// the condition cannot be understood, in a statement that denies or allows, of a
// key policy or an identity policy; and whether it holds then.
func (c *condition) settled(deny, keyPolicy bool) (holds, settled bool) {
	switch {
	case c.unclear:
		return deny, true
	case !deny && (c.unknown || c.hidden(keyPolicy)):
		return false, true
	default:
		return false, false
	}
}

// hidden reports whether the key is none that requests have in such a policy.
func (c *condition) hidden(keyPolicy bool) bool {
	return keyPolicy && c.identityOnly
}

// holds reports whether the values of a request meet the condition.
//
// A key without values fails every operator but the negated ones, those with
// IfExists, ForAllValues, and Null. ForAnyValue ignores IfExists, as IAM does.
func (c *condition) holds(e *evaluation, values []string) bool {
	if c.null {
		return c.matcher.match(e, nullness(values))
	}
	switch c.quantifier {
	case policyfacts.AnyValue:
		for _, v := range values {
			if c.test(e, v) {
				return true
			}
		}
		return false
	case policyfacts.AllValues:
		for _, v := range values {
			if !c.test(e, v) {
				return false
			}
		}
		return true
	default:
		if len(values) == 0 {
			return c.negated || c.ifExists
		}
		// A list has to be quantified; IAM fails the condition otherwise.
		return len(values) == 1 && !c.list && c.test(e, values[0])
	}
}

// test compares one value of the request: one of the policy's values must match,
// or none of them under a negated operator.
func (c *condition) test(e *evaluation, value string) bool {
	return c.matcher.match(e, value) != c.negated
}

// nullness is what the operator Null compares with the policy's true or false.
func nullness(values []string) string {
	if len(values) == 0 {
		return "true"
	}
	return "false"
}
