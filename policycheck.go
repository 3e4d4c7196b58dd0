package kmskit

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kmskit/kmskit/internal/policyfacts"
)

// Finding is what [PolicyDocument.Check] has to say about a key policy.
type Finding struct {
	// Code says what kind of finding this is.
	Code FindingCode
	// Statement is the number of the statement that it is about, from 1, and Sid
	// its Sid. A finding about the whole policy has 0.
	Statement int
	Sid       string
	// Problem and Fix are sentences for people. They may change.
	Problem, Fix string
}

// String returns the finding in one line.
func (f Finding) String() string {
	where := "policy"
	if f.Statement > 0 {
		where = "statement " + strconv.Itoa(f.Statement)
	}
	if f.Sid != "" {
		where += " (" + quote(f.Sid) + ")"
	}
	return fmt.Sprintf("%s: %s; %s [%s]", where, f.Problem, f.Fix, f.Code)
}

// FindingCode is a kind of [Finding]. Codes stay, and their number may grow.
type FindingCode string

// The kinds of findings.
const (
	// FindingLockOut: nobody may change the policy any more.
	FindingLockOut FindingCode = "LockOut"
	// FindingOpenToEveryone: a statement allows everybody, in any account.
	FindingOpenToEveryone FindingCode = "OpenToEveryone"
	// FindingServiceWithoutSource: an AWS service may use the key for anybody.
	FindingServiceWithoutSource FindingCode = "ServiceWithoutSource"
	// FindingAllowNot: Allow with NotPrincipal or NotAction, which probably
	// allows more than was meant.
	FindingAllowNot FindingCode = "AllowNot"
	// FindingPermissiveCondition: a condition that also holds where the request
	// lacks what it asks for.
	FindingPermissiveCondition FindingCode = "PermissiveCondition"
	// FindingUnknownAction: an action that KMS does not have.
	FindingUnknownAction FindingCode = "UnknownAction"
	// FindingActionWithoutKey: an action that is on no key, which key policies
	// do not decide.
	FindingActionWithoutKey FindingCode = "ActionWithoutKey"
	// FindingUnknownConditionKey: a condition key that no KMS request has.
	FindingUnknownConditionKey FindingCode = "UnknownConditionKey"
	// FindingUnknownOperator: a condition operator that IAM does not have.
	FindingUnknownOperator FindingCode = "UnknownOperator"
	// FindingIneffectiveCondition: a condition that never holds.
	FindingIneffectiveCondition FindingCode = "IneffectiveCondition"
	// FindingUnknownPrincipal: a principal that names nobody.
	FindingUnknownPrincipal FindingCode = "UnknownPrincipal"
	// FindingOtherResource: a resource other than the key that has the policy.
	FindingOtherResource FindingCode = "OtherResource"
	// FindingMissingElement: a statement that lacks what it needs.
	FindingMissingElement FindingCode = "MissingElement"
	// FindingDuplicateSid: two statements have the same Sid.
	FindingDuplicateSid FindingCode = "DuplicateSid"
	// FindingOldLanguage: policy variables in a language that has none.
	FindingOldLanguage FindingCode = "OldLanguage"
	// FindingSize: the policy is too large for KMS, or nearly so.
	FindingSize FindingCode = "Size"
)

// largestPolicy is how many bytes KMS takes.
const largestPolicy = 32768

// Check reads the document as a key policy and returns what people get wrong in
// key policies: first what is about the whole policy, then statement by
// statement. It calls nothing, so it does not know which principals exist, nor
// which key has the policy. What it returns can be compared; no findings are
// nil.
//
// A finding need not be a mistake: a policy may be meant to allow everybody. That
// nothing is found does not mean that a policy is right: Check knows what is
// usual, not what was meant.
//
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
func (d *PolicyDocument) Check() []Finding {
	if d == nil {
		d = &PolicyDocument{}
	}
	c := policyChecker{policy: d}
	c.checkLockOut()
	c.checkSize()
	for i := range d.Statement {
		c.number, c.statement = i+1, &d.Statement[i]
		c.checkStatement()
	}
	return c.findings
}

