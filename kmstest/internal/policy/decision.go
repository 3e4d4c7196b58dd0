package policy

import (
	"strconv"
	"time"
)

// Request is what a decision is asked for: one action on one resource. An
// operation that needs several permissions is several requests. It is decided once
// at a time, and is faster than a new one if it is used again.
type Request struct {
	// Principal makes the request. Nil is nobody, to whom only a policy for
	// everyone applies.
	Principal *Principal
	// Action is the permission that is needed, such as "kms:Decrypt".
	Action string
	// Resource is the ARN of the key or alias, "*" for an action that has none.
	Resource string
	// ResourceAccount is the ID of the account that owns the resource.
	ResourceAccount string
	// Time is when the request is made. The zero time is not known.
	Time time.Time
	// Context tells the values of condition keys. Nil tells none.
	Context Lookup

	room *evaluation // for decisions; made by the first one
}

// Clear makes a request that is decided refer to nothing but its Context, for the
// next one.
func (r *Request) Clear() {
	*r = Request{Context: r.Context, room: r.room}
}

// Lookup appends the values that a request has for a condition key to dst, and
// returns the result: dst as it is if the request does not have the key. The key
// is in lower case, as strings.ToLower makes it, with what the policy names in it,
// such as "kms:encryptioncontext:appname" for the pair of AppName.
//
// It is called only for the keys that a policy asks for, and not for those that
// follow from the rest of the [Request]: aws:PrincipalArn and the other keys
// that describe the principal, with aws:FederatedProvider but without
// aws:PrincipalOrgPaths, and aws:ResourceAccount, aws:CurrentTime and
// aws:EpochTime.
type Lookup func(dst []string, key string) []string

// Decision is the answer to a [Request]. The zero Decision refuses.
type Decision struct {
	// Outcome says whether the request is allowed, and if not, why.
	Outcome Outcome
	// By is the statement that decided: the Deny, or the Allow that speaks of the
	// principal. It is zero for a request that nothing allows, and for a root user
	// who needs no policy because the operation uses no key.
	By Source
	// Through is the Allow of the key policy without which identity policies would
	// not have counted. It is zero where there is none, or By says it all.
	Through Source
}

// Allowed reports whether the request is allowed.
func (d Decision) Allowed() bool {
	return d.Outcome == Allowed
}

// Clause returns the part of AWS's AccessDeniedException that tells why an action
// was refused, and "" for a request that was allowed.
func (d Decision) Clause(action string) string {
	switch d.Outcome {
	case Allowed:
		return ""
	case ExplicitDeny:
		if d.By.Side == IdentityPolicy {
			return "with an explicit deny in an identity-based policy"
		}
		return "with an explicit deny in a resource-based policy"
	case NoIdentityPolicy:
		return "because no identity-based policy allows the " + action + " action"
	default:
		return "because no resource-based policy allows the " + action + " action"
	}
}

// String tells the decision in words.
func (d Decision) String() string {
	switch d.Outcome {
	case Allowed:
		if d.By.Side == NoPolicy {
			return "allowed: the root user needs no policy"
		}
		if d.Through.Side != NoPolicy {
			return "allowed by " + d.By.String() + ", which counts because of " + d.Through.String()
		}
		return "allowed by " + d.By.String()
	case ExplicitDeny:
		return "denied by " + d.By.String()
	case NoIdentityPolicy:
		if d.Through.Side != NoPolicy {
			return "refused: no identity policy allows it, and " + d.Through.String() + " leaves it to them"
		}
		return "refused: no identity policy allows it"
	default:
		return "refused: the key policy allows it neither to the principal nor to its account"
	}
}

// Outcome is a decision without its reasons.
type Outcome uint8

// The outcomes. A grant can mend the two that lack an Allow, but not a Deny.
const (
	// NoResourcePolicy refuses: the key policy has no Allow that names the
	// principal or its account.
	NoResourcePolicy Outcome = iota
	// NoIdentityPolicy refuses: the key policy, if the operation uses a key, leaves
	// it to identity policies, and none of them allows it.
	NoIdentityPolicy
	// ExplicitDeny refuses: a statement denies it.
	ExplicitDeny
	// Allowed allows.
	Allowed
)

// Source is a statement of a policy.
type Source struct {
	// Side says which kind of policy it is. The zero Source is no statement.
	Side Side
	// Policy is the index of an identity policy, and 0 for the key policy.
	Policy int
	// Statement is the index of the statement in its policy.
	Statement int
	// Sid is the name of the statement, if it has one.
	Sid string
}

// String names the statement, counting from 1.
func (s Source) String() string {
	switch s.Side {
	case KeyPolicy:
		return statementName(s.Statement, s.Sid) + " of the key policy"
	case IdentityPolicy:
		return statementName(s.Statement, s.Sid) + " of identity policy " + strconv.Itoa(s.Policy+1)
	default:
		return "no statement"
	}
}

// Side is the side of a decision that a policy is on.
type Side uint8

// The sides.
const (
	NoPolicy Side = iota
	KeyPolicy
	IdentityPolicy
)
