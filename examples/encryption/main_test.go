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
	for _, said := range []string{"has become", `it says "Meet me at the usual place."`, "InvalidCiphertextException", `it still says "Meet me at the usual place."`, "schedule the deletion of the second key"} {
		assert.Contains(t, out.String(), said)
	}
}