// A policyChecker goes through a policy, one statement at a time.
type policyChecker struct {
	policy    *PolicyDocument
	number    int
	statement *Statement // nil at first, for the whole policy
	findings  []Finding
}

// found adds a finding, unless the statement has the same already.
func (c *policyChecker) found(code FindingCode, fix, problem string, args ...any) {
	f := Finding{Code: code, Statement: c.number, Problem: fmt.Sprintf(problem, args...), Fix: fix}
	if c.statement != nil {
		f.Sid = c.statement.Sid
	}
	if !slices.Contains(c.findings, f) {
		c.findings = append(c.findings, f)
	}
}

func (c *policyChecker) checkLockOut() {
	const put = "PutKeyPolicy"
	allowed, denied := false, false
	for _, s := range c.policy.Statement {
		switch {
		case !s.covers(put):
		case s.Effect == Allow:
			allowed = allowed || s.namesSomebody()
		case s.Effect == Deny:
			denied = denied || s.Principal.isEveryone() && len(s.Condition) == 0
		}
	}
	const fix = "keep the statement of DefaultKeyPolicy, which leaves the key to its account"
	switch {
	case denied:
		c.found(FindingLockOut, "give the Deny a condition, or leave kms:PutKeyPolicy out of it", "everybody is denied kms:PutKeyPolicy, so the policy can never be changed")
	case !allowed:
		c.found(FindingLockOut, fix, "nobody is allowed kms:PutKeyPolicy, so the policy can never be changed")
	}
}

func (c *policyChecker) checkSize() {
	text, _ := c.policy.MarshalJSON() // strings, lists and maps of them always encode
	switch size := len(text); {
	case size > largestPolicy:
		c.found(FindingSize, "use grants for what is many, or wildcards", "the policy has %d bytes without blanks, KMS takes %d", size, largestPolicy)
	case size > largestPolicy*9/10:
		c.found(FindingSize, "use grants for what is many, or wildcards", "the policy has %d bytes without blanks, nearly the %d that KMS takes", size, largestPolicy)
	}
}

func (c *policyChecker) checkStatement() {
	c.checkElements()
	c.checkPrincipals("Principal", c.statement.Principal)
	c.checkPrincipals("NotPrincipal", c.statement.NotPrincipal)
	for _, value := range slices.Concat(c.statement.Action, c.statement.NotAction) {
		c.checkAction(value)
	}
	c.checkResources()
	for _, operator := range slices.Sorted(maps.Keys(c.statement.Condition)) {
		c.checkConditions(operator, c.statement.Condition[operator])
	}
	if c.statement.Effect == Allow {
		c.checkAllow()
	}
}

func (c *policyChecker) checkElements() {
	s := c.statement
	if err := s.check(); err != nil {
		c.found(FindingMissingElement, "KMS refuses the policy otherwise", "%v", err)
	}
	if s.Principal.isNobody() && s.NotPrincipal.isNobody() {
		c.found(FindingMissingElement, "say whom it is about: a statement of a key policy needs a Principal", "no principal")
	}
	if len(s.Action) == 0 && len(s.NotAction) == 0 {
		c.found(FindingMissingElement, "name actions, such as kms:Decrypt", "no action, so it has no effect")
	}
	if len(s.Resource) == 0 && len(s.NotResource) == 0 {
		c.found(FindingMissingElement, `set Resource to "*", which is the key itself`, "no resource, so it has no effect")
	}
	first := slices.IndexFunc(c.policy.Statement, func(other Statement) bool { return other.Sid == s.Sid })
	if s.Sid != "" && first < c.number-1 {
		c.found(FindingDuplicateSid, "give each a Sid of its own: AddStatement keeps one of a Sid only", "statement %d has the same Sid", first+1)
	}
}

