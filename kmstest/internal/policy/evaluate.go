package policy

import (
	"strconv"
	"strings"
	"time"
)

// Evaluate decides a request. The key policy is nil for an operation that uses
// no key; such an operation, also one on an alias, is decided by the identity
// policies of the principal. Grants are not policies: who finds no Allow here may
// ask them, who finds an ExplicitDeny may not.
//
// Identity policies are those of the principal: of a session those of its role,
// of a federated user what the policy of the session leaves of the user's.
func Evaluate(req *Request, key *Policy, identity []*Policy) Decision {
	e := newEvaluation(req)
	defer e.end()
	return e.decide(key, identity)
}

// LocksOut reports whether a new key policy would keep the principal of a request
// from calling PutKeyPolicy on the key again. That is what KMS checks before it
// takes a key policy, in CreateKey, PutKeyPolicy and ReplicateKey, unless
// BypassPolicyLockoutSafetyCheck is set: not whether anybody can change the
// policy, but whether the caller can. The caller's identity policies count if the
// new policy hands the decision to them; a caller who has kms:CreateKey but not
// kms:PutKeyPolicy is locked out by a policy that only names the account. Grants
// do not count, since none can give kms:PutKeyPolicy.
//
// The request must have the ARN of the key as its resource; its action is ignored.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
// https://docs.aws.amazon.com/kms/latest/developerguide/customer-managed-policies.html
func LocksOut(req *Request, key *Policy, identity []*Policy) bool {
	again := *req
	again.Action = "kms:PutKeyPolicy"
	return !Evaluate(&again, key, identity).Allowed()
}

// evaluation is the state of one decision.
type evaluation struct {
	req       *Request
	principal *Principal
	action    string
	steps     *[]Step // nil unless somebody wants an explanation

	// What is known of the request with regard to the policy at hand.
	policy    *Policy
	keyPolicy bool
	compared  bool     // actions, resources and valueless are those of the policy
	actions   bits     // the patterns that match
	resources bits     // likewise
	valueless bits     // the resources that have a variable without a value
	settled   []answer // of the conditions
	asked     []span   // of the keys
	values    []string // those of all keys that were asked for
	scratch   []string // those of a variable
}

// answer is what is known of a condition.
type answer uint8

const (
	notAsked answer = iota
	yes
	no
)

// span is where the values of a key are, if they have been asked for.
type span struct {
	from, to int32
	known    bool
}

// newEvaluation returns an evaluation of req, in the room of an earlier one: making
// room for one would be most of what a decision costs.
func newEvaluation(req *Request) *evaluation {
	if req.room == nil {
		req.room = new(evaluation)
	}
	e := req.room
	e.req, e.principal, e.action = req, req.Principal, strings.ToLower(req.Action)
	if e.principal == nil {
		e.principal = &Principal{}
	}
	return e
}

// end keeps the room of e, and nothing of the request.
func (e *evaluation) end() {
	clear(e.values)
	clear(e.scratch)
	e.values, e.scratch = e.values[:0], e.scratch[:0]
	e.req, e.principal, e.action, e.steps, e.policy = nil, nil, "", nil, nil
}

// begin makes room for what becomes known with regard to a policy.
func (e *evaluation) begin(p *Policy, side Side) {
	e.policy, e.keyPolicy, e.compared, e.values = p, side == KeyPolicy, false, e.values[:0]
	if len(p.conditions) > 0 {
		e.settled = zeroed(e.settled, len(p.conditions))
		e.asked = zeroed(e.asked, len(p.keys))
	}
}

// compare compares the request with what the policy names, if that is not done.
func (e *evaluation) compare() {
	if e.compared {
		return
	}
	e.compared = true
	e.valueless = zeroed(e.valueless, words(len(e.policy.resources)))
	e.actions = e.match(e.actions, e.policy.actions, e.action)
	e.resources = e.match(e.resources, e.policy.resources, e.req.Resource)
}

// coversAction reports whether a statement is about the action.
func (e *evaluation) coversAction(s *statement) bool {
	if s.action.everything {
		return true
	}
	e.compare()
	return s.action.covers(e.actions)
}

