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
	for _, said := range []string{"the grantee is refused", "kmskit-demo allows arn:aws:iam::111122223333:role/reader to [Decrypt]", `the grantee reads "for your eyes only"`, "the key has no grants left"} {
		assert.Contains(t, out.String(), said)
	}
}
