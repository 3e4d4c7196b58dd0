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
	for _, said := range []string{"default", `"Sid": "Enable IAM User Permissions"`, `"kms:ViaService": "s3.us-east-1.amazonaws.com"`, "MalformedPolicyDocumentException", "it is what it was"} {
		assert.Contains(t, out.String(), said)
	}
}