func (c *policyChecker) checkPrincipals(element string, p Principal) {
	for _, value := range p.AWS {
		switch kind, _ := policyfacts.FindPrincipal(value); {
		case kind == policyfacts.UniqueID:
			c.found(FindingUnknownPrincipal, "remove it: one of the same name that is made again is another principal", "%s %q is what is left of a user or role that was deleted", element, value)
		case kind == policyfacts.Nobody && strings.ContainsAny(value, "*?"):
			c.found(FindingUnknownPrincipal, "name the account and compare aws:PrincipalArn by ArnLike in a condition", "%s %q has a wildcard, which principals cannot have", element, value)
		case kind == policyfacts.Nobody:
			c.found(FindingUnknownPrincipal, "give an account ID, or the ARN of a root, user, role or session", "%s %q names nobody", element, value)
		}
	}
	for _, value := range p.Service {
		if !strings.HasSuffix(strings.TrimSuffix(value, ".cn"), ".amazonaws.com") || strings.ContainsAny(value, "*?") {
			c.found(FindingUnknownPrincipal, "services have names like logs.eu-central-1.amazonaws.com, without wildcards", "%s %q is no service", element, value)
		}
	}
	for _, value := range p.CanonicalUser {
		c.found(FindingUnknownPrincipal, "name the account by its ID", "%s CanonicalUser %q is known to Amazon S3 only", element, value)
	}
}

func (c *policyChecker) checkAction(value string) {
	matches := policyfacts.MatchAction(value)
	switch {
	case len(matches) == 1 && matches[0].Keyless && !strings.ContainsAny(value, "*?"):
		c.found(FindingActionWithoutKey, "allow it in identity policies, with Resource *", "%s is not about a key, so key policies do not decide it", value)
	case len(matches) > 0:
	case strings.EqualFold(value, "kms:ReEncrypt"):
		c.found(FindingUnknownAction, "name kms:ReEncryptFrom, kms:ReEncryptTo, or kms:ReEncrypt* for both", "there is no action %s", value)
	case !strings.HasPrefix(strings.ToLower(value), "kms:"):
		c.found(FindingUnknownAction, "a key policy is for actions that begin with kms: only", "%q is no action of KMS", value)
	case strings.ContainsAny(value, "*?"):
		c.found(FindingUnknownAction, "see the wildcard's spelling: "+nearestAction(value), "%q matches no action of KMS", value)
	default:
		c.found(FindingUnknownAction, nearestAction(value), "there is no action %q", value)
	}
}

func (c *policyChecker) checkResources() {
	const fix = `write "*": in a key policy it is the key itself and nothing else`
	if len(c.statement.NotResource) > 0 {
		c.found(FindingOtherResource, "remove NotResource and "+fix, "NotResource in a key policy, which is about one key only")
	}
	if slices.Contains(c.statement.Resource, "*") {
		return
	}
	for _, value := range c.statement.Resource {
		_, resource, _ := strings.Cut(value, ":key/")
		if !strings.HasPrefix(value, "arn:") || resource != "*" {
			c.found(FindingOtherResource, fix, "the resource %q, where a key policy is about its own key only", value)
		}
	}
}

func (c *policyChecker) checkConditions(operator string, keys map[string]StringList) {
	op, ok := policyfacts.ParseOperator(operator)
	if !ok {
		c.found(FindingUnknownOperator, "operators are spelt like StringEquals, ArnLike, Bool, ForAnyValue:StringEquals or StringEqualsIfExists", "there is no condition operator %q", operator)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		c.checkConditionKey(op, operator, name)
		for _, value := range keys[name] {
			c.checkConditionValue(op, name, value)
		}
	}
}

func (c *policyChecker) checkConditionKey(op policyfacts.Operator, operator, name string) {
	key, standing := policyfacts.FindKey(name)
	switch {
	case standing == policyfacts.Unknown:
		c.found(FindingUnknownConditionKey, nearestKey(name), "there is no condition key %q", name)
	case standing == policyfacts.Foreign:
		c.found(FindingUnknownConditionKey, "use one that begins with kms: or aws:", "the condition key %q is another service's: no KMS request has it", name)
	case key.IdentityOnly:
		c.found(FindingIneffectiveCondition, "put the condition into identity policies", "KMS leaves the condition key %s out of key policies", name)
	case key.List && op.Quantifier == policyfacts.Single && op.Base != "Null":
		c.found(FindingIneffectiveCondition, "put ForAnyValue: or ForAllValues: before "+operator, "the condition key %s has many values, to which %s does not apply", name, operator)
	case !key.List && op.Quantifier == policyfacts.AllValues && c.statement.Effect == Allow:
		c.found(FindingPermissiveCondition, "remove ForAllValues:, for the key has one value", "%s holds for requests without %s too", operator, name)
	}
}

