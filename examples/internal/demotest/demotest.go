// Package demotest runs scenario programs in their tests.
package demotest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/examples/internal/demo"
	"github.com/kmskit/kmskit/kmstest"
)

// Says runs a scenario as the program does without flags, and checks that it says
// these texts, in this order.
func Says(t *testing.T, s demo.Scenario, texts ...string) {
	t.Helper()
	says(t, s, nil, texts)
}

// SaysElsewhere runs a scenario on a KMS that is not embedded, as with -aws, and
// checks that it says these texts, in this order.
func SaysElsewhere(t *testing.T, s demo.Scenario, texts ...string) {
	t.Helper()
	port := httptest.NewServer(kmstest.New())
	defer port.Close()
	says(t, s, []string{"-endpoint", port.URL}, texts)
}

func says(t *testing.T, s demo.Scenario, args, texts []string) {
	t.Helper()
	var out strings.Builder
	require.NoError(t, demo.Run(t.Context(), s, args, strings.NewReader(""), &out))
	rest := out.String()
	for _, text := range texts {
		var found bool
		_, rest, found = strings.Cut(rest, text)
		assert.True(t, found, "%q is missing, or too early, in:\n%s", text, out.String())
	}
}

// FailsWithout runs a scenario on a KMS that refuses one action. It checks that
// the scenario fails, saying so, and leaves neither a key that lives on nor an
// alias, here or in the other Regions.
func FailsWithout(t *testing.T, s demo.Scenario, action string, otherRegions ...string) {
	t.Helper()
	srv := kmstest.New()
	port := httptest.NewServer(refuse(srv, action))
	defer port.Close()
	var out strings.Builder
	err := demo.Run(t.Context(), s, []string{"-endpoint", port.URL}, strings.NewReader(""), &out)
	require.Error(t, err, out.String())
	assert.Equal(t, "AccessDeniedException", kmskit.ErrorCode(err), "%v", err)
	assert.ErrorContains(t, err, "kmskit: "+action)

	for _, region := range append(otherRegions, "us-east-1") {
		client := srv.Client(func(o *kms.Options) { o.Region = region })
		keys := kmskit.NewKeyManager(client)
		for entry, err := range keys.ListKeys(t.Context()) {
			require.NoError(t, err)
			key, err := keys.DescribeKey(t.Context(), *entry.KeyArn)
			require.NoError(t, err)
			dying := key.KeyState == types.KeyStatePendingDeletion || key.KeyState == types.KeyStatePendingReplicaDeletion
			assert.True(t, dying, "%s is left %s", *key.Arn, key.KeyState)
		}
		for alias, err := range kmskit.NewAliasManager(client).ListAliases(t.Context()) {
			require.NoError(t, err)
			assert.Fail(t, "an alias is left", *alias.AliasArn)
		}
	}
}

// refuse hands on all requests but those of one action.
func refuse(next http.Handler, action string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Target") != "TrentService."+action {
			next.ServeHTTP(w, r)
			return
		}
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"__type":"AccessDeniedException","Message":"not in this test"}`))
	})
}
