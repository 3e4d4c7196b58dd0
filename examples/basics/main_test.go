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
	for _, said := range []string{"it is Enabled since", `"Hello, KMS!"`, "alias/kmskit-basics-", "next on", "[Encrypt Decrypt]", "LetTheAccountDecide", "it is good", "KMSInvalidSignatureException", "purpose = demo", "schedule the deletion of a symmetric encryption key"} {
		assert.Contains(t, out.String(), said)
	}
}