func (c *policyChecker) checkConditionValue(op policyfacts.Operator, name, value string) {
	if strings.Contains(value, "${") {
		if c.policy.language() == version2008 {
			c.found(FindingOldLanguage, "set Version to 2012-10-17", "the value %q has a policy variable, which is plain text without Version 2012-10-17", value)
		}
		return
	}
	if wrong := wrongValue(op.Base, value); wrong != "" {
		c.found(FindingIneffectiveCondition, wrong, "%s compares %s with %q", op.Base, name, value)
		return
	}
	switch strings.ToLower(name) {
	case "kms:viaservice":
		if strings.Count(value, ".") == 2 && strings.HasSuffix(value, ".amazonaws.com") && !strings.ContainsAny(value, "*?") {
			c.found(FindingIneffectiveCondition, "services are named with their Region there, as in s3.eu-central-1.amazonaws.com", "kms:ViaService is never %q", value)
		}
	case "aws:sourceaccount", "aws:principalaccount", "aws:resourceaccount", "kms:calleraccount":
		if strings.HasPrefix(op.Base, "String") && (len(value) != 12 || strings.Trim(value, "0123456789") != "") && !strings.ContainsAny(value, "*?") {
			c.found(FindingIneffectiveCondition, "give an account ID of 12 digits", "%s is never %q", name, value)
		}
	}
}

// wrongValue says what is wrong with a value that its operator cannot compare.
func wrongValue(operator, value string) string {
	switch {
	case (operator == "Bool" || operator == "Null") && !strings.EqualFold(value, "true") && !strings.EqualFold(value, "false"):
		return "give true or false"
	case strings.HasPrefix(operator, "Numeric"):
		if _, err := strconv.ParseFloat(value, 64); err != nil {
			return "give a number"
		}
	case strings.HasSuffix(operator, "IpAddress"):
		_, err := netip.ParsePrefix(value)
		if _, err2 := netip.ParseAddr(value); err != nil && err2 != nil {
			return "give an IP address or a range like 203.0.113.0/24"
		}
	case strings.HasPrefix(operator, "Arn") && strings.Count(value, ":") < 5:
		return "give an ARN, whose six parts may have wildcards"
	case (operator == "StringEquals" || operator == "StringNotEquals") && strings.Contains(value, "*"):
		return "use " + strings.Replace(operator, "Equals", "Like", 1) + " for wildcards: " + operator + " takes * as it is"
	}
	return ""
}

// checkAllow looks for what allows more than was meant.
func (c *policyChecker) checkAllow() {
	s := c.statement
	if !s.NotPrincipal.IsZero() {
		c.found(FindingAllowNot, "name in Principal who may", "Allow with NotPrincipal allows everybody else, in any account")
	}
	if len(s.NotAction) > 0 {
		c.found(FindingAllowNot, "name in Action what is allowed", "Allow with NotAction allows all other actions, also those that KMS has yet to get")
	}
	if s.Principal.isEveryone() && !s.narrowed(narrowing) {
		c.found(
			FindingOpenToEveryone, "name principals, or compare kms:CallerAccount, aws:PrincipalOrgID or the like",
			`Principal "*" allows everybody, in any account, and no condition narrows that`,
		)
	}
	if len(s.Principal.Service) > 0 && !s.narrowed(sourcing) && !s.onlyDescribes() {
		c.found(
			FindingServiceWithoutSource, "compare aws:SourceAccount, and aws:SourceArn where the service sends it: ServiceUse makes such a statement",
			"%s may use the key for resources of any account", strings.Join(s.Principal.Service, ", "),
		)
	}
}

// narrowing holds the condition keys that narrow "everybody" down. Others, as
// kms:ViaService, are met by callers of any account.
func narrowing(key string) bool {
	switch key {
	case "kms:calleraccount", "aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths",
		"aws:userid", "aws:federatedprovider", "aws:sourceip", "aws:vpcsourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn",
		"aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths", "aws:ec2instancesourcevpc",
		"ec2:sourceinstancearn", "lambda:sourcefunctionarn", "ssm:sourceinstancearn":
		return true
	}
	return strings.HasPrefix(key, "kms:recipientattestation:") || sourcing(key)
}

