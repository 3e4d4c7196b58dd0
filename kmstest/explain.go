package kmstest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit/kmstest/internal/policy"
)

// recordRefusal notes that nothing allows a request, or that a statement denies
// it, with all that the author of the test may want to know. That is worked out at
// once, since policies, tags and grants may change later. The key is nil for a
// request that identity policies decide alone. The caller holds the lock.
func (c *call) recordRefusal(r *policy.Request, k *key, u *use) {
	if c.server.calls.limit == 0 {
		return
	}
	var ofKey *policy.Policy
	if k != nil {
		ofKey = k.effectivePolicy(c.face(k))
	}
	named := *r
	named.Action = c.permission(u).name // which is for reading
	x := policy.Explain(&named, ofKey, c.principal.policies())
	slices.SortStableFunc(x.Steps, func(a, b policy.Step) int { return cmp.Compare(a.Distance, b.Distance) })
	lines := strings.Split(x.String(), "\n")
	if k != nil && x.Outcome != policy.ExplicitDeny {
		lines = append(lines, c.objections(k, u)...)
	}
	lines = append(lines, notUnderstood("the key policy", ofKey)...)
	for i, p := range c.principal.policies() {
		lines = append(lines, notUnderstood(fmt.Sprintf("identity policy %d", i+1), p)...)
	}
	c.record.decide(decision{
		outcome: x.Decision, permission: c.permission(u), resource: r.Resource, refusal: strings.Join(lines, "\n  "),
	})
}

// objections returns, for every grant to the caller, why it does not count.
func (c *call) objections(k *key, u *use) (lines []string) {
	operation := types.GrantOperation(c.permission(u).action)
	for _, grantee := range c.principal.grantees() {
		for _, g := range k.grantees[grantee] {
			why := cmp.Or(c.objection(g, operation, u), "it is not known here yet, and counts at once with its grant token")
			lines = append(lines, g.label()+" does not apply: "+why)
		}
	}
	return lines
}

// notUnderstood returns what a policy has that KMS accepts although it has no effect.
func notUnderstood(name string, p *policy.Policy) (lines []string) {
	if p == nil {
		return nil
	}
	for _, text := range p.Unknown() {
		lines = append(lines, "without meaning to KMS in "+name+": "+text)
	}
	return lines
}

// whyNotOpened returns what the log tells about why a ciphertext could not be opened.
// KMS does not say why. Mostly it was made under another encryption context.
func (s *Server) whyNotOpened(c Call) string {
	arn, given := c.KeyARN, fmt.Sprintf("%q", c.EncryptionContext)
	if c.Operation == "ReEncrypt" {
		arn, given = c.SourceKeyARN, fmt.Sprintf("%q", c.SourceEncryptionContext)
	}
	if c.ErrorCode != "InvalidCiphertextException" || c.Operation != "Decrypt" && c.Operation != "ReEncrypt" {
		return ""
	}
	var used []string
	for _, sealing := range s.Calls("Encrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext",
		"GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext") {
		if sealing.KeyARN == arn && sealing.ErrorCode == "" {
			used = append(used, fmt.Sprintf("%q", sealing.EncryptionContext))
		}
	}
	slices.Sort(used)
	used = slices.Compact(used)
	const most = 5
	switch {
	case len(used) == 0:
		return ""
	case slices.Contains(used, given):
		return "\nthe key has encrypted under this encryption context, " + given + ": the ciphertext is another one, or was altered"
	case len(used) > most:
		used = append(used[:most], "others")
	}
	return "\nthe encryption context is " + given + ", but the key has encrypted under " + strings.Join(used, ", ")
}
