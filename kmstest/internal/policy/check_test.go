package policy_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestCheck_guide holds that the linter of package kmskit finds nothing in the
// example policies of the Developer Guide, beside the statement that leaves the
// key to the account, but where the Guide itself warns.
func TestCheck_guide(t *testing.T) {
	t.Parallel()
	const warned = "tag-authorization: a condition on the key's tags has no place in a key policy"
	policies := map[string]string{}
	for _, c := range keyPolicyGuideCases {
		policies[c.rule] = c.key
	}
	for _, x := range examples {
		policies[x.key] = x.statement()
	}
	require.Greater(t, len(policies), 80)
	for name, statements := range policies {
		if !strings.Contains(statements, enableIAM) {
			statements = enableIAM + "," + statements
		}
		findings := parse(t, strings.TrimSuffix(statements, ",")).Check()
		if name == warned {
			assert.NotEmpty(t, findings, "%s", name)
		} else {
			assert.Empty(t, findings, "%s", name)
		}
	}
}
