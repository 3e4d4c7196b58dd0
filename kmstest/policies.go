package kmstest

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest/internal/policy"
)

// A keyPolicy is the policy of one key: as it was put, and ready to be asked.
type keyPolicy struct {
	text     string
	compiled *policy.Policy
}

const (
	policyName    = "default" // of the only policy that a key has
	longestPolicy = 32768     // bytes
)

func (c *call) getKeyPolicy(in *kms.GetKeyPolicyInput) (*kms.GetKeyPolicyOutput, error) {
	c.server.mu.RLock()
	defer c.server.mu.RUnlock()
	k, err := c.key(use{keyID: *in.KeyId})
	if err != nil {
		return nil, err
	}
	if err := checkPolicyName(in.PolicyName); err != nil {
		return nil, err
	}
	return &kms.GetKeyPolicyOutput{Policy: new(k.policyText(c.face(k))), PolicyName: new(policyName)}, nil
}

func (c *call) putKeyPolicy(in *kms.PutKeyPolicyInput) (*kms.PutKeyPolicyOutput, error) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	k, err := c.key(use{keyID: *in.KeyId, values: lockoutBypass(in.BypassPolicyLockoutSafetyCheck)})
	if err != nil {
		return nil, err
	}
	if err := checkPolicyName(in.PolicyName); err != nil {
		return nil, err
	}
	p, err := c.newPolicy(k, *in.Policy, in.BypassPolicyLockoutSafetyCheck)
	if err != nil {
		return nil, err
	}
	c.remember(k)
	k.policy = p
	c.server.mark(k, k)
	return &kms.PutKeyPolicyOutput{}, nil
}

func (c *call) listKeyPolicies(in *kms.ListKeyPoliciesInput) (*kms.ListKeyPoliciesOutput, error) {
	c.server.mu.RLock()
	defer c.server.mu.RUnlock()
	k, err := c.key(use{keyID: *in.KeyId})
	if err != nil {
		return nil, err
	}
	names, next, err := pager[string]{
		items: []string{policyName}, position: func(name string) string { return name },
		limit: in.Limit, marker: in.Marker, usual: 100, most: 1000, filter: k.id,
	}.page(c)
	if err != nil {
		return nil, err
	}
	return &kms.ListKeyPoliciesOutput{PolicyNames: names, NextMarker: next, Truncated: next != nil}, nil
}

func checkPolicyName(name *string) error {
	if name != nil && *name != policyName {
		return notFound("No such policy exists")
	}
	return nil
}

// newPolicy returns the policy that text is, for k. Unless that check is
// bypassed, it refuses one under which the caller could not put another. The
// caller of newPolicy holds the lock, which guards the principals.
func (c *call) newPolicy(k *key, text string, bypass bool) (*keyPolicy, error) {
	if len(text) > longestPolicy {
		return nil, &types.LimitExceededException{Message: new("The key policy exceeds the size limit of 32768 bytes.")}
	}
	document, err := parsePolicy(text)
	if err != nil && !json.Valid([]byte(text)) {
		c.record.unsaid = err.Error()
		return nil, malformedPolicy("") // KMS says no more
	}
	if err != nil {
		return nil, malformedPolicy(err.Error())
	}
	if err := checkStatements(document.Statement); err != nil {
		return nil, err
	}
	p := &keyPolicy{text: indentPolicy(text), compiled: policy.Compile(document)}
	if slices.ContainsFunc(p.compiled.Principals(), isBrokenARN) {
		return nil, invalidARN("An ARN in the specified key policy is invalid.")
	}
	if !c.server.allExist(p.compiled) {
		return nil, malformedPolicy("Policy contains a statement with one or more invalid principals.")
	}
	if unknown := slices.Concat(p.compiled.Unknown(), p.compiled.Foreign()); c.server.strict && len(unknown) > 0 {
		return nil, malformedPolicy("kmstest is strict about policies: " + strings.Join(unknown, "; "))
	}
	if text := p.compiled.OverlyPermissive(); text != "" {
		return nil, malformedPolicy(text)
	}
	if !bypass && c.locksOut(k, p.compiled) {
		return nil, malformedPolicy("The new key policy will not allow you to update the key policy in the future.")
	}
	return p, nil
}

// parsePolicy reads a policy. An error is for clients in any language.
func parsePolicy(text string) (*kmskit.PolicyDocument, error) {
	d, err := kmskit.ParsePolicyDocument(text)
	if err != nil {
		return nil, errors.New("Could not parse the policy: " +
			strings.TrimPrefix(err.Error(), "kmskit: policy document: "))
	}
	return d, nil
}

// checkStatements refuses no statements, and those without principals. One without
// actions or resources KMS takes, although it has no effect.
func checkStatements(statements []kmskit.Statement) error {
	if len(statements) == 0 {
		return malformedPolicy("Could not parse the policy: Statement is empty!")
	}
	for i := range statements {
		if s := &statements[i]; namesNobody(&s.Principal) && namesNobody(&s.NotPrincipal) {
			return malformedPolicy("Policy contains a statement with no principal.")
		}
	}
	return nil
}

func namesNobody(p *kmskit.Principal) bool {
	return !p.Everyone && len(p.AWS)+len(p.Service)+len(p.Federated)+len(p.CanonicalUser) == 0
}

// isBrokenARN reports whether the name of a principal begins as an ARN but has no
// account ID where one belongs. KMS finds other mistakes in a name only when it
// looks for the principal.
func isBrokenARN(name string) bool {
	parts := strings.SplitN(name, ":", 6)
	return parts[0] == "arn" && (len(parts) < 6 || len(parts[4]) != 12 || strings.Trim(parts[4], "0123456789") != "")
}

// allExist reports whether all principals that a policy names are in the form of
// one, and exist.
func (s *Server) allExist(p *policy.Policy) bool {
	return !slices.ContainsFunc(p.Principals(), func(name string) bool {
		return !policy.IsPrincipal(name) || s.closed && !s.principals.exists(name)
	})
}

func malformedPolicy(text string) error {
	return &types.MalformedPolicyDocumentException{Message: new(text)}
}
