package policy

import (
	"fmt"
	"strings"

	"github.com/kmskit/kmskit"
)

// Explanation is a decision with all that led to it.
type Explanation struct {
	Decision
	// Steps has every statement of every policy, those of the key policy first.
	Steps []Step
}

// Step is what became of one statement.
type Step struct {
	Source
	Effect kmskit.Effect
	// Applies says whether the statement applies to the request.
	Applies bool
	// Distance says how far the statement is from applying: 0 if it does. The
	// nearest ones lack a condition; those about other actions are farther away
	// than those about other resources or principals.
	Distance int
	// Why says how it applies, or what keeps it from applying.
	Why string
}

// Explain decides a request as [Evaluate] does, and keeps account of every
// statement. It takes longer.
func Explain(req *Request, key *Policy, identity []*Policy) Explanation {
	var x Explanation
	e := newEvaluation(req)
	defer e.end()
	e.steps = &x.Steps
	x.Decision = e.decide(key, identity)
	return x
}

// String tells the decision and, a line each, what became of every statement.
func (x Explanation) String() string {
	var b strings.Builder
	b.WriteString(x.Decision.String())
	for _, s := range x.Steps {
		verb := "does not apply"
		if s.Applies {
			verb = "applies"
		}
		fmt.Fprintf(&b, "\n%s (%s) %s: %s", s.Source, s.Effect, verb, s.Why)
	}
	return b.String()
}

func (e *evaluation) step(at Source, s *statement, v verdict) Step {
	effect := kmskit.Allow
	if s.deny {
		effect = kmskit.Deny
	}
	return Step{Source: at, Effect: effect, Applies: v.reason == applies, Distance: distance[v.reason], Why: e.why(s, v)}
}

// distance is that of a statement with regard to why it does not apply. The
// elements of a statement are judged in the order of their reasons.
var distance = [...]int{
	applies: 0, conditionFails: 1, resourceFails: 2, principalFails: 3, isUnclear: 4, actionFails: 5, isInert: 6,
}

func (e *evaluation) why(s *statement, v verdict) string {
	switch v.reason {
	case isInert:
		return s.inert
	case isUnclear:
		return s.unclear
	case actionFails:
		return "its actions do not cover " + e.req.Action
	case principalFails:
		return e.whyNotPrincipal(s)
	case resourceFails:
		return "its resources do not cover " + e.req.Resource + e.takenForKey(s)
	case conditionFails:
		return e.whyNotConditions(s)
	case applies:
	}
	switch {
	case s.deny && s.unclear != "":
		return "everything that can be understood matches, but not this: " + s.unclear
	case v.level == byAccount && !s.deny:
		return "it names the account of the principal and leaves the decision to identity policies"
	default:
		return "everything matches"
	}
}

// takenForKey returns what there is to say to who names an alias where a key is
// meant, a common mistake.
func (e *evaluation) takenForKey(s *statement) string {
	if s.resource.not || !strings.Contains(e.req.Resource, ":key/") {
		return ""
	}
	for i := range e.policy.resources {
		named, _ := e.policy.resources[i].text.value(e)
		if s.resource.patterns.has(i) && strings.Contains(named, ":alias/") {
			return "; an alias there is the alias itself, not its key: name the key, or ask for kms:RequestAlias or kms:ResourceAliases"
		}
	}
	return ""
}

func (e *evaluation) whyNotPrincipal(s *statement) string {
	switch {
	case !e.keyPolicy:
		return "an identity policy may not have a Principal"
	case !s.principal.present:
		return "it has no Principal"
	case s.principal.not:
		return "its NotPrincipal names " + e.principal.label()
	default:
		return "its Principal does not name " + e.principal.label()
	}
}

// whyNotConditions tells of all conditions that fail, so that whoever mends a
// policy need not meet them one by one.
func (e *evaluation) whyNotConditions(s *statement) string {
	var all []string
	for _, i := range s.conditions {
		if !e.holds(i, s.deny) {
			all = append(all, e.whyNotCondition(&e.policy.conditions[i], s.deny))
		}
	}
	return strings.Join(all, "; ")
}

func (e *evaluation) whyNotCondition(c *condition, deny bool) string {
	var has string
	switch values := e.valuesFor(c); {
	case !deny && c.unknown:
		has = "the key is unknown"
	case c.hidden(e.keyPolicy):
		has = "the key counts in identity policies only"
	case len(values) == 0:
		has = "the request does not have the key"
	default:
		has = fmt.Sprintf("the request has %q", values)
	}
	return fmt.Sprintf("its condition %s %s %q does not hold: %s", c.operator, c.name, c.wanted, has)
}
