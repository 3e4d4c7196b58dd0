package main

import (
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/kmskit/kmskit/kmstest/conformance"
)

// TestConformance runs the cases by which any KMS is checked, on a world in
// memory and on one in a file.
func TestConformance(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"in memory": nil,
		"in a file": {"-state", filepath.Join(t.TempDir(), "state")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, args...)
			conformance.Run(t, func(testing.TB) *kms.Client { return p.client() })
		})
	}
}