// coversResource reports whether a statement is about the resource. An Allow must
// not rely on a pattern that has no value in the request.
func (e *evaluation) coversResource(s *statement) bool {
	if s.resource.everything {
		return true
	}
	e.compare()
	return s.resource.covers(e.resources) && (s.deny || !s.resource.isOpen(e.valueless))
}

func (e *evaluation) match(dst bits, patterns []pattern, value string) bits {
	dst = zeroed(dst, words(len(patterns)))
	for i := range patterns {
		matches, hasValue := patterns[i].match(e, value)
		if matches {
			dst.add(i)
		}
		if !hasValue {
			e.valueless.add(i)
		}
	}
	return dst
}

// zeroed returns n zeros, in the room of a slice that is no longer needed if
// there is enough.
func zeroed[S ~[]T, T any](s S, n int) S {
	if n > cap(s) {
		return make(S, n)
	}
	s = s[:n]
	clear(s)
	return s
}

// findings are the first statements of each kind that apply.
type findings struct {
	deny, byName, byAccount finding
}

// A finding is a statement of a policy. The zero finding is none.
type finding struct {
	side      Side
	policy    int // index of an identity policy
	statement *statement
}

func (f finding) source() Source {
	if f.side == NoPolicy {
		return Source{}
	}
	return Source{Side: f.side, Policy: f.policy, Statement: f.statement.index, Sid: f.statement.sid}
}

func (e *evaluation) decide(key *Policy, identity []*Policy) Decision {
	var ofKey, ofIdentity findings
	if key != nil {
		e.scan(key, finding{side: KeyPolicy}, &ofKey)
	}
	for i, p := range identity {
		if p != nil {
			e.scan(p, finding{side: IdentityPolicy, policy: i}, &ofIdentity)
		}
	}
	switch {
	case ofKey.deny.side != NoPolicy:
		return Decision{Outcome: ExplicitDeny, By: ofKey.deny.source()}
	case ofIdentity.deny.side != NoPolicy:
		return Decision{Outcome: ExplicitDeny, By: ofIdentity.deny.source()}
	case key == nil:
		return e.byIdentity(finding{}, ofIdentity.byName)
	case ofKey.byName.side != NoPolicy && e.needsNoIdentityPolicy():
		return Decision{Outcome: Allowed, By: ofKey.byName.source()}
	case ofKey.byName.side != NoPolicy:
		return e.byIdentity(ofKey.byName, ofIdentity.byName)
	case ofKey.byAccount.side != NoPolicy:
		return e.byIdentity(ofKey.byAccount, ofIdentity.byName)
	default:
		return Decision{Outcome: NoResourcePolicy}
	}
}

// needsNoIdentityPolicy reports whether a key policy that names the principal is
// enough: within an account, for a service, which has no account, and for a root
// user, whose account has given it everything.
func (e *evaluation) needsNoIdentityPolicy() bool {
	return e.principal.Account == e.req.ResourceAccount && e.principal.Account != "" ||
		e.principal.Kind == Service || e.principal.Kind == Root
}

// byIdentity is the decision where it is up to identity policies.
func (e *evaluation) byIdentity(through, allow finding) Decision {
	if allow.side == NoPolicy && e.principal.Kind != Root {
		return Decision{Outcome: NoIdentityPolicy, Through: through.source()}
	}
	return Decision{Outcome: Allowed, By: allow.source(), Through: through.source()}
}

// scan looks for the first statements of a policy that apply. What cannot change
// the findings is not looked at.
func (e *evaluation) scan(p *Policy, at finding, f *findings) {
	e.begin(p, at.side)
	for i := range p.statements {
		s := &p.statements[i]
		wanted := f.byName.side == NoPolicy
		if s.deny {
			wanted = f.deny.side == NoPolicy
		}
		if !wanted && e.steps == nil {
			continue
		}
		v := e.judge(s)
		at.statement = s
		if e.steps != nil {
			*e.steps = append(*e.steps, e.step(at.source(), s, v))
		}
		switch {
		case v.reason != applies || !wanted:
		case s.deny:
			f.deny = at
		case v.level == byName:
			f.byName = at
		case f.byAccount.side == NoPolicy:
			f.byAccount = at
		}
	}
}