// sourcing holds the condition keys that say for which resource a service acts.
// Services put the ARN of that into their encryption context too, under aws:.
func sourcing(key string) bool {
	switch key {
	case "aws:sourceaccount", "aws:sourcearn", "aws:sourceowner", "aws:sourceorgid", "aws:sourceorgpaths":
		return true
	}
	return strings.HasPrefix(key, "kms:encryptioncontext:aws:") || key == "kms:grantconstraintsourcearn"
}

// narrowed reports whether a condition on one of the keys must hold, and by what
// the request has rather than by what it lacks.
func (s *Statement) narrowed(by func(key string) bool) bool {
	for operator, keys := range s.Condition {
		op, ok := policyfacts.ParseOperator(operator)
		if !ok || op.Negated || op.IfExists || op.Quantifier == policyfacts.AllValues || op.Base == "Null" {
			continue
		}
		for key, values := range keys {
			if by(strings.ToLower(key)) && len(values) > 0 && !slices.ContainsFunc(values, isAnything) {
				return true
			}
		}
	}
	return false
}

// isAnything reports whether a value of a condition leaves nothing out.
func isAnything(value string) bool {
	return strings.Trim(value, "*") == "" || value == "0.0.0.0/0" || value == "::/0" || value == "arn:*:*:*:*:*"
}

// covers reports whether a statement is about an action on the key.
func (s *Statement) covers(action string) bool {
	is := func(value string) bool {
		return slices.Contains(policyfacts.MatchAction(value), policyfacts.Action{Name: action})
	}
	named := slices.ContainsFunc(s.Action, is) || len(s.NotAction) > 0 && !slices.ContainsFunc(s.NotAction, is)
	return named && (len(s.Resource) > 0 || len(s.NotResource) > 0)
}

// namesSomebody reports whether the principal of a statement may be somebody who
// manages keys. Services do not.
func (s *Statement) namesSomebody() bool {
	somebody := func(value string) bool {
		kind, _ := policyfacts.FindPrincipal(value)
		return kind != policyfacts.Nobody && kind != policyfacts.UniqueID
	}
	return s.Principal.Everyone || slices.ContainsFunc(s.Principal.AWS, somebody) || len(s.Principal.Federated) > 0 || !s.NotPrincipal.IsZero()
}

// onlyDescribes reports whether a statement is about metadata only.
func (s *Statement) onlyDescribes() bool {
	return len(s.Action) > 0 && !slices.ContainsFunc(s.Action, func(value string) bool {
		return slices.ContainsFunc(policyfacts.MatchAction(value), func(a policyfacts.Action) bool { return a.Name != "DescribeKey" })
	})
}

func (p Principal) isEveryone() bool {
	return p.Everyone || slices.Contains(p.AWS, "*")
}

// isNobody reports whether a principal is absent or has no values.
func (p Principal) isNobody() bool {
	return !p.Everyone && len(p.AWS)+len(p.Service)+len(p.Federated)+len(p.CanonicalUser) == 0
}

// nearestAction proposes actions in place of one that there is not.
func nearestAction(value string) string {
	var names []string
	for _, a := range policyfacts.Actions() {
		names = append(names, "kms:"+a.Name)
	}
	return nearest(strings.TrimRight(value, "*?"), names, "the actions of KMS are named like its operations, as in kms:Decrypt")
}

func nearestKey(name string) string {
	var names []string
	for _, k := range policyfacts.Keys() {
		names = append(names, k.Name)
	}
	return nearest(name, names, "KMS has condition keys that begin with kms: and aws:")
}

// nearest asks for the name that has most of its beginning in common with a
// wrong one, the shortest of several, or says otherwise if there is little.
func nearest(wrong string, names []string, otherwise string) string {
	best, most := "", len("kms:")+2
	for _, name := range names {
		n := commonPrefix(strings.ToLower(wrong), strings.ToLower(name))
		if n > most || n == most && best != "" && len(name) < len(best) {
			best, most = name, n
		}
	}
	if best == "" {
		return otherwise
	}
	return "did you mean " + best + "?"
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
