package main

import (
	"testing"

	"github.com/kmskit/kmskit/examples/internal/demotest"
)

func TestScenario(t *testing.T) {
	t.Parallel()
	demotest.Says(t, scenario,
		"default",
		`"Sid": "Enable IAM User Permissions"`,
		`"kms:ViaService": "s3.us-east-1.amazonaws.com"`,
		"MalformedPolicyDocumentException",
		"it is what it was",
	)
}

func TestScenario_refused(t *testing.T) {
	t.Parallel()
	demotest.FailsWithout(t, scenario, "PutKeyPolicy")
}
