package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit/examples/internal/demo"
)

func TestRun(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	require.NoError(t, demo.Run(t.Context(), scenario, nil, strings.NewReader(""), &out))
	for _, said := range []string{"Create a key", "arn:aws:kms:us-east-1:111122223333:key/", "state Enabled", "DisabledException", "decrypted again: all 46000 bytes", "it will be deleted on", "state PendingDeletion"} {
		assert.Contains(t, out.String(), said)
	}
}
