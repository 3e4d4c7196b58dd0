package main

import (
	"testing"

	"github.com/kmskit/kmskit/examples/internal/demotest"
)

func TestScenario(t *testing.T) {
	t.Parallel()
	demotest.Says(t, scenario,
		"arn:aws:kms:us-east-1:111122223333:key/",
		"state Enabled",
		"DisabledException",
		"decrypted again: all 46000 bytes",
		"it will be deleted on",
		"state PendingDeletion",
	)
}

func TestScenario_refused(t *testing.T) {
	t.Parallel()
	demotest.FailsWithout(t, scenario, "GenerateDataKey")
}
