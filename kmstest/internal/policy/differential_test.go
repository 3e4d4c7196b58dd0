package policy_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest/internal/policy"
)

// simulation is the input of testdata/simulate.mjs.
type simulation struct {
	Principal string                   `json:"principal"`
	Action    string                   `json:"action"`
	Resource  string                   `json:"resource"`
	Account   string                   `json:"account"`
	Context   map[string]any           `json:"context"`
	Key       *kmskit.PolicyDocument   `json:"key"`
	Identity  []*kmskit.PolicyDocument `json:"identity"`
}

// TestEvaluate_differential compares thousands of random decisions with those of
// another evaluator, the npm package @cloud-copilot/iam-simulate. It runs if
// KMSKIT_IAM_SIMULATE names a directory in which that package is installed.
//
// The policies are well formed and in the newer language: the other one fails on
// what is not, and has variables in every language.
func TestEvaluate_differential(t *testing.T) {
	t.Parallel()
	directory := os.Getenv("KMSKIT_IAM_SIMULATE")
	if directory == "" {
		t.Skip("KMSKIT_IAM_SIMULATE does not name a directory with iam-simulate")
	}
	d := newDice(t)
	d.wellFormed = true
	var scenes []*scene
	var simulations []simulation
	skipped := map[string]int{}
	for len(scenes) < 5000 {
		s := d.scene()
		if why := incomparable(s); why != "" {
			skipped[why]++
			continue
		}
		scenes = append(scenes, s)
		simulations = append(simulations, s.simulation())
	}
	input, err := json.Marshal(simulations)
	require.NoError(t, err)
	command := exec.CommandContext(t.Context(), "node", "testdata/simulate.mjs", directory)
	command.Stdin = bytes.NewReader(input)
	command.Stderr = os.Stderr
	output, err := command.Output()
	require.NoError(t, err)
	var results []string
	require.NoError(t, json.Unmarshal(output, &results))
	require.Len(t, results, len(scenes))

	names := map[policy.Outcome]string{
		policy.Allowed: "Allowed", policy.ExplicitDeny: "ExplicitlyDenied",
		policy.NoIdentityPolicy: "ImplicitlyDenied", policy.NoResourcePolicy: "ImplicitlyDenied",
	}
	count := map[string]int{}
	for i, s := range scenes {
		got := names[s.decide().Outcome]
		count[got]++
		if got != results[i] {
			require.Equal(t, results[i], got, "%s\n%s", s.explain(), mustJSON(t, simulations[i]))
		}
	}
	t.Logf("compared: %v; not compared: %v", count, skipped)
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.MarshalIndent(v, "", "  ")
	require.NoError(t, err)
	return text
}

// incomparable returns why a scene is beyond the other evaluator, or "".
func incomparable(s *scene) string {
	switch s.req.Principal.Kind {
	case policy.Anonymous:
		return "KMS has no anonymous callers, and the other one has no opinion of them"
	case policy.Root:
		return "it has the root user on its list of things to do"
	case policy.FederatedUser:
		return "it takes the name of a federated user for that of the user who federated"
	case policy.Service:
		if len(s.identity) > 0 {
			return "a service has no identity policies, and it does not look at them"
		}
	default:
	}
	if s.key == nil {
		return "it takes a key without a policy for a key that nobody may use"
	}
	for _, doc := range append(slices.Clone(s.identity), s.key) {
		for _, statement := range doc.Statement {
			if s.req.Principal.Kind != policy.User && slices.ContainsFunc(statement.NotResource, func(r string) bool { return strings.Contains(r, "$") }) {
				return "it never applies a statement with a variable without a value in NotResource"
			}
		}
	}
	for _, statement := range s.key.Statement {
		if !statement.NotPrincipal.IsZero() {
			return "it takes one match in NotPrincipal for enough, and notes that this is to be looked into"
		}
		if slices.ContainsFunc(statement.Principal.AWS, func(p string) bool { return strings.HasPrefix(p, "A") }) {
			return "it does not know unique IDs"
		}
	}
	return ""
}

func (s *scene) simulation() simulation {
	who := s.req.Principal
	sim := simulation{
		Principal: cmp.Or(who.ARN, who.Service), Action: s.req.Action, Resource: s.req.Resource, Account: s.req.ResourceAccount,
		Context: map[string]any{"aws:CurrentTime": "2031-05-17T08:30:00Z"},
		Key:     s.key, Identity: s.identity,
	}
	if sim.Identity == nil {
		sim.Identity = []*kmskit.PolicyDocument{}
	}
	if arn := cmp.Or(who.Issuer, who.ARN); arn != "" {
		sim.Context["aws:PrincipalArn"] = arn
	}
	if who.Kind == policy.FederatedUser {
		sim.Context["aws:PrincipalArn"] = who.ARN
	}
	if who.Kind == policy.User {
		sim.Context["aws:username"] = who.ARN[strings.LastIndexByte(who.ARN, '/')+1:]
	}
	for _, c := range poolOfContext {
		switch v := s.req.Context(nil, strings.ToLower(c.key)); {
		case len(v) == 0:
		case c.key == "kms:EncryptionContextKeys" || c.key == "kms:ResourceAliases":
			sim.Context[c.key] = v
		default:
			sim.Context[c.key] = v[0]
		}
	}
	return sim
}
