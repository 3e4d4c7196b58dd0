package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/examples/internal/demotest"
	"github.com/kmskit/kmskit/kmstest"
)

func TestScenario(t *testing.T) {
	t.Parallel()
	demotest.Says(t, scenario,
		"The first keys of this account and Region:",
		"There are no keys yet.",
	)
}

func TestScenario_refused(t *testing.T) {
	t.Parallel()
	demotest.FailsWithout(t, scenario, "ListKeys")
}

func TestHello(t *testing.T) {
	t.Parallel()
	client := kmstest.New().Client()
	for range 12 {
		_, err := kmskit.NewKeyManager(client).CreateKey(t.Context(), "")
		require.NoError(t, err)
	}
	var out strings.Builder
	require.NoError(t, hello(t.Context(), client, &out))
	assert.Equal(t, 10, strings.Count(out.String(), "\n"))
	assert.Equal(t, 10, strings.Count(out.String(), "arn:aws:kms:us-east-1:111122223333:key/"))
}