// verdict is what became of one statement.
type verdict struct {
	reason reason
	level  level
}

// reason is why a statement does not apply.
type reason uint8

const (
	applies reason = iota
	isInert
	isUnclear
	actionFails
	principalFails
	resourceFails
	conditionFails
)

// judge decides whether a statement applies to the request.
func (e *evaluation) judge(s *statement) verdict {
	v := verdict{level: byName}
	switch {
	case s.inert != "":
		v.reason = isInert
	case s.unclear != "" && !s.deny:
		v.reason = isUnclear
	case !e.coversAction(s):
		v.reason = actionFails
	case !e.judgePrincipal(s, &v):
		v.reason = principalFails
	case !e.coversResource(s):
		v.reason = resourceFails
	default:
		for _, i := range s.conditions {
			if !e.holds(i, s.deny) {
				v.reason = conditionFails
				break
			}
		}
	}
	return v
}

// judgePrincipal decides whether a statement is about the principal. One of an
// identity policy is, and may not have a Principal element: IAM takes no such
// policy, so that an Allow does not apply and a Deny does.
func (e *evaluation) judgePrincipal(s *statement, v *verdict) bool {
	switch {
	case !e.keyPolicy:
		return s.deny || !s.principal.present
	case !s.principal.present:
		return false
	case s.principal.not:
		return !s.principal.exempts(e.principal)
	default:
		v.level = s.principal.names(e.principal)
		return v.level != notNamed
	}
}

// holds reports whether a condition of the policy holds.
func (e *evaluation) holds(i int, deny bool) bool {
	c := &e.policy.conditions[i]
	if holds, settled := c.settled(deny, e.keyPolicy); settled {
		return holds
	}
	if e.settled[i] == notAsked {
		e.settled[i] = no
		if c.holds(e, e.valuesFor(c)) {
			e.settled[i] = yes
		}
	}
	return e.settled[i] == yes
}

// valuesFor returns the values that the request has for the key of a condition.
func (e *evaluation) valuesFor(c *condition) []string {
	if c.hidden(e.keyPolicy) {
		return nil
	}
	at := &e.asked[c.key]
	if !at.known {
		from := len(e.values)
		// A Lookup that returns nil where it should return dst has no value.
		if values := e.appendValues(e.values, e.policy.keys[c.key]); len(values) > from {
			e.values = values
		}
		*at = span{int32(from), int32(len(e.values)), true} //nolint:gosec // no request has that many values
	}
	return e.values[at.from:at.to]
}

// variable returns the value of a policy variable, if it has just one.
func (e *evaluation) variable(key string) (string, bool) {
	e.scratch = e.appendValues(e.scratch[:0], key)
	if len(e.scratch) != 1 {
		return "", false
	}
	return e.scratch[0], true
}

func (e *evaluation) appendValues(dst []string, key string) []string {
	if strings.HasPrefix(key, "aws:") {
		if dst, ok := e.appendOwn(dst, key); ok {
			return dst
		}
	}
	if e.req.Context == nil {
		return dst
	}
	return e.req.Context(dst, key)
}

// appendOwn appends the value of a condition key that follows from the request
// without its context. It is false for other keys.
func (e *evaluation) appendOwn(dst []string, key string) ([]string, bool) {
	value := ""
	switch key {
	case "aws:resourceaccount":
		value = e.req.ResourceAccount
	case "aws:currenttime":
		if !e.req.Time.IsZero() {
			value = e.req.Time.UTC().Format(time.RFC3339Nano)
		}
	case "aws:epochtime":
		if !e.req.Time.IsZero() {
			value = strconv.FormatInt(e.req.Time.Unix(), 10)
		}
	default:
		return e.principal.appendAttribute(dst, key)
	}
	if value != "" {
		dst = append(dst, value)
	}
	return dst, true
}
